//! Rows in every table there is, made of nothing but what the database tells of its tables; and reading them back.

use std::collections::{BTreeMap, BTreeSet};

use actors::database::Database;
use actors::keeping::cell::Cell;
use actors::keeping::table::{Column, Kind, Table, quoted, tables};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::json;
use tests::backend::Backend;
use tests::base::Base;

/// Rows of each table.
pub const ROWS: i64 = 7;
/// Left empty: the site has its own row, keys must open, processes are of the moment.
const EMPTY: [&str; 3] = ["site", "signing_key", "worker"];

/// Everything in a table, each row as its values.
pub type Contents = BTreeMap<String, Vec<Vec<Cell>>>;

/// Puts rows into every table. The values are numbered, so that rows point at each other; no constraint knows more.
pub async fn fill(db: &Database) {
    let connection = db.write_connection();
    for table in tables(connection).await.expect("the tables") {
        if EMPTY.contains(&table.name.as_str()) {
            continue;
        }
        for number in 1..=ROWS {
            insert(db, &table, |column| value(column, number)).await;
        }
        table.go_on_behind(connection, ROWS).await.expect("the counter is set");
    }
}

/// Inserts a row.
pub async fn insert(db: &Database, table: &Table, value: impl Fn(&Column) -> Cell) {
    let backend = db.write_connection().get_database_backend();
    let names: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    let place = |(index, column): (usize, &Column)| match column.json {
        true => format!("CAST(${} AS JSONB)", index + 1),
        false => format!("${}", index + 1),
    };
    let places: Vec<String> = table.columns.iter().enumerate().map(place).collect();
    let values = table.columns.iter().map(|column| value(column).bind(column.kind));
    let text = format!("INSERT INTO {} ({}) VALUES ({})", table.quoted(), names.join(", "), places.join(", "));
    let inserted = db.write_connection().execute_raw(Statement::from_sql_and_values(backend, &text, values)).await;
    inserted.unwrap_or_else(|error| panic!("{text}: {error}"));
}

fn value(column: &Column, number: i64) -> Cell {
    match column.kind {
        Kind::Integer => Cell::Integer(number),
        Kind::Boolean => Cell::Boolean(number % 2 == 0),
        // JSON as well, as SQLite does not tell which texts must be.
        Kind::Text => Cell::Text(json!({ "number": number, "text": "ü \u{2028} \\ ' \" \u{10FFFF}" }).to_string()),
        Kind::Bytes => Cell::Bytes(vec![0, 255, u8::try_from(number).expect("a small number")]),
    }
}

/// All rows of all tables.
pub async fn contents(db: &Database) -> Contents {
    let mut contents = Contents::new();
    for table in tables(db.read()).await.expect("the tables") {
        let column = |column: &Column| match (column.json, column.narrow) {
            (true, _) => format!("CAST({} AS TEXT)", quoted(&column.name)),
            (_, true) => format!("CAST({} AS BIGINT)", quoted(&column.name)),
            _ => quoted(&column.name),
        };
        // In the order of names: tables that were changed may have their columns in another one.
        let columns: BTreeMap<&str, &Column> =
            table.columns.iter().map(|column| (column.name.as_str(), column)).collect();
        let names: Vec<String> = columns.values().map(|known| column(known)).collect();
        let text = format!("SELECT {} FROM {}", names.join(", "), table.quoted());
        let statement = Statement::from_string(db.read().get_database_backend(), text);
        let found = db.read().query_all_raw(statement).await.expect("the rows");
        let read = |row| {
            let cells = columns.values().enumerate().map(|(place, column)| Cell::of(row, place, column.kind));
            cells.map(|cell| plain(cell.expect("a value"))).collect()
        };
        let mut rows: Vec<Vec<Cell>> = found.iter().map(read).collect();
        rows.sort_by_key(|row| format!("{row:?}"));
        contents.insert(table.name, rows);
    }
    contents
}

/// JSON in one spelling: PostgreSQL has its own.
fn plain(cell: Cell) -> Cell {
    match cell {
        Cell::Text(text) => match serde_json::from_str::<BTreeMap<String, serde_json::Value>>(&text) {
            Ok(object) => Cell::Text(format!("{object:?}")),
            Err(_) => Cell::Text(text),
        },
        other => other,
    }
}

/// Both databases have the same tables with the same columns, and all of them are seen.
#[test]
fn both_databases_have_the_same_tables() {
    tests::backend::tell(Backend::Sqlite, |_| async {
        let mut shapes = Vec::new();
        for backend in [Backend::Sqlite, Backend::Postgres] {
            let base = Base::new(backend).await;
            let db = base.open().await;
            let found = tables(db.read()).await.expect("the tables");
            let named: BTreeSet<String> = found.iter().map(|table| table.name.clone()).collect();
            assert_eq!(named, listed(&db).await, "{backend:?}: not all tables are copied");
            let shape = |table: Table| {
                let columns: BTreeMap<String, Kind> =
                    table.columns.into_iter().map(|column| (column.name, column.kind)).collect();
                (table.name, format!("{columns:?} {:?} {:?}", table.key, table.counted))
            };
            shapes.push(found.into_iter().map(shape).collect::<BTreeMap<String, String>>());
            db.close().await;
        }
        assert_eq!(shapes[0], shapes[1]);
        assert!(shapes[0].values().all(|shape| !shape.contains(" [] ")), "a table without a key has no order");
    });
}

/// The names of all tables, asked in another way.
async fn listed(db: &Database) -> BTreeSet<String> {
    let backend = db.read().get_database_backend();
    let text = match backend {
        DbBackend::Postgres => {
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        }
        _ => "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'",
    };
    let rows = db.read().query_all_raw(Statement::from_string(backend, text)).await.expect("the tables");
    let names = rows.iter().map(|row| row.try_get_by_index(0).expect("a name"));
    names.filter(|name| name != "seaql_migrations").collect()
}
