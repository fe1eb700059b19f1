//! Partial answers: the parameter `fields`, by which a client says which fields of an answer it wants.
//!
//! `items(id,tag),kind`, `items/id` and `*` are all there is to it. A selection is held against the description of the answer before
//! anything happens, so who mistypes a field learns it and no task is touched.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// How deep a selection may go; answers are not that deep.
const DEEPEST: usize = 8;
/// Every field.
const ANY: &str = "*";

/// Which part of a value is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Mask {
    /// All of it.
    #[default]
    Whole,
    /// Of an object, or of each object of an array, these fields.
    Fields(BTreeMap<String, Mask>),
}

impl Mask {
    /// Reads a selection. The error says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text };
        let mask = reader.list(0)?;
        match reader.rest.chars().next() {
            None => Ok(mask),
            Some(other) => Err(format!("`{other}` is not expected there")),
        }
    }

    /// Holds the selection against the schema of an answer. The error says which field it does not have.
    pub fn check(&self, schema: &Value, schemas: &Value) -> Result<(), String> {
        let Self::Fields(fields) = self else { return Ok(()) };
        let schema = match &schema["$ref"] {
            Value::String(name) => &schemas[name],
            _ => schema,
        };
        if schema["items"].is_object() {
            return self.check(&schema["items"], schemas);
        }
        let Some(known) = schema["properties"].as_object() else { return Err("that field has no others".to_owned()) };
        for (name, below) in fields {
            let named: Vec<&Value> =
                known.iter().filter(|(key, _)| name == ANY || name == *key).map(|it| it.1).collect();
            if named.is_empty() {
                let known: Vec<&str> = known.keys().map(String::as_str).collect();
                return Err(format!("there is no `{name}`; there are {}", known.join(", ")));
            }
            // Of all fields, those that have what is wanted below them.
            let checked = named.iter().map(|schema| below.check(schema, schemas));
            checked.reduce(Result::or).unwrap_or(Ok(()))?;
        }
        Ok(())
    }

    /// Only what is wanted of a value.
    pub fn apply(&self, value: Value) -> Value {
        let Self::Fields(_) = self else { return value };
        match value {
            Value::Object(object) => {
                let wanted = |(name, value): (String, Value)| {
                    let below = self.of(&name)?;
                    // What is wanted of a text or a number is not there.
                    (below == Self::Whole || value.is_object() || value.is_array()).then(|| (name, below.apply(value)))
                };
                Value::Object(object.into_iter().filter_map(wanted).collect::<Map<_, _>>())
            }
            Value::Array(values) => values.into_iter().map(|value| self.apply(value)).collect(),
            other => other,
        }
    }

    /// What is wanted of a field. None: nothing.
    pub fn of(&self, name: &str) -> Option<Self> {
        let Self::Fields(fields) = self else { return Some(Self::Whole) };
        match (fields.get(name), fields.get(ANY)) {
            (Some(named), Some(any)) => Some(named.clone().or(any.clone())),
            (found, any) => found.or(any).cloned(),
        }
    }

    /// What is wanted by either.
    fn or(self, other: Self) -> Self {
        let (Self::Fields(mut fields), Self::Fields(others)) = (self, other) else { return Self::Whole };
        for (name, below) in others {
            add(&mut fields, name, below);
        }
        Self::Fields(fields)
    }
}

fn add(fields: &mut BTreeMap<String, Mask>, name: String, below: Mask) {
    let below = match fields.remove(&name) {
        Some(before) => before.or(below),
        None => below,
    };
    fields.insert(name, below);
}

