//! The gate that each document passes before it is executed, whichever door it came through: whether it is valid and has the variables
//! that it needs, whether it may ask about the schema, and what it costs.
//!
//! What it costs the library finds out. It looks at every field of an execution for the sake of its extensions, which takes longer than
//! the fields themselves. So the gate is a schema of its own, at which an operation is stopped when its cost is known; then it is
//! executed by one without.
//!
//! What was meant by a field that is not there is told only to who may know the schema.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextValidation};
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::registry::Registry;
use async_graphql::{
    Error, ErrorExtensionValues, ErrorExtensions, ObjectType, Positioned, Request as Operation, Response,
    SDLExportOptions, Schema, SchemaBuilder, ServerError, SubscriptionType, ValidationMode, ValidationResult,
    Variables,
};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use super::error::{self, Code};
use super::known::Document;
use super::limits::COMPLEXITY;
use super::root::{Direct, Root};
use super::rounds;
use super::terms::Terms;
use super::validator::TOLD;
use super::variables;
use crate::observe::record::Record;

/// What asks about the schema.
pub const INTROSPECTION: [&str; 2] = ["__schema", "__type"];

/// The gate.
#[derive(Debug)]
pub struct Gate;

impl ExtensionFactory for Gate {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for Gate {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await.map_err(|errors| errors.into_iter().map(invalid).collect::<Vec<_>>())?;
        COMPLEXITY.allows(result.complexity).map_err(|fault| vec![fault.into_error()])?;
        if let Some(cost) = ctx.data_opt::<Cost>() {
            cost.0.store(result.complexity, Ordering::Relaxed);
        }
        Ok(result)
    }

    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        // It has passed. What is behind the gate executes it.
        Response::default()
    }
}

/// What a document costs that has passed.
#[derive(Clone, Default)]
struct Cost(Arc<AtomicUsize>);

/// A schema behind its gate. Cheap to clone.
pub struct Gated<Q, M, S> {
    gate: Schema<Root<Q>, M, S>,
    schema: Schema<Root<Q>, M, S>,
    root: Root<Q>,
}

impl<Q: ObjectType + 'static, M: ObjectType + 'static, S: SubscriptionType + 'static> Gated<Q, M, S> {
    /// The schema that this builds for its queries.
    pub fn new(queries: impl Fn() -> Q, build: impl Fn(Root<Q>) -> SchemaBuilder<Root<Q>, M, S>) -> Self {
        let root = Root::new(queries());
        // Whether the document is valid is known before it comes to the gate.
        let gate = build(Root::new(queries())).validation_mode(ValidationMode::Fast).extension(Gate).finish();
        let schema = build(root.clone()).validation_mode(ValidationMode::Fast).finish();
        root.look_around(&schema);
        Self { gate, schema, root }
    }

    /// The schema as text.
    #[must_use]
    pub fn sdl_with_options(&self, options: SDLExportOptions) -> String {
        self.schema.sdl_with_options(options)
    }

    /// Executes a query or a mutation, if it passes.
    pub async fn execute(&self, operation: impl Into<Operation>) -> Response {
        let operation = operation.into();
        let document = Document::of(&operation).cloned();
        match document.as_deref().and_then(|document| self.again(document, &operation)) {
            Some(run) => rounds::execute(operation, |operation| run.execute(operation)).await,
            // Elsewhere, since its future is several times as large as the other.
            None => Box::pin(self.execute_new(operation)).await,
        }
    }

    async fn execute_new(&self, operation: Operation) -> Response {
        match self.pass(operation, false).await {
            Ok(operation) => rounds::execute(operation, |operation| self.schema.execute(operation)).await,
            Err(refused) => refused,
        }
    }

    /// Executes anything that passes, also what answers more than once.
    pub fn execute_stream(&self, operation: impl Into<Operation>) -> BoxStream<'static, Response> {
        let (this, operation) = (self.clone(), operation.into());
        let answers = async move {
            let document = Document::of(&operation).cloned();
            if let Some(run) = document.as_deref().and_then(|document| this.again(document, &operation)) {
                return once(rounds::execute(operation, |operation| run.execute(operation)).await);
            }
            match this.pass(operation, true).await {
                Ok(operation) => rounds::execute_stream(&this.schema, operation),
                Err(refused) => once(refused),
            }
        };
        stream::once(answers).flatten().boxed()
    }

    /// A way to execute what has passed before, without looking at it again; none for everything else. Whoever asks has paid then.
    fn again<'r>(&'r self, document: &'r Document, operation: &Operation) -> Option<Direct<'r, Q>> {
        let cost = known_cost(document, operation)?;
        let definition = document.definition(operation.operation_name.as_deref()).ok()?;
        let run = self.root.direct(document, definition)?;
        pay(operation, cost);
        Some(run)
    }

    /// The operation, if it passes; or why it does not. What answers more than once pays only where it is answered so.
    async fn pass(&self, mut operation: Operation, streams: bool) -> Result<Operation, Response> {
        let Some(document) = Document::of(&operation).cloned() else {
            let error = error::internal("a document was to be executed that was not read");
            return Err(Response::from_errors(vec![at_no_place(error)]));
        };
        let name = operation.operation_name.take();
        let meant = document.meant(name.as_deref());
        let definition = self.look_at(&document, name.as_deref(), &operation).map_err(Response::from_errors)?;
        let alone = alone(&document, definition, &operation.variables);
        let cost = self.cost(alone.clone(), operation.variables.clone()).await?;
        operation.set_parsed_query(alone);
        if streams || meant.is_none_or(|meant| meant.kind != OperationType::Subscription) {
            pay(&operation, cost);
        }
        let passes = meant.and_then(|meant| meant.passes.as_ref());
        if let Some((passes, alike)) = passes.and_then(|passes| Some((passes, passes.alike(&operation.variables)?))) {
            passes.note(alike, cost);
        }
        Ok(operation)
    }

    /// The operation of a valid document that is meant, if it has the variables that it needs and asks nothing that is closed.
    fn look_at<'d>(
        &self,
        document: &'d Document,
        name: Option<&str>,
        operation: &Operation,
    ) -> Result<&'d Positioned<OperationDefinition>, Vec<ServerError>> {
        let knows = may_introspect(operation);
        if !knows && introspects(&document.read) {
            return Err(vec![at_no_place(closed())]);
        }
        if !document.faults.is_empty() {
            let registry = self.root.registry().filter(|_| knows);
            return Err(document.faults.iter().map(|fault| hinted(registry, fault)).collect());
        }
        let definition = document.definition(name).map_err(|fault| vec![fault.into_error()])?;
        let faults =
            self.root.registry().map(|registry| variables::faults(registry, &definition.node, &operation.variables));
        let faults: Vec<_> = faults.into_iter().flatten().take(TOLD).map(invalid).collect();
        if faults.is_empty() { Ok(definition) } else { Err(faults) }
    }

    /// What a valid operation costs, unless that is too much.
    async fn cost(&self, operation: ExecutableDocument, variables: Variables) -> Result<usize, Response> {
        let cost = Cost::default();
        let mut shown = Operation::new(String::new()).variables(variables).data(cost.clone());
        shown.set_parsed_query(operation);
        let shown = self.gate.execute(shown).await;
        if shown.is_err() { Err(shown) } else { Ok(cost.0.load(Ordering::Relaxed)) }
    }
}

