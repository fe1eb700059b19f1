//! Documents that were looked at before. Clients send the same few all day, so the last ones are kept as they were read.
//!
//! One with texts in it is not: it is rarely sent twice, and a text may be a password.

use std::any::TypeId;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{Name, Positioned, Request as Operation, ServerError};
use lru::LruCache;

use super::limits::{self, Fault};
use super::passes::Passes;
use super::shape::{Shape, Types};
use super::validator::Validator;

/// So many are kept.
const MANY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(511);
/// The longest that is kept, in bytes. What is read of it takes some twenty times that.
const LONGEST: usize = 4 << 10;

/// A document that may be looked at, as it was read.
pub struct Document {
    pub read: ExecutableDocument,
    /// What is wrong with it, if it is not to be executed.
    pub faults: Vec<ServerError>,
    operations: Vec<Meant>,
}

/// An operation of a document.
pub struct Meant {
    /// The name that the client's program gave it.
    pub name: Option<Arc<str>>,
    pub kind: OperationType,
    pub shape: Arc<Shape>,
    /// With what it has passed the gate.
    pub passes: Option<Passes>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").finish_non_exhaustive()
    }
}

impl Document {
    fn new(types: &Types, read: ExecutableDocument, faults: Vec<ServerError>) -> Self {
        let meant = |name: Option<&str>, operation: &OperationDefinition| Meant {
            name: name.map(Into::into),
            kind: operation.ty,
            shape: Arc::new(Shape::of(types, &read, operation)),
            passes: Passes::of(&read, operation),
        };
        let operations = read.operations.iter();
        let operations = operations.map(|(name, operation)| meant(name.map(|name| name.as_str()), &operation.node));
        Self { operations: operations.collect(), faults, read }
    }

    /// That of an operation; none if it cannot be read.
    #[must_use]
    pub fn of(operation: &Operation) -> Option<&Arc<Self>> {
        operation.data.get(&TypeId::of::<Arc<Self>>())?.downcast_ref()
    }

    /// The operations that may be meant by a name, or without one.
    pub fn named<'d>(&'d self, name: Option<&'d str>) -> impl Iterator<Item = &'d Meant> {
        self.operations.iter().filter(move |meant| name.is_none() || meant.name.as_deref() == name)
    }

    /// The one that is meant; none if it is not clear which.
    #[must_use]
    pub fn meant(&self, name: Option<&str>) -> Option<&Meant> {
        let mut meant = self.operations.iter().filter(|meant| name.is_none() || meant.name.as_deref() == name);
        meant.next().filter(|_| meant.next().is_none())
    }

    /// The definition of the one that is meant.
    ///
    /// # Errors
    /// When it is not clear which, or there is none of that name.
    pub fn definition(&self, name: Option<&str>) -> Result<&Positioned<OperationDefinition>, Fault> {
        let mut meant =
            self.read.operations.iter().filter(|(known, _)| name.is_none() || known.map(Name::as_str) == name);
        let why = match (meant.next(), meant.next()) {
            (Some((_, definition)), None) => return Ok(definition),
            (None, _) => "`operationName` names no operation of the document.",
            _ => "The document has several operations: say by `operationName` which is meant.",
        };
        Err(Fault::invalid(why, []))
    }
}

/// Those that are kept. Cheap to clone.
#[derive(Clone)]
pub struct KnownDocuments {
    types: Arc<Types>,
    validator: Arc<Validator>,
    known: Arc<Mutex<LruCache<String, Arc<Document>>>>,
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
        let known = Arc::new(Mutex::new(LruCache::new(MANY)));
        Self { types: Arc::new(Types::of(sdl)), validator: Arc::new(Validator::of(sdl)), known }
    }

    /// Whether the document of an operation may be looked at any further, as by [`limits::read`]. If it can be read, the
    /// operation has its [`Document`] from then on.
    ///
    /// # Errors
    /// Why it may not.
    pub fn weigh(&self, operation: &mut Operation) -> Result<(), Fault> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(operation.query.as_str()).cloned();
        if let Some(known) = known {
            operation.data.insert(known);
            return Ok(());
        }
        let Some(read) = limits::read(&operation.query)? else { return Ok(()) };
        let faults = self.validator.faults(&operation.query);
        let document = Arc::new(Document::new(&self.types, read, faults));
        if operation.query.len() <= LONGEST && !operation.query.contains('"') {
            let text = operation.query.clone();
            self.known.lock().unwrap_or_else(PoisonError::into_inner).put(text, Arc::clone(&document));
        }
        operation.data.insert(document);
        Ok(())
    }

    /// The document of an operation, also of one that came through no door.
    ///
    /// # Errors
    /// Why it cannot be read, or must not be.
    pub fn document(&self, operation: &mut Operation) -> Result<Arc<Document>, Vec<ServerError>> {
        if Document::of(operation).is_none() {
            self.weigh(operation).map_err(|fault| vec![fault.into_error()])?;
        }
        Document::of(operation).cloned().ok_or_else(|| self.unreadable(&operation.query))
    }

    /// Why a document cannot be read.
    fn unreadable(&self, text: &str) -> Vec<ServerError> {
        let faults = self.validator.faults(text);
        match parse_query(text) {
            Err(error) if faults.is_empty() => vec![error.into()],
            _ => faults,
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Request as Operation;

    use super::{Document, KnownDocuments, LONGEST};

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
    fn the_operation_that_is_meant_is_found_by_its_name() {
        let documents = KnownDocuments::new("type Query { a: Int }");
        let mut two = Operation::new("query A { a } query B { a }");
        let document = documents.document(&mut two).unwrap();
        for (name, wanted) in [(None, 2), (Some("A"), 1), (Some("B"), 1), (Some("C"), 0)] {
            assert_eq!(document.named(name).count(), wanted, "{name:?}");
            assert_eq!(document.meant(name).is_some(), wanted == 1, "{name:?}");
            assert_eq!(document.definition(name).is_ok(), wanted == 1, "{name:?}");
        }
        assert!(Document::of(&two).is_some() && documents.document(&mut Operation::new("{ a")).is_err());
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
