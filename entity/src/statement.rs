//! Multi-row statements in one spelling for both databases.

use sea_orm::{DbBackend, Statement, Value};

/// Rows of values with their placeholders, for `(VALUES …) AS v`, whose columns both databases call `column1`, `column2`, ….
#[derive(Debug, Default)]
pub struct Rows {
    values: Vec<Value>,
    text: String,
}

impl Rows {
    /// Adds a row. All rows of a list have the same number of values, of the same types.
    pub fn push(&mut self, row: impl IntoIterator<Item = Value>) {
        if !self.text.is_empty() {
            self.text.push_str(", ");
        }
        self.text.push('(');
        for (index, value) in row.into_iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.values.push(value);
            self.text.push('$');
            self.text.push_str(&self.values.len().to_string());
        }
        self.text.push(')');
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// A statement around the rows: `{rows}` in the text stands for them.
    #[must_use]
    pub fn statement(self, backend: DbBackend, text: &str) -> Statement {
        Statement::from_sql_and_values(backend, text.replace("{rows}", &self.text), self.values)
    }
}

impl<R: IntoIterator<Item = Value>> FromIterator<R> for Rows {
    fn from_iter<I: IntoIterator<Item = R>>(rows: I) -> Self {
        let mut list = Self::default();
        rows.into_iter().for_each(|row| list.push(row));
        list
    }
}
