//! The text of a statement, written from left to right, and the values that it needs.
//!
//! A statement as a tree of expressions would cost more than its execution: each level would be made, copied into its arms, and walked.

use sea_orm::sea_query::{
    Expr, PostgresQueryBuilder, QueryBuilder as _, SqlWriter as _, SqlWriterValues, SqliteQueryBuilder, Value,
};
use sea_orm::{DbBackend, Statement};

use crate::row::Head;
use crate::visible::padded;

/// Where the two databases differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// PostgreSQL: the first children of each parent by a lateral join.
    Lateral,
    /// SQLite: by a correlated list of keys.
    Correlated,
}

impl Dialect {
    pub fn of(backend: DbBackend) -> Self {
        if backend == DbBackend::Postgres { Self::Lateral } else { Self::Correlated }
    }
}

/// A statement while it is written.
#[derive(Debug)]
pub(super) struct Sql {
    writer: SqlWriterValues,
    pub dialect: Dialect,
}

impl Sql {
    pub fn new(dialect: Dialect) -> Self {
        let (placeholder, numbered) = if dialect == Dialect::Lateral { ("$", true) } else { ("?", false) };
        Self { writer: SqlWriterValues::new(placeholder, numbered), dialect }
    }

    /// Text as it is.
    pub fn put(&mut self, text: &str) {
        // Into memory, which cannot fail.
        let _ = self.writer.as_writer().write_str(text);
    }

    pub fn number(&mut self, number: usize) {
        let _ = self.writer.as_writer().write_fmt(format_args!("{number}"));
    }

    /// The name of a level.
    pub fn level(&mut self, number: usize) {
        self.put("l");
        self.number(number);
    }

    /// A name of ours, which has nothing in it that would have to be escaped.
    pub fn name(&mut self, name: &str) {
        for text in ["\"", name, "\""] {
            self.put(text);
        }
    }

    /// A column of a table.
    pub fn column(&mut self, table: &str, column: &str) {
        self.name(table);
        self.put(".");
        self.name(column);
    }

    /// Columns with something between them.
    pub fn columns(&mut self, header: &[Head], table: Option<&str>) {
        for (place, head) in header.iter().enumerate() {
            if place > 0 {
                self.put(", ");
            }
            match table {
                Some(table) => self.column(table, head.name),
                None => self.name(head.name),
            }
        }
    }

    pub fn value(&mut self, value: impl Into<Value>) {
        match self.dialect {
            Dialect::Lateral => self.writer.push_param(value.into(), &PostgresQueryBuilder),
            Dialect::Correlated => self.writer.push_param(value.into(), &SqliteQueryBuilder),
        }
    }

    /// ` IN (…)`.
    pub fn among(&mut self, keys: impl IntoIterator<Item = i64>) {
        let keys = padded(keys);
        if keys.is_empty() {
            self.put(" IN (NULL)");
            return;
        }
        for (place, key) in keys.into_iter().enumerate() {
            self.put(if place == 0 { " IN (" } else { ", " });
            self.value(key);
        }
        self.put(")");
    }

    pub fn expr(&mut self, expr: &Expr) {
        match self.dialect {
            Dialect::Lateral => PostgresQueryBuilder.prepare_expr(expr, &mut self.writer),
            Dialect::Correlated => SqliteQueryBuilder.prepare_expr(expr, &mut self.writer),
        }
    }

    /// The same, as a part of a longer condition.
    pub fn condition(&mut self, expr: &Expr) {
        self.put("(");
        self.expr(expr);
        self.put(")");
    }

    pub fn into_statement(self) -> Statement {
        let (sql, values) = self.writer.into_parts();
        let db_backend = if self.dialect == Dialect::Lateral { DbBackend::Postgres } else { DbBackend::Sqlite };
        Statement { sql, values: Some(values), db_backend }
    }
}
