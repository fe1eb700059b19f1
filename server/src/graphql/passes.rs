//! With what an operation has passed the gate before, and what it cost.
//!
//! Whether an operation is valid, and what it costs, is a matter of its document and of little in its variables: which are there, and what
//! the numbers are. What a text says does not matter where any text is taken. So an operation that has passed passes again with
//! variables that are alike, and need not be looked at again.
//!
//! Not every operation has passes: not one that changes something, asks about the schema, leaves out fields by a directive, or has variables of
//! types of which not every text is a value.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value as Constant, Variables};
use async_graphql_value::Value;
use lru::LruCache;

use super::gate::INTROSPECTION;
use super::quick;

/// So many are kept of one operation.
const MANY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);
/// Types of which each text is a value, or none is.
const PLAIN: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];

/// The passes of an operation.
pub struct Passes {
    variables: Vec<Name>,
    costs: Mutex<LruCache<Alike, usize>>,
}

/// What matters of the values of an operation's variables, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Alike(Vec<Seen>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Seen {
    Nothing,
    Null,
    Truth(bool),
    Whole(i64),
    Text,
}

impl Passes {
    /// None yet; or never, if it is not an operation that may have some.
    #[must_use]
    pub fn of(document: &ExecutableDocument, operation: &OperationDefinition) -> Option<Self> {
        let fragments = document.fragments.values().map(|fragment| &fragment.node);
        let is_plain = operation.ty == OperationType::Query
            && operation.directives.is_empty()
            && quick::plain(&operation.selection_set.node).is_some()
            && asks_plainly(&operation.selection_set)
            && fragments
                .clone()
                .all(|fragment| fragment.directives.is_empty() && asks_plainly(&fragment.selection_set));
        let variables = operation.variable_definitions.iter().map(|definition| {
            let kind = &definition.node.var_type.node.base;
            let is_plain = matches!(kind, BaseType::Named(name) if PLAIN.contains(&name.as_str()));
            is_plain.then(|| definition.node.name.node.clone())
        });
        let variables = variables.collect::<Option<_>>().filter(|_| is_plain)?;
        Some(Self { variables, costs: Mutex::new(LruCache::new(MANY)) })
    }

    /// What matters of these values; nothing if all of them does.
    #[must_use]
    pub fn alike(&self, values: &Variables) -> Option<Alike> {
        let seen = |name: &Name| {
            Some(match values.get(name) {
                None => Seen::Nothing,
                Some(Constant::Null) => Seen::Null,
                Some(Constant::Boolean(truth)) => Seen::Truth(*truth),
                Some(Constant::Number(number)) => Seen::Whole(number.as_i64()?),
                Some(Constant::String(_)) => Seen::Text,
                Some(_) => return None,
            })
        };
        self.variables.iter().map(seen).collect::<Option<_>>().map(Alike)
    }

    /// What it costs with such values, if it has passed with some.
    #[must_use]
    pub fn cost(&self, alike: &Alike) -> Option<usize> {
        self.costs.lock().unwrap_or_else(PoisonError::into_inner).get(alike).copied()
    }

    /// Notes that it has passed.
    pub fn note(&self, alike: Alike, cost: usize) {
        self.costs.lock().unwrap_or_else(PoisonError::into_inner).put(alike, cost);
    }
}

/// Whether all fields are always there, and none is of the schema itself or has variables inside of a value.
fn asks_plainly(set: &Positioned<SelectionSet>) -> bool {
    set.node.items.iter().all(|item| match &item.node {
        Selection::Field(field) => {
            let field = &field.node;
            field.directives.is_empty()
                && !INTROSPECTION.contains(&field.name.node.as_str())
                && field.arguments.iter().all(|(_, value)| is_whole(&value.node))
                && asks_plainly(&field.selection_set)
        }
        Selection::InlineFragment(inline) => {
            inline.node.directives.is_empty() && asks_plainly(&inline.node.selection_set)
        }
        Selection::FragmentSpread(spread) => spread.node.directives.is_empty(),
    })
}

/// Whether a value is a variable, or has none in it.
fn is_whole(value: &Value) -> bool {
    matches!(value, Value::Variable(_)) || value.clone().into_const().is_some()
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::Passes;

    fn passes(text: &str) -> Option<Passes> {
        let document = parse_query(text).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        Passes::of(&document, &operation.node)
    }

    #[test]
    fn only_what_is_plain_has_passes() {
        for (text, wanted) in [
            ("{ a }", true),
            ("query Q { a(b: 1, c: [2], d: {e: F}) { g } }", true),
            ("query Q($b: Int, $c: String!, $d: ID = 1) { a(b: $b, c: $c, d: $d) }", true),
            ("{ a { ...F } } fragment F on A { b }", true),
            ("{ a { ... on A { b } } }", true),
            ("{ ...F } fragment F on Query { b }", false),
            ("mutation { a }", false),
            ("subscription { a }", false),
            ("{ __schema { a } }", false),
            ("{ a { ...F } } fragment F on A { __type }", false),
            ("query Q @a { b }", false),
            ("{ a @skip(if: true) }", false),
            ("{ a { ... @include(if: true) { b } } }", false),
            ("{ a { ...F @include(if: true) } } fragment F on A { b }", false),
            ("query Q($b: DateTime) { a(b: $b) }", false),
            ("query Q($b: [Int]) { a(b: $b) }", false),
            ("query Q($b: String) { a(c: {b: $b}) }", false),
            ("query Q($b: String) { a(c: [$b]) }", false),
        ] {
            assert_eq!(passes(text).is_some(), wanted, "{text}");
        }
    }

    #[test]
    fn values_are_alike_that_differ_in_texts_only() {
        let passes = passes("query Q($a: String, $b: Int, $c: Boolean) { a(a: $a, b: $b, c: $c) }").unwrap();
        let alike = |values: serde_json::Value| passes.alike(&Variables::from_json(values));
        let all = alike(json!({ "a": "x", "b": 1, "c": true })).unwrap();
        passes.note(all.clone(), 7);
        for (values, wanted) in [
            (json!({ "a": "y", "b": 1, "c": true }), Some(7)),
            (json!({ "a": "y", "b": 1, "c": true, "d": "beside it" }), Some(7)),
            (json!({ "a": "x", "b": 2, "c": true }), None),
            (json!({ "a": "x", "b": 1, "c": false }), None),
            (json!({ "a": null, "b": 1, "c": true }), None),
            (json!({ "b": 1, "c": true }), None),
            (json!({ "a": 1, "b": 1, "c": true }), None),
            (json!({ "a": "x", "b": "1", "c": true }), None),
        ] {
            assert_eq!(passes.cost(&alike(values.clone()).unwrap()), wanted, "{values}");
        }
        for values in [json!({ "a": ["x"] }), json!({ "b": 1.5 }), json!({ "a": { "x": 1 } })] {
            assert!(alike(values.clone()).is_none(), "{values}");
        }
    }
}
