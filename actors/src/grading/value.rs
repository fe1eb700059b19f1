//! A value that a program computed, as a typed tree: what crosses the border between a program's process and the grader.
//!
//! The tree keeps what makes values differ for a learner (`1`, `1.0`, `True` and `"1"` are four values) and nothing of the
//! process they came from. Comparing is in [`super::compare`].

use std::fmt::{self, Write};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::excerpt::excerpt;

/// One value. Its JSON form is `{"t": type, "v": content}`, the form that the harnesses write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "v", rename_all = "snake_case")]
pub enum Value {
    None,
    Bool(bool),
    /// In decimal, or in hexadecimal with `0x` from about 4,000 digits on; one number has one form.
    Int(String),
    Float(Float),
    Str(String),
    /// In hexadecimal.
    Bytes(String),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    /// In no particular order.
    Set(Vec<Value>),
    /// In no particular order.
    Frozenset(Vec<Value>),
    /// Pairs of key and value, in no particular order.
    Dict(Vec<(Value, Value)>),
    /// Anything else, known by what it says of itself.
    Object {
        /// Name of the type, with its module unless that is the program itself or the built-ins.
        of: String,
        /// What `repr` gives.
        repr: String,
    },
    /// The container that many levels up: the value holds itself.
    Cycle(u32),
    /// A value of the named type that is too large or too deep to be compared. Equals nothing.
    Beyond(String),
}

/// A float, written as text because JSON has no word for NaN and the infinities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Float(pub f64);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:?}", self.0))
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(de::Error::custom)
    }
}

impl From<&serde_json::Value> for Value {
    /// JSON as a Python program reads it: objects are dicts with `str` keys, a number with a point or an exponent is a float.
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::None,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => match number.as_f64() {
                Some(float) if number.is_f64() => Self::Float(Float(float)),
                _ => Self::Int(number.to_string()),
            },
            serde_json::Value::String(text) => Self::Str(text.clone()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            serde_json::Value::Object(pairs) => {
                Self::Dict(pairs.iter().map(|(key, value)| (Self::Str(key.clone()), Self::from(value))).collect())
            }
        }
    }
}

impl Value {
    /// Name of the type, as Python says it.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Set(_) => "set",
            Self::Frozenset(_) => "frozenset",
            Self::Dict(_) => "dict",
            Self::Cycle(_) => "a reference to itself",
            Self::Object { of: name, .. } | Self::Beyond(name) => name,
        }
    }

    /// The value with its type for a message, such as `'6' (str)`; long ones are cut.
    #[must_use]
    pub fn described(&self) -> String {
        match self {
            Self::None => "None".to_owned(),
            Self::Beyond(name) => format!("too large to be compared ({})", excerpt(name)),
            _ => format!("{} ({})", excerpt(&self.to_string()), excerpt(self.type_name())),
        }
    }

    /// The same value with every tuple made a list, for comparing with what JSON can say.
    #[must_use]
    pub fn without_tuples(self) -> Self {
        let all = |items: Vec<Self>| items.into_iter().map(Self::without_tuples).collect();
        match self {
            Self::List(items) | Self::Tuple(items) => Self::List(all(items)),
            Self::Dict(pairs) => {
                Self::Dict(pairs.into_iter().map(|(key, value)| (key, value.without_tuples())).collect())
            }
            other => other,
        }
    }
}

/// As Python would write it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(value) => f.write_str(if *value { "True" } else { "False" }),
            Self::Int(digits) => f.write_str(digits),
            Self::Float(Float(value)) if value.is_nan() => f.write_str("nan"),
            Self::Float(Float(value)) => write!(f, "{value:?}"),
            Self::Str(text) => quoted(f, text),
            Self::Bytes(hex) => write!(f, "bytes.fromhex('{hex}')"),
            Self::List(items) => listed(f, '[', items, ']'),
            Self::Tuple(items) if items.len() == 1 => write!(f, "({},)", items[0]),
            Self::Tuple(items) => listed(f, '(', items, ')'),
            Self::Set(items) if items.is_empty() => f.write_str("set()"),
            Self::Set(items) => listed(f, '{', items, '}'),
            Self::Frozenset(items) if items.is_empty() => f.write_str("frozenset()"),
            Self::Frozenset(items) => {
                f.write_str("frozenset(")?;
                listed(f, '{', items, '}')?;
                f.write_char(')')
            }
            Self::Dict(pairs) => {
                f.write_char('{')?;
                for (index, (key, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if index == 0 { "" } else { ", " })?;
                }
                f.write_char('}')
            }
            Self::Object { repr, .. } => f.write_str(repr),
            Self::Cycle(_) | Self::Beyond(_) => f.write_str("..."),
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    f.write_char(quote)?;
    for character in text.chars() {
        match character {
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\\' => f.write_str("\\\\")?,
            _ if character == quote => write!(f, "\\{quote}")?,
            _ => f.write_char(character)?,
        }
    }
    f.write_char(quote)
}

fn listed(f: &mut fmt::Formatter<'_>, open: char, items: &[Value], close: char) -> fmt::Result {
    f.write_char(open)?;
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
    }
    f.write_char(close)
}

#[cfg(test)]
mod tests {
    use super::{Float, Value};
    use serde_json::json;

    #[test]
    fn is_read_as_the_harness_writes_it() {
        let tree =
            r#"{"t":"dict","v":[[{"t":"str","v":"a"},{"t":"list","v":[{"t":"none"},{"t":"float","v":"nan"}]}]]}"#;
        let value: Value = serde_json::from_str(tree).expect("a value");
        assert_eq!(value.to_string(), "{'a': [None, nan]}");
        assert!(serde_json::from_str::<Value>(r#"{"t":"int","v":5}"#).is_err());
        assert!(serde_json::from_str::<Value>(r#"{"t":"float","v":"five"}"#).is_err());
    }

    #[test]
    fn survives_being_stored() {
        for float in [0.1, -0.0, 1e300, f64::INFINITY, f64::NEG_INFINITY] {
            let text = serde_json::to_string(&Value::Float(Float(float))).expect("it can be written");
            assert_eq!(
                serde_json::from_str::<Value>(&text).expect("it can be read"),
                Value::Float(Float(float)),
                "{text}"
            );
        }
    }

    #[test]
    fn describes_itself_as_python_would() {
        let cases = [
            (json!("6"), "'6' (str)"),
            (json!(6), "6 (int)"),
            (json!(6.0), "6.0 (float)"),
            (json!(true), "True (bool)"),
            (json!(null), "None"),
            (json!("it's"), "\"it's\" (str)"),
            (json!({"a": [1, "b\n"]}), "{'a': [1, 'b\\n']} (dict)"),
        ];
        for (json, described) in cases {
            assert_eq!(Value::from(&json).described(), described);
        }
        assert_eq!(Value::Tuple(vec![Value::Int("1".into())]).described(), "(1,) (tuple)");
        assert_eq!(Value::Set(vec![]).described(), "set() (set)");
    }
}
