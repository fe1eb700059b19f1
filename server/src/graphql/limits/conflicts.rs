//! Fields of one name that come to the same object and are asked for in different ways, or that come to objects of different types and
//! are not alike themselves, in whatever selections and fragments: the first are told.
//!
//! It is a rule of the language, and the library checks it. But it tells every argument of every field that differs from the
//! first of its name, so a few kilobytes make millions of errors; and of objects of different types it does not ask whether a client could
//! read both in the same way. What comes through here has no such fields.

use std::collections::{HashMap, HashSet};

use async_graphql::Positioned;
use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet, Type};

use super::Fault;
use crate::graphql::shape::{Types, innermost, root};

/// So many different types are told apart for one name.
const TYPES: usize = 64;

/// Whether the document has no such fields. Its written-out form has to be short.
///
/// # Errors
/// With the first.
pub fn find(types: &Types, document: &ExecutableDocument) -> Result<(), Fault> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node);
    let operations = operations.map(|operation| (root(operation.ty), &operation.selection_set.node));
    let fragments = document.fragments.values().map(|fragment| &fragment.node);
    let fragments =
        fragments.map(|fragment| (fragment.type_condition.node.on.node.as_str(), &fragment.selection_set.node));
    operations.chain(fragments).try_for_each(|(of, set)| merge(types, document, &[(On::new(), Some(of), set)]))
}

/// On which types something is asked for, from the outside: at each level the innermost condition, if there is one.
type On<'d> = Vec<Option<&'d str>>;

/// A selection, of which type, and on which types it is made.
type Selected<'d> = (On<'d>, Option<&'d str>, &'d SelectionSet);

/// Looks at selections that come to one place of the answer, and at what comes to each of its fields.
fn merge<'d>(types: &'d Types, document: &'d ExecutableDocument, sets: &[Selected<'d>]) -> Result<(), Fault> {
    let mut gathered = Gathered { types, document, names: Vec::new(), asked: HashMap::new(), spread: HashSet::new() };
    for (on, of, set) in sets {
        gathered.set(on, None, *of, set);
    }
    for (name, asked) in gathered.names.iter().filter_map(|name| gathered.asked.get_key_value(name)) {
        agree(name, asked)?;
        are_alike(types, name, asked)?;
        let below = asked.iter().map(|Asked { on, kind, field }| {
            (on.clone(), kind.map(|kind| innermost(&kind.base).as_str()), &field.node.selection_set.node)
        });
        let below: Vec<_> = below.filter(|(.., set)| !set.items.is_empty()).collect();
        if !below.is_empty() {
            merge(types, document, &below)?;
        }
    }
    Ok(())
}

/// A field, its type, and on which types it is asked for.
struct Asked<'d> {
    on: On<'d>,
    kind: Option<&'d Type>,
    field: &'d Positioned<Field>,
}

