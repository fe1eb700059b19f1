//! How much a document asks for when all its fragments are written out.
//!
//! A few hundred bytes of fragments that spread each other twice stand for millions of fields, and everything that looks at a
//! document (depth, complexity, validation) walks the written-out form. So it is weighed first, each fragment once.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet};
use async_graphql::{Name, Positioned};

/// The most fields of a document with all its fragments written out.
pub const MAX_FIELDS: usize = 5_000;
/// The longest document, in bytes.
pub const MAX_BYTES: usize = 128 << 10;

/// Why a document is not looked at any further; none if it may be.
#[must_use]
pub fn too_heavy(query: &str) -> Option<String> {
    if query.len() > MAX_BYTES {
        return Some(format!("The document has {} bytes; at most {MAX_BYTES} are taken.", query.len()));
    }
    // One that cannot be parsed is told so by its execution.
    let document = async_graphql::parser::parse_query(query).ok()?;
    let fields = Scale::new(&document).document();
    (fields > MAX_FIELDS).then(|| {
        format!("The document asks for {fields} fields with its fragments written out; at most {MAX_FIELDS} are taken.")
    })
}

struct Scale<'d> {
    document: &'d ExecutableDocument,
    /// What is known of fragments; nothing while one is being weighed, which ends circles.
    fragments: HashMap<&'d Name, usize>,
}

impl<'d> Scale<'d> {
    fn new(document: &'d ExecutableDocument) -> Self {
        Self { document, fragments: HashMap::new() }
    }

    fn document(&mut self) -> usize {
        let document = self.document;
        let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
        operations.fold(0, |sum, set| sum.saturating_add(self.set(set)))
    }

    fn set(&mut self, set: &'d SelectionSet) -> usize {
        set.items.iter().fold(0, |sum, item| sum.saturating_add(self.selection(&item.node)))
    }

    fn selection(&mut self, selection: &'d Selection) -> usize {
        match selection {
            Selection::Field(field) => 1usize.saturating_add(self.set(&field.node.selection_set.node)),
            Selection::InlineFragment(inline) => 1usize.saturating_add(self.set(&inline.node.selection_set.node)),
            Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
        }
    }

    fn fragment(&mut self, name: &'d Name) -> usize {
        if let Some(fields) = self.fragments.get(name) {
            return *fields;
        }
        let document = self.document;
        let Some(fragment): Option<&'d Positioned<FragmentDefinition>> = document.fragments.get(name) else { return 1 };
        self.fragments.insert(name, 1);
        let fields = self.set(&fragment.node.selection_set.node).saturating_add(1);
        self.fragments.insert(name, fields);
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, MAX_FIELDS, too_heavy};

    #[test]
    fn fragments_that_double_are_weighed_and_not_walked() {
        let mut query = "{ ...F0 }".to_owned();
        for level in 0..60 {
            query.push_str(&format!(" fragment F{level} on Query {{ ...F{0} ...F{0} }}", level + 1));
        }
        query.push_str(" fragment F60 on Query { server { version } }");
        assert!(too_heavy(&query).is_some());
    }

    #[test]
    fn circles_end() {
        assert_eq!(too_heavy("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"), None);
    }

    #[test]
    fn the_limits_are_where_they_say() {
        let fields = |count: usize| format!("{{ {} }}", "a ".repeat(count));
        assert_eq!(too_heavy(&fields(MAX_FIELDS)), None);
        assert!(too_heavy(&fields(MAX_FIELDS + 1)).is_some());
        assert!(too_heavy(&" ".repeat(MAX_BYTES + 1)).is_some());
    }
}
