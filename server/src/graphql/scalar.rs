//! The scalars: how values look that JSON has no type for.

use std::borrow::Cow;

use async_graphql::registry::Registry;
use async_graphql::{Description, InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use entity::clock::Timestamp;
use entity::points::Points;
use hyper::body::Bytes;

/// An instant: RFC 3339 in UTC with microseconds, such as `2026-11-20T15:30:00.000000Z`.
#[derive(Clone, Copy, Debug, Description)]
pub struct DateTime(pub Timestamp);

#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/date-time", use_type_description)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        match chrono::DateTime::parse_from_rfc3339(text) {
            Ok(instant) => Ok(Self(Timestamp::from(instant.to_utc()))),
            Err(_) => Err(InputValueError::custom(format!("`{text}` is not a time such as 2026-11-20T15:30:00Z"))),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// The bytes of a file, in a variable of a request with files: [the GraphQL multipart request
/// specification](https://github.com/jaydenseric/graphql-multipart-request-spec).
#[derive(Clone, Debug, Description)]
pub struct Upload(pub Bytes);

#[Scalar(specified_by_url = "https://github.com/jaydenseric/graphql-multipart-request-spec", use_type_description)]
impl ScalarType for Upload {
    /// Nothing that is written in a document or in JSON becomes bytes; only a part of the request does.
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::Binary(bytes) => Ok(Self(bytes)),
            _ => Err(InputValueError::custom("a file must be a part of a multipart request, and null in `operations`")),
        }
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

/// Points: a decimal with at most four places, as a string, so that no client rounds it.
#[derive(Clone, Copy, Debug, Description)]
pub struct Decimal(pub Points);

#[Scalar(use_type_description)]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        text.parse().map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A `Decimal` of one row among many: what is none, as it was written. A bad row is told to be one, and the others are taken.
#[derive(Clone, Debug)]
pub struct DecimalOfRow(pub Result<Points, String>);

impl InputType for DecimalOfRow {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <Decimal as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Decimal as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let value = value.unwrap_or_default();
        let Value::String(text) = value else { return Err(InputValueError::expected_type(value)) };
        Ok(Self(text.parse().map_err(|_| text)))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.as_ref().map_or_else(String::clone, Points::to_string))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}