/// What is left to be read.
struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn list(&mut self, depth: usize) -> Result<Mask, String> {
        let mut fields = BTreeMap::new();
        loop {
            let (name, below) = self.field(depth)?;
            add(&mut fields, name, below);
            if !self.take(',') {
                return Ok(Mask::Fields(fields));
            }
        }
    }

    /// A field, with what is wanted of it behind a slash or in parentheses.
    fn field(&mut self, depth: usize) -> Result<(String, Mask), String> {
        if depth == DEEPEST {
            return Err(format!("it goes deeper than {DEEPEST} fields"));
        }
        let name = self.name()?;
        if self.take('/') {
            let (below, of) = self.field(depth + 1)?;
            return Ok((name, Mask::Fields(BTreeMap::from([(below, of)]))));
        }
        if !self.take('(') {
            return Ok((name, Mask::Whole));
        }
        let list = self.list(depth + 1)?;
        if self.take(')') { Ok((name, list)) } else { Err(format!("the parenthesis behind `{name}` is not closed")) }
    }

    fn name(&mut self) -> Result<String, String> {
        let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let end =
            if self.rest.starts_with(ANY) { 1 } else { self.rest.find(|c| !in_name(c)).unwrap_or(self.rest.len()) };
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        match (name, rest.chars().next()) {
            ("", None) => Err("a field is missing at its end".to_owned()),
            ("", Some(other)) => Err(format!("a field is missing before `{other}`")),
            _ => Ok(name.to_owned()),
        }
    }

    fn take(&mut self, mark: char) -> bool {
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::Mask;
    use serde_json::{Value, json};

    fn of(fields: &str, value: Value) -> Value {
        Mask::read(fields).unwrap_or_else(|wrong| panic!("{fields}: {wrong}")).apply(value)
    }

    #[test]
    fn what_is_wanted_is_left() {
        let tasks = json!({ "kind": "k", "items": [{ "id": "a", "tag": "x", "n": 1 }, { "id": "b", "n": 2 }] });
        assert_eq!(of("kind", tasks.clone()), json!({ "kind": "k" }));
        assert_eq!(of("items/id", tasks.clone()), json!({ "items": [{ "id": "a" }, { "id": "b" }] }));
        let some = json!({ "kind": "k", "items": [{ "id": "a", "tag": "x" }, { "id": "b" }] });
        for same in ["items(id,tag),kind", "items/id,items/tag,kind", "kind,items(tag),items/id", "*(id,tag),kind"] {
            assert_eq!(of(same, tasks.clone()), some, "{same}");
        }
        for whole in ["*", "items,kind", "items/id,kind,items", "items/*,kind", "items/id,*"] {
            assert_eq!(of(whole, tasks.clone()), tasks, "{whole}");
        }
        assert_eq!(
            of("a/b/c,a/b(d)", json!({ "a": { "b": { "c": 1, "d": 2, "e": 3 }, "f": 4 } })).to_string(),
            r#"{"a":{"b":{"c":1,"d":2}}}"#
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let deep = "a(".repeat(100_000);
        for bad in [
            "",
            ",",
            "a,",
            ",a",
            "a/",
            "/a",
            "a//b",
            "a(",
            "a()",
            "a(b",
            "a)",
            "a(b))",
            "a(b)c",
            "a b",
            "**",
            "a.b",
            "\u{e9}",
            "a\u{0}",
            &deep,
            &"a/".repeat(100_000),
        ] {
            assert!(Mask::read(bad).is_err(), "{bad:.20}");
        }
    }

    #[test]
    fn fields_that_there_are_not_are_told() {
        let schemas = json!({ "T": { "properties": { "id": { "type": "string" } } } });
        let list = json!({ "properties": { "kind": {}, "items": { "items": { "$ref": "T" } } } });
        let check = |fields: &str| Mask::read(fields).expect(fields).check(&list, &schemas);
        for fine in ["kind", "items", "items/id", "items(id)", "*", "*/id", "items/*", "kind,items/id"] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
        for bad in ["x", "kind/x", "items/x", "items/id/x", "*/x", "id", "kind,x"] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert_eq!(check("x"), Err("there is no `x`; there are kind, items".to_owned()));
    }
}
