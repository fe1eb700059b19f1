//! Executing an operation: the one way from a document to its answer, whichever door it came through.
//!
//! Whatever happens inside, what comes out is an answer whose errors have codes and tell nothing of our insides. A panic ends its
//! operation and nothing else. Each operation is counted, has a span, and says in the log who asked for how long.

use std::any::TypeId;
use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{
    ObjectType, Request as Operation, Response, SDLExportOptions, ServerError, SubscriptionType, Value,
};
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use super::gate::Gated;
use super::known::{Document, KnownDocuments, Meant};
use super::limits::Fault;
use super::shape::Shape;
use super::{answer, context, error};
use crate::graphql::error::Code;
use crate::http::counts::{Counts, Following};
use crate::observe::record::Record;
use crate::observe::{REQUEST, TRACE};

/// From here on an operation is slow enough for a warning.
const SLOW: Duration = Duration::from_secs(2);
/// The longest name of an operation that is noted, in bytes.
const LONGEST_NAME: usize = 64;

/// A schema that answers. Cheap to clone.
pub struct Executor<Q, M, S> {
    schema: Gated<Q, M, S>,
    known: KnownDocuments,
    counts: Option<Counts>,
}

impl<Q, M, S> Clone for Executor<Q, M, S> {
    fn clone(&self) -> Self {
        Self { schema: self.schema.clone(), known: self.known.clone(), counts: self.counts.clone() }
    }
}

impl<Q: ObjectType + 'static, M: ObjectType + 'static, S: SubscriptionType + 'static> Executor<Q, M, S> {
    #[must_use]
    pub fn new(schema: Gated<Q, M, S>) -> Self {
        let known = KnownDocuments::new(&schema.sdl_with_options(SDLExportOptions::new()));
        Self { schema, known, counts: None }
    }

    /// The same, counting what it answers.
    #[must_use]
    pub fn counting(self, counts: Counts) -> Self {
        Self { counts: Some(counts), ..self }
    }

    /// Counts an operation that was not executed.
    pub(crate) fn refused(&self, code: Code) {
        if let Some(counts) = &self.counts {
            counts.refused(code.as_str());
        }
    }

    /// Whether the document of an operation may be looked at any further. One that cannot be parsed may: its execution tells why.
    ///
    /// # Errors
    /// Why it may not.
    pub(crate) fn weigh(&self, operation: &mut Operation) -> Result<(), Fault> {
        self.known.weigh(operation)
    }

    /// The schema as text.
    #[must_use]
    pub fn sdl_with_options(&self, options: SDLExportOptions) -> String {
        self.schema.sdl_with_options(options)
    }

    /// Executes a query or a mutation.
    pub async fn execute(&self, operation: impl Into<Operation>) -> Response {
        let mut operation = operation.into();
        let document = self.known.document(&mut operation);
        let running = Running::begin(&operation, document.as_deref().ok(), self.counts.clone());
        let (span, record) = (running.own_span(), Arc::clone(&running.record));
        // What is around it would otherwise hold it several times over, and moves it about; and the compiler would look through all
        // of it wherever something executes.
        let executing = match document {
            Ok(_) => self.schema.execute(operation).boxed(),
            Err(faults) => ready(Response::from_errors(faults)).boxed(),
        };
        let executed = AssertUnwindSafe(executing).catch_unwind();
        let executed = async {
            let mut answer = executed.await.unwrap_or_else(|_| panicked());
            running.settle(&mut answer);
            answer
        };
        match span {
            Some(span) => record.answer(executed.instrument(span)).await,
            None => executed.await,
        }
    }

    /// Executes an operation of any kind; a subscription answers as often as there is something.
    pub fn execute_stream(&self, operation: impl Into<Operation>) -> BoxStream<'static, Response> {
        let mut operation = operation.into();
        let document = self.known.document(&mut operation);
        let running = Running::begin(&operation, document.as_deref().ok(), self.counts.clone());
        let following = self.counts.as_ref().map(Counts::follow);
        let answers = match document {
            Ok(_) => self.schema.execute_stream(operation),
            Err(faults) => stream::once(ready(Response::from_errors(faults))).boxed(),
        };
        Answers { answers: Some(answers), running, _following: following }.boxed()
    }
}

fn panicked() -> Response {
    let error = error::panicked();
    let mut told = ServerError::new(error.message, None);
    told.extensions = error.extensions;
    Response::from_errors(vec![told])
}

