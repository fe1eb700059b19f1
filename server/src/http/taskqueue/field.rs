//! The fields of a JSON object. Only those are kept that mean something, and of those no more than a text or a number, so that no body
//! takes many times its length in memory.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// What a task can bring.
const KNOWN: [&str; 5] = ["id", "leaseTimestamp", "payloadBase64", "queueName", "tag"];

/// A field.
#[derive(Debug, PartialEq)]
pub(super) enum Field {
    Null,
    Text(String),
    Number(Number),
    /// Something that no field is.
    Other,
}

/// The fields by name; of two with one name the last counts.
#[derive(Debug, Default)]
pub(super) struct Fields(HashMap<&'static str, Field>);

impl Fields {
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.0.get(name)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key::<String>()? {
            if let Some(known) = KNOWN.iter().find(|known| **known == name) {
                fields.0.insert(known, map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Field, E> {
        Ok(Field::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Field, E> {
        Ok(Field::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Field, E> {
        Ok(Field::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Field, E> {
        Ok(Number::from_f64(number).map_or(Field::Other, Field::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Field, E> {
        Ok(Field::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Field, E> {
        Ok(Field::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Field, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, Fields};

    #[test]
    fn only_what_means_something_is_kept() {
        let text = r#"{"id": null, "tag": "a", "tag": "b\n", "x": [1, {"id": 2}], "queueName": {"a": [[]]}, "leaseTimestamp": 1.5, "payloadBase64": [true, false]}"#;
        let fields: Fields = serde_json::from_str(text).expect("an object");
        assert_eq!(fields.get("id"), Some(&Field::Null));
        assert_eq!(fields.get("tag"), Some(&Field::Text("b\n".to_owned())));
        assert_eq!((fields.get("queueName"), fields.get("payloadBase64")), (Some(&Field::Other), Some(&Field::Other)));
        assert!(matches!(fields.get("leaseTimestamp"), Some(Field::Number(_))));
        assert_eq!((fields.get("x"), fields.get("kind")), (None, None));
        for bad in ["[]", "null", "\"x\"", "{", "{}x", r#"{"id":}"#, &"[".repeat(100_000), &r#"{"x":"#.repeat(100_000)]
        {
            assert!(serde_json::from_str::<Fields>(bad).is_err(), "{bad:.20}");
        }
    }
}
