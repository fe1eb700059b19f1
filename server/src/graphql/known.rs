//! Documents that were looked at before. Clients send the same few all day, so the last ones are kept as they were read.
//!
//! One with texts in it is not: it is rarely sent twice, and a text may be a password.

use std::any::TypeId;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Request as Operation;
use async_graphql::parser::types::ExecutableDocument;
use lru::LruCache;

use super::limits::{self, Fault};
use super::shape::{Shape, Shapes, Types};

/// So many are kept.
const MANY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(511);
/// The longest that is kept, in bytes. What is read of it takes some twenty times that.
const LONGEST: usize = 4 << 10;

/// A document that may be executed.
struct Known {
    document: ExecutableDocument,
    shapes: Shapes,
}

/// Those that are kept. Cheap to clone.
#[derive(Clone)]
pub struct KnownDocuments {
    types: Arc<Types>,
    known: Arc<Mutex<LruCache<String, Arc<Known>>>>,
}

impl fmt::Debug for KnownDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownDocuments").finish_non_exhaustive()
    }
}

impl KnownDocuments {
    /// An empty one, for a schema that is written down.
    #[must_use]
    pub fn new(sdl: &str) -> Self {
        Self { types: Arc::new(Types::of(sdl)), known: Arc::new(Mutex::new(LruCache::new(MANY))) }
    }

    /// Whether the document of an operation may be looked at any further, as by [`limits::weigh`].
    ///
    /// # Errors
    /// Why it may not.
    pub fn weigh(&self, operation: &mut Operation) -> Result<(), Fault> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(operation.query.as_str()).cloned();
        if let Some(known) = known {
            operation.set_parsed_query(known.document.clone());
            operation.data.insert(known);
            return Ok(());
        }
        limits::weigh(operation)?;
        let Ok(document) = operation.parsed_query() else { return Ok(()) };
        let known = Arc::new(Known { shapes: Shapes::of(&self.types, document), document: document.clone() });
        if operation.query.len() <= LONGEST && !operation.query.contains('"') {
            let text = operation.query.clone();
            self.known.lock().unwrap_or_else(PoisonError::into_inner).put(text, Arc::clone(&known));
        }
        operation.data.insert(known);
        Ok(())
    }

    /// The shape of the answers to an operation; none of one that will not be executed.
    #[must_use]
    pub fn shape(&self, operation: &mut Operation) -> Option<Arc<Shape>> {
        let wanted = TypeId::of::<Arc<Known>>();
        if operation.data.get(&wanted).is_none() {
            // It came through no door.
            self.weigh(operation).ok()?;
        }
        let known = operation.data.get(&wanted)?.downcast_ref::<Arc<Known>>()?;
        known.shapes.meant(operation.operation_name.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Request as Operation;

    use super::{KnownDocuments, LONGEST};

    fn weighed(documents: &KnownDocuments, text: &str) -> bool {
        documents.weigh(&mut Operation::new(text)).is_ok()
    }

    fn keeps(documents: &KnownDocuments, text: &str) -> bool {
        documents.known.lock().unwrap().contains(text)
    }

    #[test]
    fn what_may_be_executed_is_kept_unless_it_is_long_or_has_texts() {
        let documents = KnownDocuments::new("type Query { a: Int }");
        assert!(weighed(&documents, "{ a }") && keeps(&documents, "{ a }"));
        let long = format!("{{ a }} #{}", "-".repeat(LONGEST));
        assert!(weighed(&documents, &long) && !keeps(&documents, &long));
        let text = r#"{ a(password: "b") }"#;
        assert!(weighed(&documents, text) && !keeps(&documents, text));
        assert!(weighed(&documents, "{ a") && !keeps(&documents, "{ a"));
        let deep = format!("{}a{}", "{ a ".repeat(40), "}".repeat(40));
        assert!(!weighed(&documents, &deep) && !weighed(&documents, &deep) && !keeps(&documents, &deep));
    }

    #[test]
    fn those_that_were_not_sent_for_long_give_way() {
        let documents = KnownDocuments::new("type Query { a: Int }");
        assert!(weighed(&documents, "{ a }"));
        for number in 0..511 {
            assert!(weighed(&documents, &format!("{{ a{number} }}")) && weighed(&documents, "{ a }"));
        }
        assert!(weighed(&documents, "{ b }"));
        assert!(keeps(&documents, "{ a }") && keeps(&documents, "{ b }") && !keeps(&documents, "{ a0 }"));
    }
}
