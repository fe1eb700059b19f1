//! `LECTERN_GRAPHQL_DOCUMENTS` and `LECTERN_GRAPHQL_POLICY`: which documents are trusted, and whether others are executed as well.

use std::path::Path;
use std::sync::Arc;

use crate::graphql::documents::Documents;

/// What the settings mean; what is wrong with them goes to the list.
pub(super) fn read(file: Option<&Path>, policy: &str, mistakes: &mut Vec<String>) -> Arc<Documents> {
    let mut documents = Documents::built_in();
    if let Some(file) = file {
        match Documents::read(file) {
            Ok(all) => documents = all,
            Err(wrong) => mistakes
                .extend(wrong.iter().map(|what| format!("LECTERN_GRAPHQL_DOCUMENTS: {} {what}", file.display()))),
        }
    }
    match policy {
        "any" => {}
        "trusted" => documents.only = true,
        other => mistakes.push(format!("LECTERN_GRAPHQL_POLICY is `{other}`; it must be any or trusted")),
    }
    Arc::new(documents)
}
