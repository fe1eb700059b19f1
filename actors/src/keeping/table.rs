//! The tables of a database, as the database itself tells them: columns, keys, counters, and an order in which rows can be copied.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde::{Deserialize, Serialize};

use super::KeepingError;

/// What the migrations keep for themselves: a copy names the steps instead.
pub const MIGRATIONS: &str = "seaql_migrations";

/// What a column holds, in both databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Integer,
    Boolean,
    /// Also JSON, which SQLite keeps as text.
    Text,
    Bytes,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// The database knows it as JSON.
    pub json: bool,
    /// The database keeps 32 bits of it.
    pub narrow: bool,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// The columns of its primary key.
    pub key: Vec<String>,
    /// The column whose values the database counts up.
    pub counted: Option<String>,
    /// The other tables that its rows point to.
    needs: BTreeSet<String>,
}

const POSTGRES_COLUMNS: &str = "SELECT c.relname::text AS \"table\", a.attname::text AS name, \
       format_type(a.atttypid, NULL) AS type, a.attidentity <> '' AS counted, \
       coalesce((SELECT array_position(i.indkey::int2[], a.attnum)::int8 + 1 FROM pg_index i \
         WHERE i.indrelid = c.oid AND i.indisprimary), 0) AS place \
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped \
     ORDER BY c.relname, a.attnum";
const SQLITE_COLUMNS: &str = "SELECT m.name AS \"table\", p.name AS name, lower(p.type) AS type, \
       (p.pk > 0 AND m.sql LIKE '%AUTOINCREMENT%') AS counted, p.pk AS place \
     FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, p.cid";
const POSTGRES_REFERENCES: &str = "SELECT c.relname::text AS \"table\", f.relname::text AS other FROM pg_constraint k \
     JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid \
     WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace";
const SQLITE_REFERENCES: &str = "SELECT m.name AS \"table\", f.\"table\" AS other \
     FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table'";

/// All tables but that of the migrations, each behind those that it points to; otherwise by name.
///
/// # Errors
/// When the database does not answer, a column is of a type that is not ours, or tables point at each other in a circle.
pub async fn tables(db: &impl ConnectionTrait) -> Result<Vec<Table>, KeepingError> {
    let postgres = db.get_database_backend() == DbBackend::Postgres;
    let columns = if postgres { POSTGRES_COLUMNS } else { SQLITE_COLUMNS };
    let references = if postgres { POSTGRES_REFERENCES } else { SQLITE_REFERENCES };
    let mut found: BTreeMap<String, Table> = BTreeMap::new();
    let mut places: BTreeMap<String, BTreeMap<i64, String>> = BTreeMap::new();
    for row in all(db, columns).await? {
        let (table, name, spelled): (String, String, String) =
            (row.try_get("", "table")?, row.try_get("", "name")?, row.try_get("", "type")?);
        if table == MIGRATIONS {
            continue;
        }
        let place: i64 = row.try_get("", "place")?;
        if place > 0 {
            places.entry(table.clone()).or_default().insert(place, name.clone());
        }
        let known = found.entry(table.clone()).or_insert_with(|| Table::empty(&table));
        if row.try_get::<bool>("", "counted")? {
            known.counted = Some(name.clone());
        }
        known.columns.push(Column::spelled(&table, name, &spelled, postgres)?);
    }
    for row in all(db, references).await? {
        let (table, other): (String, String) = (row.try_get("", "table")?, row.try_get("", "other")?);
        if let Some(known) = found.get_mut(&table).filter(|_| table != other) {
            known.needs.insert(other);
        }
    }
    for (table, key) in places {
        if let Some(known) = found.get_mut(&table) {
            known.key = key.into_values().collect();
        }
    }
    sorted(found)
}

async fn all(db: &impl ConnectionTrait, text: &str) -> Result<Vec<sea_orm::QueryResult>, DbErr> {
    db.query_all_raw(Statement::from_string(db.get_database_backend(), text)).await
}

impl Table {
    fn empty(name: &str) -> Self {
        Self { name: name.to_owned(), columns: Vec::new(), key: Vec::new(), counted: None, needs: BTreeSet::new() }
    }

