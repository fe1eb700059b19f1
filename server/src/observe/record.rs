//! What is known of the request that is being answered, for the log, the metrics and Sentry.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use entity::id::{self, Kind};
use tracing::Level;

use super::REQUEST;
use super::request_id::RequestId;
use crate::graphql::error::Code;

tokio::task_local! {
    static CURRENT: Arc<Record>;
}

/// One request over HTTP, or one operation of a web socket.
#[derive(Debug)]
pub struct Record {
    pub id: RequestId,
    pub method: &'static str,
    pub route: &'static str,
    facts: Mutex<Facts>,
}

/// What turns out about a request while it is answered.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// `query`, `mutation` or `subscription`.
    pub kind: Option<&'static str>,
    /// The name that the client's program gave its operation.
    pub name: Option<Arc<str>>,
    /// Who asks.
    pub user: Option<i64>,
    /// How the first thing that went wrong is called.
    pub code: Option<Code>,
    /// Whether an operation was begun.
    pub executed: bool,
    /// What the operation costs, as the limits count.
    pub cost: Option<usize>,
}

impl Facts {
    /// Who asks, as an opaque id.
    #[must_use]
    pub fn user(&self) -> Option<String> {
        self.user.map(|user| id::encode(Kind::User, user))
    }
}

impl Record {
    /// The method of what comes as a message of a web socket.
    pub const SOCKET: &str = "SOCKET";

    #[must_use]
    pub fn new(id: RequestId, method: &'static str, route: &'static str) -> Arc<Self> {
        Arc::new(Self { id, method, route, facts: Mutex::default() })
    }

    /// That of the request that is being answered here, if one is.
    #[must_use]
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// That of an operation: of its request, or, on a web socket, its own.
    #[must_use]
    pub fn of_operation() -> Arc<Self> {
        Self::current().unwrap_or_else(|| Self::new(RequestId::make(), Self::SOCKET, "/graphql"))
    }

    /// Answers the request as this one.
    pub async fn answer<T>(self: Arc<Self>, answer: impl Future<Output = T>) -> T {
        CURRENT.scope(self, answer).await
    }

    /// The same, for one step of an answer.
    pub fn step<T>(self: Arc<Self>, step: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, step)
    }

    /// What is known so far.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.lock().clone()
    }

    /// Notes the operation.
    pub fn operation(&self, kind: Option<&'static str>, name: Option<Arc<str>>, user: Option<i64>) {
        let mut facts = self.lock();
        (facts.kind, facts.name, facts.user, facts.executed) = (kind, name, user, true);
    }

    /// Notes what the operation costs.
    pub fn costs(&self, cost: usize) {
        self.lock().cost = Some(cost);
    }

    /// Notes that something went wrong. Only the first counts.
    pub fn failed(&self, code: Code) {
        self.lock().code.get_or_insert(code);
    }

    /// Writes the line of this request into the log. `status` is that of HTTP, or the code of the first error; `bytes` those of the
    /// answer's body, where that is known.
    pub fn log(&self, status: &str, took: Duration, bytes: Option<u64>) {
        if !tracing::enabled!(target: REQUEST, Level::INFO) {
            return;
        }
        let facts = self.facts();
        tracing::info!(
            target: REQUEST,
            method = self.method,
            path = self.route,
            status,
            duration_ms = took.as_micros() as f64 / 1e3,
            bytes,
            operation.kind = facts.kind,
            operation.name = facts.name.as_deref(),
            operation.cost = facts.cost,
            user = facts.user(),
            code = facts.code.map(Code::as_str),
            "answered"
        );
    }

    fn lock(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