/// An operation under way.
struct Running {
    record: Arc<Record>,
    span: Span,
    /// Whether that is the span of the request, in which everything happens anyway.
    nested: bool,
    shape: Option<Arc<Shape>>,
    counts: Option<Counts>,
    begun: Instant,
}

impl Running {
    fn begin(operation: &Operation, document: Option<&Document>, counts: Option<Counts>) -> Self {
        let meant = document.and_then(|document| document.meant(operation.operation_name.as_deref()));
        let shape = meant.map(|meant| Arc::clone(&meant.shape));
        let nested = Record::current().is_some();
        let record = Record::of_operation();
        let (kind, name) = (meant.map(|meant| word(meant.kind)), meant.and_then(named));
        let request = operation.data.get(&TypeId::of::<context::Request>());
        let request = request.and_then(|data| data.downcast_ref::<context::Request>());
        record.operation(kind, name.clone(), request.and_then(|request| request.viewer.user()));
        let (kind, name) = (kind.unwrap_or("unknown"), name.as_deref().unwrap_or_default());
        // On a web socket the operation is what has an id; over HTTP the request has it already.
        let log = if nested {
            Span::current()
        } else {
            tracing::error_span!(target: REQUEST, parent: None, "request", request.id = record.id.as_str())
        };
        let span = tracing::debug_span!(
            target: TRACE, parent: &log, "operation",
            otel.name = format!("{kind} {name}").trim_end(), graphql.operation.type = kind, graphql.operation.name = name
        );
        let (span, nested) = if span.is_disabled() { (log, nested) } else { (span, false) };
        Self { record, span, nested, shape, counts, begun: Instant::now() }
    }

    /// The span to execute it in; none if that is done already.
    fn own_span(&self) -> Option<Span> {
        (!self.nested).then(|| self.span.clone())
    }

    /// Sees to it that an answer says nothing that it should not and has its shape, and notes what it says.
    fn settle(&self, answer: &mut Response) {
        let nothing = answer.data == Value::Null;
        answer::sort(&mut answer.errors);
        for error in &mut answer.errors {
            let code = answer::settle(error);
            self.record.failed(code);
            if nothing
                && error.path.is_empty()
                && let Some(counts) = &self.counts
            {
                counts.refused(code.as_str());
            }
        }
        if let Some(shape) = &self.shape {
            shape.complete(answer);
        }
    }
}

impl Drop for Running {
    /// However it ended: answered, stopped by its client, or dropped with its connection.
    fn drop(&mut self) {
        let (facts, took) = (self.record.facts(), self.begun.elapsed());
        let kind = facts.kind.unwrap_or("unknown");
        if let Some(counts) = &self.counts {
            counts.ended(kind, facts.code, took);
        }
        let follows = kind == "subscription";
        if took >= SLOW && !follows {
            let _in = self.span.enter();
            let name = facts.name.as_deref().unwrap_or_default();
            tracing::warn!(
                operation.kind = kind,
                operation.name = name,
                operation.cost = facts.cost,
                duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                "an operation was slow"
            );
        }
        if self.record.method == Record::SOCKET {
            let _in = self.span.enter();
            self.record.log(facts.code.map_or("OK", Code::as_str), took, None);
        }
    }
}

fn word(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

/// The name of an operation, if it is short enough to be noted.
fn named(meant: &Meant) -> Option<Arc<str>> {
    meant.name.clone().filter(|name| name.len() <= LONGEST_NAME)
}

/// The answers of an operation. A panic is the last of them.
struct Answers {
    answers: Option<BoxStream<'static, Response>>,
    running: Running,
    _following: Option<Following>,
}

impl Stream for Answers {
    type Item = Response;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Response>> {
        let this = &mut *self;
        let Some(answers) = &mut this.answers else { return Poll::Ready(None) };
        let running = &this.running;
        let _in = running.span.enter();
        let polled = Arc::clone(&running.record).step(|| {
            let polled = std::panic::catch_unwind(AssertUnwindSafe(|| answers.poll_next_unpin(cx)));
            let over = !matches!(polled, Ok(Poll::Pending | Poll::Ready(Some(_))));
            let mut polled = polled.unwrap_or_else(|_| Poll::Ready(Some(panicked())));
            if let Poll::Ready(Some(answer)) = &mut polled {
                running.settle(answer);
            }
            (polled, over)
        });
        if polled.1 {
            this.answers = None;
        }
        polled.0
    }
}

#[cfg(test)]
mod tests;
