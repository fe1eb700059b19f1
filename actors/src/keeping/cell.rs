//! One value of a row: read from either database, written to either, and as JSON in between.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sea_orm::{DbErr, QueryResult, Value};
use serde_json::Value as Json;

use super::table::{Column, Kind};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Null,
    Integer(i64),
    Boolean(bool),
    Text(String),
    Bytes(Vec<u8>),
}

/// The values of a row, in the order of the columns.
pub type Row = Vec<Cell>;

impl Cell {
    /// The value in that place of what a query gave.
    ///
    /// # Errors
    /// When it is of another kind.
    pub fn of(row: &QueryResult, place: usize, kind: Kind) -> Result<Self, DbErr> {
        let cell = match kind {
            Kind::Integer => row.try_get_by_index::<Option<i64>>(place)?.map(Self::Integer),
            Kind::Boolean => row.try_get_by_index::<Option<bool>>(place)?.map(Self::Boolean),
            Kind::Text => row.try_get_by_index::<Option<String>>(place)?.map(Self::Text),
            Kind::Bytes => row.try_get_by_index::<Option<Vec<u8>>>(place)?.map(Self::Bytes),
        };
        Ok(cell.unwrap_or(Self::Null))
    }

    /// The value as a parameter of a statement.
    #[must_use]
    pub fn bind(self, kind: Kind) -> Value {
        match (self, kind) {
            (Self::Null, Kind::Integer) => Value::from(None::<i64>),
            (Self::Null, Kind::Boolean) => Value::from(None::<bool>),
            (Self::Null, Kind::Text) => Value::from(None::<String>),
            (Self::Null, Kind::Bytes) => Value::from(None::<Vec<u8>>),
            (Self::Integer(number), _) => number.into(),
            (Self::Boolean(truth), _) => truth.into(),
            (Self::Text(text), _) => text.into(),
            (Self::Bytes(bytes), _) => bytes.into(),
        }
    }

    /// The value as JSON; bytes in base64.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Integer(number) => (*number).into(),
            Self::Boolean(truth) => (*truth).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Bytes(bytes) => STANDARD.encode(bytes).into(),
        }
    }

    /// What [`to_json`](Self::to_json) has written; none when it is not of that kind.
    #[must_use]
    pub fn from_json(json: Json, kind: Kind) -> Option<Self> {
        Some(match (kind, json) {
            (_, Json::Null) => Self::Null,
            (Kind::Integer, Json::Number(number)) => Self::Integer(number.as_i64()?),
            (Kind::Boolean, Json::Bool(truth)) => Self::Boolean(truth),
            (Kind::Text, Json::String(text)) => Self::Text(text),
            (Kind::Bytes, Json::String(text)) => Self::Bytes(STANDARD.decode(text).ok()?),
            _ => return None,
        })
    }

    /// About how many bytes it takes.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::Null | Self::Integer(_) | Self::Boolean(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// A row for people: its first value.
#[must_use]
pub fn told(columns: &[Column], row: &Row) -> String {
    let name = columns.first().map_or("", |column| column.name.as_str());
    format!("{name} {}", row.first().map_or(Json::Null, Cell::to_json))
}

#[cfg(test)]
mod tests {
    use super::{Cell, Json, Kind};

    #[test]
    fn what_is_written_is_read() {
        for (cell, kind) in [
            (Cell::Null, Kind::Bytes),
            (Cell::Integer(i64::MIN), Kind::Integer),
            (Cell::Integer(i64::MAX), Kind::Integer),
            (Cell::Boolean(true), Kind::Boolean),
            (Cell::Text("a\0\u{2028}\"".to_owned()), Kind::Text),
            (Cell::Bytes((0..=255).collect()), Kind::Bytes),
        ] {
            let line = cell.to_json().to_string();
            let read: Json = serde_json::from_str(&line).unwrap();
            assert_eq!(Cell::from_json(read, kind), Some(cell), "{line}");
        }
        assert_eq!(Cell::from_json(Json::Bool(true), Kind::Integer), None);
        assert_eq!(Cell::from_json("?".into(), Kind::Bytes), None);
    }
}
