//! How much a document asks for when all its fragments are written out.
//!
//! A few hundred bytes of fragments that spread each other twice stand for millions of fields, and everything that looks at a
//! document (depth, complexity, validation) walks the written-out form. So it is weighed first, each fragment once.

use std::collections::HashMap;

use async_graphql::Positioned;
use async_graphql::parser::types::{ExecutableDocument, FragmentSpread, Selection, SelectionSet};

use super::{DEPTH, FIELDS, Fault, NESTING};

/// Whether a document may be looked at any further. Fragments count by themselves as well, used or not, since they are checked so.
///
/// # Errors
/// When it asks for too much, or a fragment leads back to itself.
pub fn weigh(document: &ExecutableDocument) -> Result<(), Fault> {
    let mut scale = Scale { document, fragments: HashMap::new() };
    let mut fields = 0_usize;
    let operations = document.operations.iter().map(|(_, operation)| (operation.pos, &operation.node.selection_set));
    let fragments = document.fragments.values().map(|fragment| (fragment.pos, &fragment.node.selection_set));
    let mut sets: Vec<_> = operations.chain(fragments).collect();
    // What is told of a document is the same each time.
    sets.sort_by_key(|(place, _)| *place);
    for (_, set) in sets {
        let weight = scale.set(&set.node)?;
        NESTING.allows(weight.nesting)?;
        DEPTH.allows(weight.depth)?;
        fields = fields.saturating_add(weight.fields);
    }
    FIELDS.allows(fields)
}

/// What a selection asks for.
#[derive(Clone, Copy, Default)]
struct Weight {
    fields: usize,
    /// Fields within each other.
    depth: usize,
    /// Fields, fragments and inline fragments within each other.
    nesting: usize,
}

impl Weight {
    fn beside(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            depth: self.depth.max(other.depth),
            nesting: self.nesting.max(other.nesting),
        }
    }

    /// Of what stands around it, which is a field or not.
    fn within(self, field: bool) -> Self {
        Self {
            fields: self.fields.saturating_add(1),
            depth: self.depth + usize::from(field),
            nesting: self.nesting + 1,
        }
    }
}

struct Scale<'d> {
    document: &'d ExecutableDocument,
    /// What is known of fragments; nothing while one is being weighed.
    fragments: HashMap<&'d str, Option<Weight>>,
}

impl<'d> Scale<'d> {
    fn set(&mut self, set: &'d SelectionSet) -> Result<Weight, Fault> {
        set.items.iter().try_fold(Weight::default(), |sum, item| Ok(sum.beside(self.selection(&item.node)?)))
    }

    fn selection(&mut self, selection: &'d Selection) -> Result<Weight, Fault> {
        match selection {
            Selection::Field(field) => Ok(self.set(&field.node.selection_set.node)?.within(true)),
            Selection::InlineFragment(inline) => Ok(self.set(&inline.node.selection_set.node)?.within(false)),
            Selection::FragmentSpread(spread) => self.fragment(spread),
        }
    }

    fn fragment(&mut self, spread: &'d Positioned<FragmentSpread>) -> Result<Weight, Fault> {
        let name = spread.node.fragment_name.node.as_str();
        match self.fragments.get(name) {
            Some(Some(weight)) => return Ok(*weight),
            Some(None) => {
                return Err(Fault::invalid(format!("The fragment `{name}` leads back to itself."), [spread.pos]));
            }
            None => {}
        }
        // One that is not there is told by validation.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Weight::default().within(false)) };
        self.fragments.insert(name, None);
        let weight = self.set(&fragment.node.selection_set.node)?.within(false);
        self.fragments.insert(name, Some(weight));
        Ok(weight)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::super::{DEPTH, FIELDS, Fault, NESTING};
    use super::weigh;

    fn weighed(query: &str) -> Result<(), String> {
        weigh(&parse_query(query).unwrap()).map_err(|fault| match fault {
            Fault::TooMuch { limit, .. } => limit.name.to_owned(),
            fault @ Fault::Invalid { .. } => fault.to_string(),
        })
    }

    fn too_much(name: &str) -> Result<(), String> {
        Err(name.to_owned())
    }

    #[test]
    fn fragments_that_double_are_weighed_and_not_walked() {
        let mut doubling = String::new();
        for level in 0..24 {
            doubling.push_str(&format!(" fragment F{level} on Query {{ ...F{0} ...F{0} }}", level + 1));
        }
        doubling.push_str(" fragment F24 on Query { server { version } }");
        assert_eq!(weighed(&format!("{{ ...F0 }}{doubling}")), too_much("fields"));
        assert_eq!(weighed(&format!("{{ a }}{doubling}")), too_much("fields"), "also if nobody uses them");
    }

    #[test]
    fn circles_are_told() {
        for circle in ["{ ...A }", "{ a }"] {
            let circle = format!("{circle} fragment A on Query {{ ...B }} fragment B on Query {{ a ...A }}");
            let told = weighed(&circle).unwrap_err();
            assert!(told.contains("leads back to itself. [line 1, column "), "{told}");
        }
    }

    #[test]
    fn the_limits_are_where_they_say() {
        let fields = |count: usize| format!("{{ {} }}", "a ".repeat(count));
        assert_eq!(weighed(&fields(FIELDS.max)), Ok(()));
        assert_eq!(weighed(&fields(FIELDS.max + 1)), too_much("fields"));
        let deep = |levels: usize| format!("{{ a {} }}", "{ a ".repeat(levels - 1) + &"}".repeat(levels - 1));
        assert_eq!(weighed(&deep(DEPTH.max)), Ok(()));
        assert_eq!(weighed(&deep(DEPTH.max + 1)), too_much("depth"));
        // Through a fragment, a field deep in it is as deep.
        let spread = format!("{{ a {{ ...F }} }} fragment F on Query {}", deep(DEPTH.max));
        assert_eq!(weighed(&spread), too_much("depth"));
        let chain = |links: usize| {
            let link = |number| format!("fragment F{number} on Query {{ ...F{} }} ", number + 1);
            format!("{{ ...F1 }} {} fragment F{links} on Query {{ a }}", (1..links).map(link).collect::<String>())
        };
        // Each fragment counts with all below it, so a long chain has too many fields before it is too deep.
        assert_eq!(weighed(&chain(NESTING.max - 4)), Ok(()));
        assert_eq!(weighed(&chain(NESTING.max)), too_much("nesting"));
    }
}
