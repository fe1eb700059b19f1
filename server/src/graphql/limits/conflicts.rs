//! Fields of one name in one selection that are asked for in different ways: the first is told.
//!
//! It is a rule of the language, and the library checks it. But it tells every argument of every field that differs from the
//! first of its name, so a few kilobytes make millions of errors. What comes through here has none.

use std::collections::{HashMap, HashSet};

use async_graphql::Positioned;
use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};

use super::Fault;

/// Whether the document has no such fields.
///
/// # Errors
/// With the first.
pub fn find(document: &ExecutableDocument) -> Result<(), Fault> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    operations.chain(fragments).try_for_each(|set| within(document, set))
}

/// In this set and those of its fields.
fn within(document: &ExecutableDocument, set: &SelectionSet) -> Result<(), Fault> {
    Search { document, asked: HashMap::new(), spread: HashSet::new() }.set(None, set)?;
    set.items.iter().try_for_each(|item| match &item.node {
        Selection::Field(field) => within(document, &field.node.selection_set.node),
        Selection::InlineFragment(inline) => within(document, &inline.node.selection_set.node),
        Selection::FragmentSpread(_) => Ok(()),
    })
}

struct Search<'d> {
    document: &'d ExecutableDocument,
    /// The first field of each name, and on which type it was asked for.
    asked: HashMap<(Option<&'d str>, &'d str), &'d Positioned<Field>>,
    spread: HashSet<&'d str>,
}

impl<'d> Search<'d> {
    fn set(&mut self, on: Option<&'d str>, set: &'d SelectionSet) -> Result<(), Fault> {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => self.field(on, field)?,
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    self.set(on, &inline.node.selection_set.node)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = self.document.fragments.get(name)
                        && self.spread.insert(name)
                    {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.set(Some(on), &fragment.node.selection_set.node)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, on: Option<&'d str>, field: &'d Positioned<Field>) -> Result<(), Fault> {
        let name = field.node.response_key().node.as_str();
        let first = *self.asked.entry((on, name)).or_insert(field);
        if std::ptr::eq(first, field) || is_same(&first.node, &field.node) {
            return Ok(());
        }
        Err(Fault::Invalid(format!(
            "Fields \"{name}\" conflict: in lines {} and {} of the document they have different fields or arguments. Give one of them an alias.",
            first.pos.line, field.pos.line
        )))
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
        ] {
            assert_eq!(find(&parse_query(document).unwrap()).is_ok(), fine, "{document}");
        }
    }
}