/// Whether fields of one name are asked for in the same way, unless they can't come to the same object.
fn agree(name: &str, asked: &[Asked<'_>]) -> Result<(), Fault> {
    let mut firsts: Vec<&Asked<'_>> = Vec::new();
    for one in asked {
        for first in &firsts {
            let (field, other) = (one.field, first.field);
            if !std::ptr::eq(other, field) && !exclude(&one.on, &first.on) && !is_same(&other.node, &field.node) {
                return Err(conflict(name, "they have different fields or arguments", first, one));
            }
        }
        if firsts.len() < TYPES && !firsts.iter().any(|first| first.on == one.on) {
            firsts.push(one);
        }
    }
    Ok(())
}

/// Whether a client can read fields of one name in the same way, whatever the object is of which they are.
fn are_alike(types: &Types, name: &str, asked: &[Asked<'_>]) -> Result<(), Fault> {
    let mut known = asked.iter().filter_map(|one| Some((one, one.kind?)));
    let Some((first, wanted)) = known.next() else { return Ok(()) };
    match known.find(|(_, kind)| !types.is_alike(wanted, kind)) {
        Some((other, kind)) => {
            Err(conflict(name, &format!("one is of type \"{wanted}\", the other of type \"{kind}\""), first, other))
        }
        None => Ok(()),
    }
}

fn conflict(name: &str, why: &str, first: &Asked<'_>, other: &Asked<'_>) -> Fault {
    let message = format!("Fields \"{name}\" conflict: {why}. Give one of them an alias.");
    Fault::invalid(message, [first.field.pos, other.field.pos])
}

/// Whether what is asked for on these types never comes to the same object.
fn exclude(one: &On<'_>, other: &On<'_>) -> bool {
    one.iter().zip(other).any(|(one, other)| one.is_some() && other.is_some() && one != other)
}

/// The fields of an object, by their names in the answer.
struct Gathered<'d> {
    types: &'d Types,
    document: &'d ExecutableDocument,
    names: Vec<&'d str>,
    asked: HashMap<&'d str, Vec<Asked<'d>>>,
    spread: HashSet<(On<'d>, &'d str)>,
}

impl<'d> Gathered<'d> {
    fn set(&mut self, around: &On<'d>, on: Option<&'d str>, of: Option<&'d str>, set: &'d SelectionSet) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let name = field.node.response_key().node.as_str();
                    let asked = self.asked.entry(name).or_default();
                    if asked.is_empty() {
                        self.names.push(name);
                    }
                    let kind = self.types.field(of, &field.node.name.node);
                    asked.push(Asked { on: around.iter().copied().chain([on]).collect(), kind, field });
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let condition = condition.map(|condition| condition.node.on.node.as_str());
                    self.set(around, condition.or(on), condition.or(of), &inline.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    if self.spread.insert((around.clone(), name)) {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.set(around, Some(on), Some(on), &fragment.node.selection_set.node);
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
    use crate::graphql::shape::Types;

    const SDL: &str = "
        union Thing = T | U
        interface I { i: Int }
        type T { i: Int, must: Int!, list: [Int], text: String, one: T, other: U, all: [T!]!, things: [Thing!]! }
        type U { i: Int, must: Int, list: [Int!], text: ID, one: U, other: T, all: [U!]!, things: [Thing!]! }
        type Query { thing: Thing, t: T, u: U }
    ";

    #[test]
    fn what_comes_to_different_objects_has_to_be_alike() {
        for (document, fine) in [
            ("{ thing { ... on T { i } ... on U { i } } }", true),
            ("{ thing { ... on T { i } ... on U { i: must } } }", true),
            ("{ thing { ... on T { i } ... on I { i } } }", true),
            ("{ thing { ... on T { must } ... on U { must } } }", false),
            ("{ thing { ... on T { x: list } ... on U { x: list } } }", false),
            ("{ thing { ... on T { x: list } ... on U { x: i } } }", false),
            ("{ thing { ... on T { x: i } ... on U { x: list } } }", false),
            ("{ thing { ... on T { text } ... on U { text } } }", false),
            ("{ thing { ... on T { one { i } } ... on U { one { i } } } }", true),
            ("{ thing { ... on T { one { text } } ... on U { one { text } } } }", false),
            ("{ thing { ... on T { one { text } } ... on U { one: other { text } } } }", true),
            ("{ thing { ... on T { x: one { i } } ... on U { x: i } } }", false),
            ("{ thing { ... on T { all { i } } ... on U { all { i } } } }", true),
            ("{ thing { ... on T { x: all { i } } ... on U { x: things { ...F } } } } fragment F on T { i }", true),
            ("{ thing { ... on T { x: all { i } } ... on U { x: one { i } } } }", false),
            ("{ ...A ...B } fragment A on T { must } fragment B on U { must }", false),
            ("{ t { x: i } u { x: text } }", true),
            ("{ thing { ... on T { x: unknown } ... on U { x: i } } }", true),
            ("{ thing { ... on T { x: __typename } ... on U { x: text } } }", false),
            ("{ thing { __typename ... on T { i } ... on U { __typename } } }", true),
        ] {
            let found = find(&Types::of(SDL), &parse_query(document).unwrap());
            assert_eq!(found.is_ok(), fine, "{document}: {found:?}");
        }
    }

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
            assert_eq!(find(&Types::default(), &parse_query(document).unwrap()).is_ok(), fine, "{document}");
        }
    }
}
