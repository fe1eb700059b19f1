//! Whether another database takes what a row holds: asked of all rows before the first is copied.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::KeepingError;
use super::cell::{Cell, Row};
use super::pour::{Head, Sink};
use super::table::{Column, Table};

/// A sink that keeps nothing: the rows are only looked at.
#[derive(Debug)]
pub(crate) struct Portable {
    /// The tables of the database that is to take them.
    target: BTreeMap<String, Table>,
    columns: Vec<Column>,
    table: String,
    strict: bool,
}

impl Portable {
    /// For a database with these tables; `strict` if its texts hold no U+0000.
    pub fn new(target: &[Table], strict: bool) -> Self {
        let target = target.iter().map(|table| (table.name.clone(), table.clone())).collect();
        Self { target, columns: Vec::new(), table: String::new(), strict }
    }
}

impl Sink for Portable {
    async fn table(&mut self, head: &Head) -> Result<(), KeepingError> {
        self.table.clone_from(&head.table);
        self.columns = fitting(self.target.get(&head.table), head)?;
        Ok(())
    }

    async fn row(&mut self, row: Row) -> Result<(), KeepingError> {
        for (column, cell) in self.columns.iter().zip(&row) {
            if let Some(why) = refused(column, cell, self.strict) {
                return Err(KeepingError::NotPortable {
                    table: self.table.clone(),
                    column: format!("the column `{}`", column.name),
                    row: super::cell::told(&self.columns, &row),
                    why,
                });
            }
        }
        Ok(())
    }

    async fn end(&mut self, _: u64) -> Result<(), KeepingError> {
        Ok(())
    }
}

/// The columns of the table in the order of the copy, if they are the same ones.
pub(crate) fn fitting(table: Option<&Table>, head: &Head) -> Result<Vec<Column>, KeepingError> {
    let other = |what: String| Err(KeepingError::OtherShape(what));
    let Some(table) = table else { return other(format!("there is no table `{}` here", head.table)) };
    let mut columns = Vec::with_capacity(head.columns.len());
    for named in &head.columns {
        match table.column(&named.name) {
            Some(column) if column.kind == named.kind => columns.push(column.clone()),
            Some(_) => return other(format!("the column `{}.{}` is of another type", head.table, named.name)),
            None => return other(format!("there is no column `{}.{}` here", head.table, named.name)),
        }
    }
    if let Some(more) = table.columns.iter().find(|column| head.columns.iter().all(|named| named.name != column.name)) {
        return other(format!("the copy has no column `{}.{}`", head.table, more.name));
    }
    Ok(columns)
}

/// Why the database would not take it.
fn refused(column: &Column, cell: &Cell, strict: bool) -> Option<&'static str> {
    match cell {
        Cell::Integer(number) if column.narrow && i32::try_from(*number).is_err() => Some("does not fit in 32 bits"),
        Cell::Text(text) if strict && text.contains('\0') => Some("holds U+0000, which PostgreSQL refuses"),
        Cell::Text(text) if column.json => match serde_json::from_str::<Json>(text) {
            Err(_) => Some("is not JSON that PostgreSQL takes"),
            Ok(json) => {
                strict.then(|| nul(&json)).filter(|found| *found).map(|_| "holds U+0000, which PostgreSQL refuses")
            }
        },
        _ => None,
    }
}

/// Whether any text of it holds U+0000.
fn nul(json: &Json) -> bool {
    match json {
        Json::String(text) => text.contains('\0'),
        Json::Array(items) => items.iter().any(nul),
        Json::Object(entries) => entries.iter().any(|(name, value)| name.contains('\0') || nul(value)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Column, refused};
    use crate::keeping::table::Kind;

    fn text(json: bool, text: &str) -> Option<&'static str> {
        let column = Column { name: "c".to_owned(), kind: Kind::Text, json, narrow: false };
        refused(&column, &Cell::Text(text.to_owned()), true)
    }

    #[test]
    fn what_postgresql_refuses() {
        assert_eq!(text(false, "naïve \u{1}"), None);
        assert!(text(false, "a\0").is_some());
        assert_eq!(text(true, r#"{"a": ["\\u0000"]}"#), None);
        for refused in [r#"{"a": ["\u0000"]}"#, r#"{"\u0000": 1}"#, "{", r#""\ud800""#] {
            assert!(text(true, refused).is_some(), "{refused}");
        }
        let narrow = Column { name: "c".to_owned(), kind: Kind::Integer, json: false, narrow: true };
        assert!(refused(&narrow, &Cell::Integer(1 << 31), true).is_some());
        assert_eq!(refused(&narrow, &Cell::Integer(-(1 << 31)), true), None);
    }
}
