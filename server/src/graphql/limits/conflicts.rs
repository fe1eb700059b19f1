//! Fields of one name that come to the same object and are asked for in different ways, in whatever selections and fragments: the first
//! is told.
//!
//! It is a rule of the language, and the library checks it. But it tells every argument of every field that differs from the
//! first of its name, so a few kilobytes make millions of errors. What comes through here has none.

use std::collections::{HashMap, HashSet};

use async_graphql::Positioned;
use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};

use super::Fault;

/// So many different types are told apart for one name.
const TYPES: usize = 64;

/// Whether the document has no such fields. Its written-out form has to be short.
///
/// # Errors
/// With the first.
pub fn find(document: &ExecutableDocument) -> Result<(), Fault> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    operations.chain(fragments).try_for_each(|set| merge(document, &[(On::new(), set)]))
}

/// On which types something is asked for, from the outside: at each level the innermost condition, if there is one.
type On<'d> = Vec<Option<&'d str>>;

/// Looks at selections that come to one object of the answer, and at what comes to each of its fields.
fn merge<'d>(document: &'d ExecutableDocument, sets: &[(On<'d>, &'d SelectionSet)]) -> Result<(), Fault> {
    let mut gathered = Gathered { document, names: Vec::new(), asked: HashMap::new(), spread: HashSet::new() };
    for (on, set) in sets {
        gathered.set(on, None, set);
    }
    for (name, asked) in gathered.names.iter().filter_map(|name| gathered.asked.get_key_value(name)) {
        agree(name, asked)?;
        let below = asked.iter().map(|(on, field)| (on.clone(), &field.node.selection_set.node));
        let below: Vec<_> = below.filter(|(_, set)| !set.items.is_empty()).collect();
        if !below.is_empty() {
            merge(document, &below)?;
        }
    }
    Ok(())
}

/// A field, and on which types it is asked for.
type Asked<'d> = (On<'d>, &'d Positioned<Field>);

/// Whether fields of one name are asked for in the same way, unless they can't come to the same object.
fn agree(name: &str, asked: &[Asked<'_>]) -> Result<(), Fault> {
    let mut firsts: Vec<&Asked<'_>> = Vec::new();
    for one in asked {
        let (on, field) = one;
        for (other, first) in &firsts {
            if !std::ptr::eq(*first, *field) && !exclude(on, other) && !is_same(&first.node, &field.node) {
                return Err(Fault::Invalid(format!(
                    "Fields \"{name}\" conflict: in lines {} and {} of the document they have different fields or arguments. Give one of them an alias.",
                    first.pos.line, field.pos.line
                )));
            }
        }
        if firsts.len() < TYPES && !firsts.iter().any(|(other, _)| other == on) {
            firsts.push(one);
        }
    }
    Ok(())
}

/// Whether what is asked for on these types never comes to the same object.
fn exclude(one: &On<'_>, other: &On<'_>) -> bool {
    one.iter().zip(other).any(|(one, other)| one.is_some() && other.is_some() && one != other)
}

/// The fields of an object, by their names in the answer.
struct Gathered<'d> {
    document: &'d ExecutableDocument,
    names: Vec<&'d str>,
    asked: HashMap<&'d str, Vec<Asked<'d>>>,
    spread: HashSet<(On<'d>, &'d str)>,
}

impl<'d> Gathered<'d> {
    fn set(&mut self, around: &On<'d>, on: Option<&'d str>, set: &'d SelectionSet) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let name = field.node.response_key().node.as_str();
                    let asked = self.asked.entry(name).or_default();
                    if asked.is_empty() {
                        self.names.push(name);
                    }
                    asked.push((around.iter().copied().chain([on]).collect(), field));
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let condition = condition.map(|condition| condition.node.on.node.as_str());
                    self.set(around, condition.or(on), &inline.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    if self.spread.insert((around.clone(), name)) {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.set(around, Some(on), &fragment.node.selection_set.node);
                    }
                }
            }
        }
    }
}

fn is_same(first: &Field, other: &Field) -> bool {
    first.name.node == other.name.node
        && first.arguments.len() == other.arguments.len()
        && first
            .arguments
            .iter()
            .all(|(name, value)| other.get_argument(&name.node).is_some_and(|argument| argument.node == value.node))
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::find;

    #[test]
    fn the_first_conflict_is_told() {
        for (document, fine) in [
            ("{ a a b(x: 1) b(x: 1) c: a }", true),
            ("{ a: b a: c }", false),
            ("{ a(x: 1) a(x: 2) }", false),
            ("{ a(x: 1) a }", false),
            ("{ a(x: 1, y: 2) a(y: 2, x: 1) }", true),
            ("{ a(x: $v) a(x: $v) }", true),
            ("{ a { b(x: 1) } a { b(x: 1) } }", true),
            ("{ a { b: c b: d } }", false),
            ("{ ... on T { a: b } ... on U { a: c } }", true),
            ("{ ... on T { a: b a: c } }", false),
            ("{ ...F ...G } fragment F on T { a: b } fragment G on T { a: c }", false),
            ("{ ...F ...F } fragment F on T { a(x: 1) ...F }", true),
            ("{ a } fragment F on T { a(x: 1) a(x: 2) }", false),
            // In a fragment and beside it.
            ("{ a ... on T { a(x: 1) } }", false),
            ("{ ...F a(x: 2) } fragment F on T { a(x: 1) }", false),
            ("{ ...F a(x: 1) } fragment F on T { a(x: 1) }", true),
            ("{ a(x: 1) ... { a(x: 2) } }", false),
            // In two selections of the same field.
            ("{ a { b: c } a { b: d } }", false),
            ("{ a { b: c } a { c: d } }", true),
            ("{ a { e { b: c } } ... { a { e { b: d } } } }", false),
            ("{ a { ...F } a { b: d } } fragment F on T { b: c }", false),
            ("{ ... on T { a { b: c } } ... on U { a { b: d } } }", true),
            ("{ ... on T { a { b: c } } ... on T { a { b: d } } }", false),
            ("{ ... on T { a { b: c } } a { b: d } }", false),
            ("{ x: a { b: c } a { b: d } }", true),
        ] {
            assert_eq!(find(&parse_query(document).unwrap()).is_ok(), fine, "{document}");
        }
    }
}
