//! The gate that each document passes before it is executed, whichever door it came through: what it costs, and whether it may ask
//! about the schema.
//!
//! The library looks at every field of an execution for the sake of its extensions, which takes longer than the fields themselves. So
//! the gate is a schema of its own, at which a document is stopped when it has passed; then it is executed by one without.
//!
//! What the library says about a document goes through here too. It has a code, it is cut where it becomes a flood, and it names
//! what was meant only for who may know the schema.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery, NextValidation,
};
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::{
    Error, ErrorExtensionValues, ErrorExtensions, ObjectType, Positioned, Request as Operation, Response,
    SDLExportOptions, Schema, SchemaBuilder, ServerError, ServerResult, SubscriptionType, ValidationMode,
    ValidationResult, Variables,
};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use super::answer;
use super::error::Code;
use super::known::Document;
use super::limits::COMPLEXITY;
use super::root::Root;
use super::rounds;
use super::terms::Terms;
use super::variables;
use crate::observe::record::Record;

/// Faults of a document that are told at once.
const TOLD: usize = 20;
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
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await.map_err(invalid)?;
        if may_introspect(ctx) || !introspects(&document) {
            return Ok(document);
        }
        Err(at_no_place(closed()))
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await.map_err(|errors| told(ctx, errors))?;
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
        let gate = build(Root::new(queries())).extension(Gate).finish();
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
        let operation = match self.execute_again(operation.into()).await {
            Ok(answer) => return answer,
            Err(operation) => operation,
        };
        match self.pass(operation, false).await {
            Ok(operation) => rounds::execute(operation, |operation| self.schema.execute(operation)).await,
            Err(refused) => refused,
        }
    }

    /// Executes anything that passes, also what answers more than once.
    pub fn execute_stream(&self, operation: impl Into<Operation>) -> BoxStream<'static, Response> {
        let (this, operation) = (self.clone(), operation.into());
        let answers = async move {
            let operation = match this.execute_again(operation).await {
                Ok(answer) => return once(answer),
                Err(operation) => operation,
            };
            match this.pass(operation, true).await {
                Ok(operation) => rounds::execute_stream(&this.schema, operation),
                Err(refused) => once(refused),
            }
        };
        stream::once(answers).flatten().boxed()
    }

    /// Executes what has passed before, without looking at it again; gives back everything else.
    async fn execute_again(&self, operation: Operation) -> Result<Response, Operation> {
        let Some(document) = Document::of(&operation).cloned() else { return Err(operation) };
        let Some(cost) = known_cost(&document, &operation) else { return Err(operation) };
        let Some(definition) = document.definition(operation.operation_name.as_deref()) else { return Err(operation) };
        let Some(run) = self.root.direct(&document, definition) else { return Err(operation) };
        pay(&operation, cost);
        Ok(rounds::execute(operation, |operation| run.execute(operation)).await)
    }

    /// The operation, if it passes; or why it does not. What answers more than once pays only where it is answered so.
    async fn pass(&self, mut operation: Operation, streams: bool) -> Result<Operation, Response> {
        let mut shown = Operation::new(operation.query.clone()).variables(operation.variables.clone());
        shown.operation_name.clone_from(&operation.operation_name);
        let document = Document::of(&operation).cloned();
        if let Some(document) = &document {
            shown.set_parsed_query(document.read.clone());
        }
        let cost = Cost::default();
        shown = shown.data(cost.clone());
        if let Some(terms) = terms(&operation) {
            shown = shown.data(terms.clone());
        }
        let shown = self.gate.execute(shown).await;
        if shown.is_err() {
            return Err(shown);
        }
        let meant = document.as_ref().and_then(|document| document.meant(operation.operation_name.as_deref()));
        if let Some(document) = &document {
            self.look_at_variables(document, &mut operation).map_err(Response::from_errors)?;
        }
        let cost = cost.0.load(Ordering::Relaxed);
        if streams || meant.is_none_or(|meant| meant.kind != OperationType::Subscription) {
            pay(&operation, cost);
        }
        let passes = meant.and_then(|meant| meant.passes.as_ref());
        if let Some((passes, alike)) = passes.and_then(|passes| Some((passes, passes.alike(&operation.variables)?))) {
            passes.note(alike, cost);
        }
        Ok(operation)
    }

    /// Has the operation that is meant executed with the variables that are given, unless something is wrong with them.
    fn look_at_variables(&self, document: &Document, operation: &mut Operation) -> Result<(), Vec<ServerError>> {
        let Some(meant) = document.definition(operation.operation_name.as_deref()) else { return Ok(()) };
        let (values, read) = (&operation.variables, &document.read);
        let faults = self.root.registry().map(|registry| variables::faults(registry, read, &meant.node, values));
        let faults: Vec<_> = faults.into_iter().flatten().take(TOLD).map(invalid).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let (mut meant, mut fragments) = (meant.clone(), read.fragments.clone());
        variables::leave_out_absent(&mut meant.node, &mut fragments, values);
        operation.operation_name = None;
        operation.set_parsed_query(ExecutableDocument { operations: DocumentOperations::Single(meant), fragments });
        Ok(())
    }
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
fn may_introspect(ctx: &ExtensionContext<'_>) -> bool {
    ctx.data_opt::<Terms>().is_none_or(Terms::may_introspect)
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

/// What is told of the faults of a document.
fn told(ctx: &ExtensionContext<'_>, mut errors: Vec<ServerError>) -> Vec<ServerError> {
    let knows = may_introspect(ctx);
    answer::sort(&mut errors);
    let count = errors.len();
    let mut told: Vec<_> = errors.into_iter().take(TOLD).map(invalid).collect();
    for error in &mut told {
        // The library suggests arguments of directives whatever it is told.
        if let Some((said, _)) = error.message.split_once(" Did you mean") {
            error.message = said.to_owned();
        }
        if knows && let Some(meant) = meant(ctx, &error.message) {
            error.message.push_str(&format!(" Did you mean \"{meant}\"?"));
        }
    }
    if count > TOLD {
        told.push(invalid(ServerError::new(format!("There are {} more like these.", count - TOLD), None)));
    }
    told
}

/// The field that was meant by one that is not there. By ourselves, since the library looks for each of thousands.
fn meant<'c>(ctx: &'c ExtensionContext<'_>, message: &str) -> Option<&'c str> {
    let (field, rest) = message.strip_prefix("Unknown field \"")?.split_once("\" on type \"")?;
    let fields = ctx.schema_env.registry.types.get(rest.split('"').next()?)?.fields()?;
    actors::content::format::nearest(field, fields.keys().map(String::as_str))
}
