//! Statements about many rows in one spelling for both databases.

use sea_orm::sea_query::ArrayType;
use sea_orm::{DbBackend, Statement, Value};

/// Rows of values, for a statement that reads them like a table: `… FROM {rows} AS v`, with columns named `column1`, `column2`, ….
///
/// On PostgreSQL each column goes as one array, so that the text is the same however many rows there are: it is parsed and planned
/// once for each connection. On SQLite, which has no arrays, it is a list of values.
#[derive(Debug, Default)]
pub struct Rows {
    values: Vec<Value>,
    width: usize,
}

impl Rows {
    /// Adds a row. All rows of a list have the same number of values, of the same types.
    pub fn push(&mut self, row: impl IntoIterator<Item = Value>) {
        let before = self.values.len();
        self.values.extend(row);
        self.width = self.values.len() - before;
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// A statement around the rows: `{rows}` in the text stands for them. There is at least one.
    #[must_use]
    pub fn statement(self, backend: DbBackend, text: &str) -> Statement {
        let (table, values) = match backend {
            DbBackend::Postgres => self.arrays(),
            _ => self.list(),
        };
        Statement::from_sql_and_values(backend, text.replace("{rows}", &table), values)
    }

    fn list(self) -> (String, Vec<Value>) {
        // Without numbers: SQLite looks for each name among all before it.
        let row = format!("({})", vec!["?"; self.width].join(", "));
        let rows = vec![row; self.values.len() / self.width.max(1)].join(", ");
        (format!("(VALUES {rows})"), self.values)
    }

    /// One array for each column. Arrays have no place for NULL here, so a column that has some brings an array that says where.
    fn arrays(self) -> (String, Vec<Value>) {
        let mut columns: Vec<Vec<Value>> = (0..self.width).map(|_| Vec::new()).collect();
        for (place, value) in self.values.into_iter().enumerate() {
            columns[place % self.width].push(value);
        }
        let (mut named, mut names, mut arrays) = (Vec::new(), Vec::new(), Vec::new());
        for (place, column) in columns.into_iter().enumerate() {
            let place = place + 1;
            let Some(array_type) = column.first().map(Value::array_type) else { continue };
            let nulls: Vec<bool> = column.iter().map(|value| *value == value.as_null()).collect();
            names.push(format!("c{place}"));
            if nulls.contains(&true) {
                let some =
                    column.into_iter().map(|value| if value == value.as_null() { value.dummy_value() } else { value });
                arrays.extend([array(array_type, some.collect()), nulls.into()]);
                names.push(format!("n{place}"));
                named.push(format!("CASE WHEN n{place} THEN NULL ELSE c{place} END AS column{place}"));
            } else {
                arrays.push(array(array_type, column));
                named.push(format!("c{place} AS column{place}"));
            }
        }
        // Behind a query of its own PostgreSQL takes an array for ten rows: few enough to look each up by its key. Seeing how many they
        // are, it would read the whole table beside them.
        let places: Vec<String> = (1..=arrays.len()).map(|place| format!("(SELECT ${place})")).collect();
        let table =
            format!("(SELECT {} FROM unnest({}) AS u ({}))", named.join(", "), places.join(", "), names.join(", "));
        (table, arrays)
    }
}

fn array(array_type: ArrayType, values: Vec<Value>) -> Value {
    Value::Array(array_type, Some(Box::new(values)))
}

impl<R: IntoIterator<Item = Value>> FromIterator<R> for Rows {
    fn from_iter<I: IntoIterator<Item = R>>(rows: I) -> Self {
        let mut list = Self::default();
        rows.into_iter().for_each(|row| list.push(row));
        list
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbBackend, Value};

    use super::Rows;

    fn rows(count: i64) -> Rows {
        (0..count).map(|number| [Value::from(number), (number > 0).then(|| "some".to_owned()).into()]).collect()
    }

    #[test]
    fn a_list_on_sqlite() {
        let statement = rows(2).statement(DbBackend::Sqlite, "SELECT * FROM {rows} AS v");
        assert_eq!(statement.sql, "SELECT * FROM (VALUES (?, ?), (?, ?)) AS v");
        assert_eq!(statement.values.map(|values| values.0.len()), Some(4));
    }

    #[test]
    fn arrays_on_postgresql_whose_text_says_nothing_of_their_length() {
        let text = |count| rows(count).statement(DbBackend::Postgres, "SELECT * FROM {rows} AS v").sql;
        assert_eq!(text(2), text(9));
        assert_eq!(
            text(2),
            "SELECT * FROM (SELECT c1 AS column1, CASE WHEN n2 THEN NULL ELSE c2 END AS column2 FROM unnest((SELECT $1), (SELECT $2), (SELECT $3)) AS u (c1, c2, n2)) AS v"
        );
        let statement = rows(2).statement(DbBackend::Postgres, "{rows}");
        let nulls = statement.values.and_then(|values| values.0.get(2).cloned());
        assert_eq!(nulls, Some(vec![true, false].into()));
    }
}