    /// Its name as a statement spells it.
    #[must_use]
    pub fn quoted(&self) -> String {
        quoted(&self.name)
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The last value that the counter of the table has given; 0 when it has given none, none when there is no counter.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last(&self, db: &impl ConnectionTrait) -> Result<Option<i64>, DbErr> {
        let Some(column) = &self.counted else { return Ok(None) };
        let backend = db.get_database_backend();
        let statement = if backend == DbBackend::Postgres {
            let name = "SELECT pg_get_serial_sequence($1, $2)";
            let values = [self.quoted().into(), column.as_str().into()];
            let row = db.query_one_raw(Statement::from_sql_and_values(backend, name, values)).await?;
            let Some(sequence) = row.map(|row| row.try_get_by_index::<String>(0)).transpose()? else { return Ok(None) };
            // The name comes quoted where it must be.
            let text = format!("SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}");
            Statement::from_string(backend, text)
        } else {
            let text = "SELECT seq FROM sqlite_sequence WHERE name = $1";
            Statement::from_sql_and_values(backend, text, [self.name.as_str().into()])
        };
        let row = db.query_one_raw(statement).await?;
        Ok(Some(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0)))
    }

    /// Has the counter go on behind that value.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn go_on_behind(&self, db: &impl ConnectionTrait, last: i64) -> Result<(), DbErr> {
        let Some(column) = self.counted.as_deref().filter(|_| last > 0) else { return Ok(()) };
        let backend = db.get_database_backend();
        if backend == DbBackend::Postgres {
            let text = "SELECT setval(pg_get_serial_sequence($1, $2)::regclass, $3, true)";
            let values = [self.quoted().into(), column.into(), last.into()];
            return db.execute_raw(Statement::from_sql_and_values(backend, text, values)).await.map(drop);
        }
        let forget = "DELETE FROM sqlite_sequence WHERE name = $1";
        db.execute_raw(Statement::from_sql_and_values(backend, forget, [self.name.as_str().into()])).await?;
        let note = "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)";
        let values = [self.name.as_str().into(), last.into()];
        db.execute_raw(Statement::from_sql_and_values(backend, note, values)).await.map(drop)
    }
}

impl Column {
    fn spelled(table: &str, name: String, spelled: &str, postgres: bool) -> Result<Self, KeepingError> {
        let kind = match spelled {
            "bigint" | "integer" => Kind::Integer,
            "boolean" => Kind::Boolean,
            "text" | "jsonb" => Kind::Text,
            "bytea" | "blob" => Kind::Bytes,
            other => return Err(KeepingError::UnknownType(table.to_owned(), name, other.to_owned())),
        };
        let narrow = postgres && spelled == "integer";
        Ok(Self { name, kind, json: spelled == "jsonb", narrow })
    }
}

/// A name as a statement spells it.
#[must_use]
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Each table behind those that it points to.
fn sorted(mut left: BTreeMap<String, Table>) -> Result<Vec<Table>, KeepingError> {
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free: Vec<String> = left
            .values()
            .filter(|table| table.needs.iter().all(|need| !left.contains_key(need)))
            .map(|table| table.name.clone())
            .collect();
        if free.is_empty() {
            return Err(KeepingError::Circle(left.into_keys().collect::<Vec<_>>().join(", ")));
        }
        order.extend(free.iter().filter_map(|name| left.remove(name)));
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, KeepingError, Table, sorted};

    fn order(needs: &[(&str, &[&str])]) -> Result<Vec<String>, KeepingError> {
        let table = |(name, needs): &(&str, &[&str])| {
            let needs = needs.iter().map(|need| (*need).to_owned()).collect();
            ((*name).to_owned(), Table { needs, ..Table::empty(name) })
        };
        let sorted = sorted(needs.iter().map(table).collect::<BTreeMap<_, _>>())?;
        Ok(sorted.into_iter().map(|table| table.name).collect())
    }

    #[test]
    fn what_is_pointed_to_comes_first() {
        let order = order(&[("a", &["c", "gone"]), ("b", &[]), ("c", &["d"]), ("d", &[])]).unwrap();
        assert_eq!(order, ["b", "d", "c", "a"]);
    }

    #[test]
    fn a_circle_is_told() {
        let told = order(&[("a", &["b"]), ("b", &["a"]), ("c", &[])]).unwrap_err().to_string();
        assert!(told.contains("a, b"), "{told}");
    }
}
