//! The root of all queries, and how an operation that has passed before is executed: from the root on by [quick objects](super::quick), without
//! what the library does before that, which for a small query takes longer than the query.
//!
//! The library has no public way to begin there, but its macros have one, and so its parts are public: an environment of the schema and one
//! of the operation. The first is taken from a query that asks for a field that is not there.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::mem;
use std::sync::{Arc, OnceLock, PoisonError};

use async_graphql::extensions::Extensions;
use async_graphql::parser::types::{Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Name, ObjectType, OutputType, Positioned, QueryEnv, QueryEnvInner,
    Request as Operation, Response, Schema, SchemaEnv, ServerResult, SubscriptionType, Value,
};
use futures_util::FutureExt as _;

use super::known::Document;
use super::quick;
use super::variables;

/// The object that all queries ask. Cheap to clone.
pub struct Root<Q>(Arc<Entry<Q>>);

struct Entry<Q> {
    query: Q,
    surroundings: OnceLock<Surroundings>,
}

/// What surrounds all queries.
struct Surroundings {
    schema: SchemaEnv,
    /// None, but they are a value that only the library makes.
    extensions: Extensions,
}

impl<Q> Clone for Root<Q> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Q> fmt::Debug for Root<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root").finish_non_exhaustive()
    }
}

impl<Q: ObjectType + 'static> Root<Q> {
    pub fn new(query: Q) -> Self {
        Self(Arc::new(Entry { query, surroundings: OnceLock::new() }))
    }

    /// Takes what surrounds the queries of the schema that has this root.
    pub fn look_around<M, S>(&self, schema: &Schema<Self, M, S>)
    where
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        // It waits for nothing, and nobody has looked whether there is such a field.
        let _ = schema.execute(Operation::new("{ nothing }")).now_or_never();
    }

    /// The types of the schema.
    #[must_use]
    pub fn registry(&self) -> Option<&Registry> {
        self.0.surroundings.get().map(|surroundings| &surroundings.schema.registry)
    }

    /// A way to execute an operation of a document that is valid; none for what is not [plain](quick::plain).
    pub fn direct<'r>(
        &'r self,
        document: &'r Document,
        definition: &'r Positioned<OperationDefinition>,
    ) -> Option<Direct<'r, Q>> {
        let surroundings = self.0.surroundings.get()?;
        quick::plain(&definition.node.selection_set.node)?;
        Some(Direct { query: &self.0.query, surroundings, document, definition })
    }
}

/// A way to execute an operation.
pub struct Direct<'r, Q> {
    query: &'r Q,
    surroundings: &'r Surroundings,
    document: &'r Document,
    definition: &'r Positioned<OperationDefinition>,
}

impl<Q: ObjectType> Direct<'_, Q> {
    pub async fn execute(self, mut operation: Operation) -> Response {
        let mut definition = own_operation(self.definition);
        let mut fragments = own_fragments(&self.document.read.fragments);
        variables::leave_out_absent(&mut definition.node, &mut fragments, &operation.variables);
        let env = QueryEnv::new(QueryEnvInner {
            extensions: self.surroundings.extensions.clone(),
            variables: operation.variables,
            operation_name: operation.operation_name,
            operation: definition,
            fragments,
            uploads: operation.uploads,
            session_data: Arc::default(),
            query_data: Arc::new(mem::take(&mut operation.data)),
            http_headers: std::sync::Mutex::default(),
            introspection_mode: operation.introspection_mode,
            errors: std::sync::Mutex::default(),
        });
        let ctx = env.create_context(&self.surroundings.schema, None, &env.operation.node.selection_set, None);
        let fields = quick::plain(&ctx.item.node).unwrap_or_default();
        let mut answer = Response::new(quick::fields_of(ctx, self.query, &fields).await);
        let errors = mem::take(&mut *env.errors.lock().unwrap_or_else(PoisonError::into_inner));
        answer.errors.extend(errors);
        answer
    }
}

/// A copy that shares no names with others. Each field of each answer counts up how often its name is used; if all requests did that with
/// the same names, the processors would wait for each other.
fn own_operation(definition: &Positioned<OperationDefinition>) -> Positioned<OperationDefinition> {
    let mut own = definition.clone();
    own_names(&mut own.node.selection_set.node);
    own
}

fn own_fragments(
    fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
) -> HashMap<Name, Positioned<FragmentDefinition>> {
    let mut own = fragments.clone();
    own.values_mut().for_each(|fragment| own_names(&mut fragment.node.selection_set.node));
    own
}

fn own_names(set: &mut SelectionSet) {
    for item in &mut set.items {
        match &mut item.node {
            Selection::Field(Positioned { node: field, .. }) => {
                let key = field.alias.as_mut().unwrap_or(&mut field.name);
                key.node = Name::new(key.node.as_str());
                own_names(&mut field.selection_set.node);
            }
            Selection::InlineFragment(inline) => own_names(&mut inline.node.selection_set.node),
            Selection::FragmentSpread(_) => {}
        }
    }
}

impl<Q: ObjectType> OutputType for Root<Q> {
    fn type_name() -> Cow<'static, str> {
        Q::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.query.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Q::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        self.0.query.resolve(ctx, field).await
    }
}

impl<Q: ObjectType> ContainerType for Root<Q> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        self.0.surroundings.get_or_init(|| Surroundings {
            schema: ctx.schema_env.clone(),
            extensions: ctx.query_env.extensions.clone(),
        });
        self.0.query.resolve_field(ctx).await
    }

    async fn find_entity(&self, ctx: &Context<'_>, params: &Value) -> ServerResult<Option<Value>> {
        self.0.query.find_entity(ctx, params).await
    }
}

impl<Q: ObjectType> ObjectType for Root<Q> {}