/// An operation as a document of its own, without what its variables leave out.
fn alone(document: &Document, meant: &Positioned<OperationDefinition>, values: &Variables) -> ExecutableDocument {
    let (mut meant, mut fragments) = (meant.clone(), document.read.fragments.clone());
    variables::leave_out_absent(&mut meant.node, &mut fragments, values);
    ExecutableDocument { operations: DocumentOperations::Single(meant), fragments }
}

impl<Q, M, S> Clone for Gated<Q, M, S> {
    fn clone(&self) -> Self {
        Self { gate: self.gate.clone(), schema: self.schema.clone(), root: self.root.clone() }
    }
}

impl<Q, M, S> fmt::Debug for Gated<Q, M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gated").finish_non_exhaustive()
    }
}

fn once(answer: Response) -> BoxStream<'static, Response> {
    stream::once(std::future::ready(answer)).boxed()
}

/// What an operation costs, if one with such variables has passed before.
fn known_cost(document: &Document, operation: &Operation) -> Option<usize> {
    let passes = document.meant(operation.operation_name.as_deref())?.passes.as_ref()?;
    passes.cost(&passes.alike(&operation.variables)?)
}

fn terms(operation: &Operation) -> Option<&Terms> {
    operation.data.get(&TypeId::of::<Terms>())?.downcast_ref()
}

/// Whoever asks pays.
fn pay(operation: &Operation, cost: usize) {
    if let Some(terms) = terms(operation) {
        terms.pay(cost as u64);
    }
    if let Some(record) = Record::current() {
        record.costs(cost);
    }
}

/// Whether who asks may know the schema. Nobody asks but through a door, which has terms.
fn may_introspect(operation: &Operation) -> bool {
    terms(operation).is_none_or(Terms::may_introspect)
}

/// An error of no place in the document.
pub fn at_no_place(error: Error) -> ServerError {
    let mut told = ServerError::new(error.message, None);
    told.extensions = error.extensions;
    told
}

/// The schema is not shown.
fn closed() -> Error {
    let message = "This site does not show its schema to you. Sign in, if you have not, or ask its staff; `schema.graphql` comes with Lectern.";
    Error::new(message).extend_with(|_, extensions| extensions.set("code", Code::IntrospectionClosed))
}

fn introspects(document: &ExecutableDocument) -> bool {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    operations.chain(fragments).any(asks_for_schema)
}

fn asks_for_schema(set: &Positioned<SelectionSet>) -> bool {
    set.node.items.iter().any(|item| match &item.node {
        Selection::Field(field) => {
            INTROSPECTION.contains(&field.node.name.node.as_str()) || asks_for_schema(&field.node.selection_set)
        }
        Selection::InlineFragment(inline) => asks_for_schema(&inline.node.selection_set),
        Selection::FragmentSpread(_) => false,
    })
}

/// With a code, if it has none.
fn invalid(mut error: ServerError) -> ServerError {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_none() {
        extensions.set("code", Code::InvalidDocument);
    }
    error
}

/// A fault of a document, with the field that was meant if who asks may know the schema.
fn hinted(registry: Option<&Registry>, fault: &ServerError) -> ServerError {
    let mut fault = fault.clone();
    if let Some(meant) = registry.and_then(|registry| meant(registry, &fault.message)) {
        fault.message.push_str(&format!(" Did you mean `{meant}`?"));
    }
    fault
}

/// The field that was meant by one that is not there.
fn meant<'r>(registry: &'r Registry, message: &str) -> Option<&'r str> {
    let (kind, field) = message.strip_prefix("Type `")?.split_once("` does not have a field `")?;
    let fields = registry.types.get(kind)?.fields()?;
    actors::content::format::nearest(field.trim_end_matches("`."), fields.keys().map(String::as_str))
}
