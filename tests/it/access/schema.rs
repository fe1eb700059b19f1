//! What the schema offers, by introspection: nobody has to remember to list it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::doors;

const QUESTION: &str = "{ __schema { queryType { name } types { kind name fields(includeDeprecated: true) { name \
     args { name type { kind } } type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";

/// A field, as far as one must know to ask for it.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    /// The named type that it gives.
    pub of: String,
    pub list: bool,
    pub composite: bool,
}

/// All object types with their fields.
pub struct Shape {
    pub types: BTreeMap<String, Vec<Field>>,
}

impl Shape {
    pub async fn of_the_schema() -> Self {
        let answer = server::graphql::schema().execute(QUESTION).await;
        let answer = answer.data.into_json().expect("JSON");
        let types = answer["__schema"]["types"].as_array().expect("types").iter();
        let objects = types.filter(|kind| kind["kind"] == "OBJECT" && !text(&kind["name"]).starts_with("__"));
        let fields = |kind: &Value| kind["fields"].as_array().expect("fields").iter().map(field).collect();
        Self { types: objects.map(|kind| (text(&kind["name"]).to_owned(), fields(kind))).collect() }
    }

    /// Everything that must have a row: `Run.steps`, `Mutation.submit`, `route /healthz`, `command sync`.
    pub fn everything(&self) -> BTreeSet<String> {
        let fields = self.types.iter().flat_map(|(name, fields)| fields.iter().map(move |field| (name, field)));
        let fields = fields.map(|(name, field)| format!("{name}.{}", field.name));
        fields.chain(doors::routes()).chain(doors::commands()).collect()
    }

    pub fn fields(&self, of: &str) -> &[Field] {
        self.types.get(of).unwrap_or_else(|| panic!("there is no type {of}"))
    }

    /// The field with what must be selected below it.
    pub fn selection(&self, field: &Field) -> String {
        let below = match self.types.get(&field.of) {
            Some(fields) if fields.iter().any(|field| field.name == "nodes") => " { nodes { __typename } }",
            _ if field.composite => " { __typename }",
            _ => "",
        };
        format!("{}{below}", field.name)
    }
}

fn field(field: &Value) -> Field {
    let (mut of, mut list) = (&field["type"], false);
    while of["name"].is_null() {
        list |= of["kind"] == "LIST";
        of = &of["ofType"];
    }
    let composite = ["OBJECT", "INTERFACE", "UNION"].contains(&text(&of["kind"]));
    Field { name: text(&field["name"]).to_owned(), of: text(&of["name"]).to_owned(), list, composite }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
