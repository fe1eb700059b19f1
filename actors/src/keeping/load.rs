//! Rows into an empty database, many with each statement, in one transaction of the caller's.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait as _, DbBackend, Statement, Value};

use super::KeepingError;
use super::cell::Row;
use super::portable::fitting;
use super::pour::{Head, Sink};
use super::table::{Column, Table, quoted, tables};
use crate::database::Transaction;

/// The most parameters of a statement; SQLite takes 32,766.
const PARAMETERS: usize = 16_000;
/// The most bytes of a statement's rows, unless a single row has more.
const BYTES: usize = 1 << 20;
/// Has its one row from the first migration on, and that one goes.
const SITE: &str = "site";

/// A sink that inserts.
pub(crate) struct Loader<'t> {
    tx: &'t Transaction,
    tables: BTreeMap<String, Table>,
    /// By how much counters skip ahead of the last value that the copy knows.
    skip: i64,
    head: Option<Head>,
    columns: Vec<Column>,
    rows: Vec<Row>,
    weight: usize,
}

impl<'t> Loader<'t> {
    /// Begins, in a database whose tables are there and empty.
    ///
    /// # Errors
    /// When a table has rows already.
    pub async fn begin(tx: &'t Transaction, skip: i64) -> Result<Self, KeepingError> {
        let found = tables(tx).await?;
        must_be_empty(tx, &found).await?;
        tx.execute_raw(Statement::from_string(tx.get_database_backend(), "DELETE FROM site")).await?;
        let tables = found.into_iter().map(|table| (table.name.clone(), table)).collect();
        Ok(Self { tx, tables, skip, head: None, columns: Vec::new(), rows: Vec::new(), weight: 0 })
    }

    /// Ends: every table of the database must have been in the copy.
    ///
    /// # Errors
    /// When one was not.
    pub fn finish(self) -> Result<(), KeepingError> {
        match self.tables.into_keys().next() {
            None => Ok(()),
            Some(missing) => Err(KeepingError::OtherShape(format!("the copy has no table `{missing}`"))),
        }
    }

    async fn flush(&mut self) -> Result<(), KeepingError> {
        let Some(head) = self.head.as_ref().filter(|_| !self.rows.is_empty()) else { return Ok(()) };
        let backend = self.tx.get_database_backend();
        let mut values: Vec<Value> = Vec::with_capacity(self.rows.len() * self.columns.len());
        let mut lines: Vec<String> = Vec::with_capacity(self.rows.len());
        for row in self.rows.drain(..) {
            let mut places: Vec<String> = Vec::with_capacity(self.columns.len());
            for (column, cell) in self.columns.iter().zip(row) {
                values.push(cell.bind(column.kind));
                let number = values.len();
                places.push(if column.json { format!("CAST(${number} AS JSONB)") } else { format!("${number}") });
            }
            lines.push(format!("({})", places.join(", ")));
        }
        self.weight = 0;
        let names: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        let text = format!("INSERT INTO {} ({}) VALUES {}", quoted(&head.table), names.join(", "), lines.join(", "));
        self.tx.execute_raw(Statement::from_sql_and_values(backend, text, values)).await?;
        Ok(())
    }
}

impl Sink for Loader<'_> {
    async fn table(&mut self, head: &Head) -> Result<(), KeepingError> {
        self.columns = fitting(self.tables.get(&head.table), head)?;
        self.head = Some(head.clone());
        Ok(())
    }

    async fn row(&mut self, row: Row) -> Result<(), KeepingError> {
        self.weight += row.iter().map(super::cell::Cell::weight).sum::<usize>();
        self.rows.push(row);
        if self.weight >= BYTES || (self.rows.len() + 1) * self.columns.len() > PARAMETERS {
            self.flush().await?;
        }
        Ok(())
    }

    async fn end(&mut self, rows: u64) -> Result<(), KeepingError> {
        self.flush().await?;
        let Some(head) = self.head.take() else { return Ok(()) };
        let Some(table) = self.tables.remove(&head.table) else { return Ok(()) };
        let arrived = count(self.tx, &table).await?;
        if arrived != rows {
            return Err(KeepingError::Lost(rows, table.name, arrived));
        }
        if let Some(last) = head.last {
            table.go_on_behind(self.tx, last.saturating_add(self.skip)).await?;
        }
        Ok(())
    }
}

async fn count(tx: &Transaction, table: &Table) -> Result<u64, KeepingError> {
    let statement =
        Statement::from_string(tx.get_database_backend(), format!("SELECT count(*) FROM {}", table.quoted()));
    let row = tx.query_one_raw(statement).await?;
    let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Nobody's rows may be mixed with those of a copy.
async fn must_be_empty(tx: &Transaction, tables: &[Table]) -> Result<(), KeepingError> {
    for table in tables.iter().filter(|table| table.name != SITE) {
        let text = format!("SELECT 1 FROM {} LIMIT 1", table.quoted());
        if tx.query_one_raw(Statement::from_string(tx.get_database_backend(), text)).await?.is_some() {
            return Err(KeepingError::NotEmpty(table.name.clone()));
        }
    }
    Ok(())
}

/// Whether texts of this database hold no U+0000.
pub(crate) fn is_strict(tx: &Transaction) -> bool {
    tx.get_database_backend() == DbBackend::Postgres
}
