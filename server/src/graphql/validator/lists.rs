//! What the compiler does not see when it looks whether fields of one name can be one: that lists in their arguments are of different
//! lengths (5.3.2 of the specification).

use std::collections::HashMap;

use apollo_compiler::ast::Value;
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name, Node};
use async_graphql::ServerError;

use super::fault;

/// The conflicts of a document that is valid otherwise, the first for each name at each place.
pub fn faults(document: &ExecutableDocument) -> Vec<ServerError> {
    let mut faults = Vec::new();
    document.operations.iter().for_each(|operation| merge(document, &[&operation.selection_set], &mut faults));
    faults
}

/// Looks at selections that come to one place of the answer, and at what comes to each of their fields.
fn merge(document: &ExecutableDocument, sets: &[&SelectionSet], faults: &mut Vec<ServerError>) {
    let mut gathered = HashMap::new();
    sets.iter().for_each(|set| gather(document, set, &mut gathered));
    for (name, fields) in gathered {
        let mut fields_of: HashMap<(&Name, &Name), &Node<Field>> = HashMap::new();
        let conflict = fields.iter().find_map(|(of, field)| {
            let first = fields_of.entry((of, &field.name)).or_insert(field);
            (!has_same_arguments(first, field)).then_some([&**first, field])
        });
        if let Some(pair) = conflict {
            let places = pair.iter().filter_map(|field| field.location()?.line_column(&document.sources));
            let message = format!("Cannot select different fields into the same alias `{name}`.");
            faults.push(fault(message, places));
        }
        let below: Vec<_> = fields.iter().map(|(_, field)| &field.selection_set).collect();
        if below.iter().any(|set| !set.selections.is_empty()) {
            merge(document, &below, faults);
        }
    }
}

/// The fields of a place by their names in the answer, each with the type of which it is asked.
type Gathered<'d> = HashMap<&'d Name, Vec<(&'d Name, &'d Node<Field>)>>;

fn gather<'d>(document: &'d ExecutableDocument, set: &'d SelectionSet, gathered: &mut Gathered<'d>) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => gathered.entry(field.response_key()).or_default().push((&set.ty, field)),
            Selection::InlineFragment(inline) => gather(document, &inline.selection_set, gathered),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.fragment_name) {
                    gather(document, &fragment.selection_set, gathered);
                }
            }
        }
    }
}

fn has_same_arguments(one: &Node<Field>, other: &Node<Field>) -> bool {
    one.ptr_eq(other)
        || one.arguments.iter().all(|argument| {
            let same_name = other.arguments.iter().find(|other| other.name == argument.name);
            same_name.is_none_or(|other| has_same_lists(&argument.value, &other.value))
        })
}

/// Whether lists that stand at the same place are of the same length.
fn has_same_lists(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| has_same_lists(one, other))
        }
        (Value::Object(one), Value::Object(other)) => one.iter().all(|(name, value)| {
            let same_name = other.iter().find(|(other, _)| other == name);
            same_name.is_none_or(|(_, other)| has_same_lists(value, other))
        }),
        _ => true,
    }
}
