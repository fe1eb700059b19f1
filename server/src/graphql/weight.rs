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

/// Whether a document is short enough to be parsed.
///
/// # Errors
/// Why it is not.
pub fn too_long(query: &str) -> Result<(), String> {
    match query.len() {
        0..=MAX_BYTES => Ok(()),
        length => Err(format!("The document has {length} bytes; at most {MAX_BYTES} are taken.")),
    }
}

/// Whether a document may be looked at any further.
///
/// # Errors
/// Why it may not.
pub fn too_large(document: &ExecutableDocument) -> Result<(), String> {
    match Scale::new(document).document() {
        0..=MAX_FIELDS => Ok(()),
        fields => Err(format!(
            "The document asks for {fields} fields with its fragments written out; at most {MAX_FIELDS} are taken."
        )),
    }
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
    use async_graphql::parser::parse_query;

    use super::{MAX_BYTES, MAX_FIELDS, too_large, too_long};

    fn is_too_large(query: &str) -> bool {
        too_large(&parse_query(query).unwrap()).is_err()
    }

    #[test]
    fn fragments_that_double_are_weighed_and_not_walked() {
        let mut query = "{ ...F0 }".to_owned();
        for level in 0..60 {
            query.push_str(&format!(" fragment F{level} on Query {{ ...F{0} ...F{0} }}", level + 1));
        }
        query.push_str(" fragment F60 on Query { server { version } }");
        assert!(is_too_large(&query));
    }

    #[test]
    fn circles_end() {
        assert!(!is_too_large("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"));
    }

    #[test]
    fn the_limits_are_where_they_say() {
        let fields = |count: usize| format!("{{ {} }}", "a ".repeat(count));
        assert!(!is_too_large(&fields(MAX_FIELDS)));
        assert!(is_too_large(&fields(MAX_FIELDS + 1)));
        assert!(too_long(&" ".repeat(MAX_BYTES)).is_ok() && too_long(&" ".repeat(MAX_BYTES + 1)).is_err());
    }
}
