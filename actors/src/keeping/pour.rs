//! All rows of a database, one table after the other, into whatever takes them.

use futures_util::TryStreamExt as _;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, StreamTrait as _};
use serde::{Deserialize, Serialize};

use super::cell::{Cell, Row};
use super::table::{Column, Kind, Table, quoted, tables};
use super::{KeepingError, Tally};

/// After how many rows of a table one is told how far it is.
const STEP: u64 = 10_000;

/// What begins a table in a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub table: String,
    pub columns: Vec<Named>,
    /// The last value of the table's counter, if it has one.
    pub last: Option<i64>,
}

/// A column in a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub name: String,
    pub kind: Kind,
}

/// What takes rows.
pub(crate) trait Sink {
    /// A table begins.
    async fn table(&mut self, head: &Head) -> Result<(), KeepingError>;
    /// The next row of the table.
    async fn row(&mut self, row: Row) -> Result<(), KeepingError>;
    /// The table has ended, after so many rows.
    async fn end(&mut self, rows: u64) -> Result<(), KeepingError>;
}

/// Told now and then: a table, and how many of its rows are through.
pub type Tell<'t> = &'t mut (dyn FnMut(&str, u64) + Send);

/// Pours all rows that the transaction sees. Holds a few rows at a time.
pub(crate) async fn pour(
    tx: &DatabaseTransaction,
    sink: &mut impl Sink,
    tell: Tell<'_>,
) -> Result<Tally, KeepingError> {
    let backend = ConnectionTrait::get_database_backend(tx);
    let mut tally = Tally::default();
    for table in tables(tx).await? {
        let named = |column: &Column| Named { name: column.name.clone(), kind: column.kind };
        let columns: Vec<Named> = table.columns.iter().map(named).collect();
        let head = Head { table: table.name.clone(), columns, last: table.last(tx).await? };
        sink.table(&head).await?;
        let mut rows = 0;
        let mut stream = tx.stream_raw(select(&table, backend)).await?;
        while let Some(row) = stream.try_next().await? {
            let cells = head.columns.iter().enumerate().map(|(place, column)| Cell::of(&row, place, column.kind));
            sink.row(cells.collect::<Result<_, _>>()?).await?;
            rows += 1;
            if rows % STEP == 0 {
                tell(&table.name, rows);
            }
        }
        drop(stream);
        sink.end(rows).await?;
        tell(&table.name, rows);
        tally.0.push((table.name, rows));
    }
    Ok(tally)
}

/// All rows, in the order of their key.
fn select(table: &Table, backend: DbBackend) -> Statement {
    let column = |column: &Column| match (column.json, column.narrow) {
        (true, _) => format!("CAST({} AS TEXT)", quoted(&column.name)),
        (_, true) => format!("CAST({} AS BIGINT)", quoted(&column.name)),
        _ => quoted(&column.name),
    };
    let columns: Vec<String> = table.columns.iter().map(column).collect();
    let key: Vec<String> = table.key.iter().map(|name| quoted(name)).collect();
    let order = if key.is_empty() { String::new() } else { format!(" ORDER BY {}", key.join(", ")) };
    Statement::from_string(backend, format!("SELECT {} FROM {}{order}", columns.join(", "), table.quoted()))
}
