//! Bounded: a connection whose statements end, also when the other side neither answers nor hangs up.
//!
//! A network that is cut tells nobody. Without a bound whoever waits for an answer waits until the machine's own patience ends,
//! which is a quarter of an hour or never; meanwhile leases pass and nothing is claimed. A statement that is given up takes its
//! connection with it, unless that shows at once that it is well.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use tokio::time::timeout;
use tracing::{Instrument as _, Level, Span};

use super::reading::Reading;

/// A connection, a pool or a transaction with a bound for each statement.
#[derive(Clone)]
pub struct Bounded<C> {
    pub(super) inner: C,
    /// How long a statement may take; without it, as long as it takes.
    pub(super) patience: Option<Duration>,
}

impl<C> fmt::Debug for Bounded<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounded").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl Bounded<Reading> {
    /// Whether somebody answers.
    ///
    /// # Errors
    /// When nobody does.
    pub async fn ping(&self) -> Result<(), DbErr> {
        within(self.patience, self.inner.ping()).await
    }
}

/// The result, if it comes in time.
pub(super) async fn within<T>(
    patience: Option<Duration>,
    asked: impl Future<Output = Result<T, DbErr>> + Send,
) -> Result<T, DbErr> {
    let Some(patience) = patience else { return asked.await };
    timeout(patience, asked).await.unwrap_or_else(|_| {
        let silence = format!("the database did not answer within {} s", patience.as_secs());
        Err(DbErr::Conn(RuntimeErr::Internal(silence)))
    })
}

/// The span of a statement: what it does, never its text or values. Not made unless somebody collects spans.
fn traced(backend: DbBackend, text: &str) -> Span {
    if !tracing::enabled!(target: "trace", Level::DEBUG) {
        return Span::none();
    }
    let verb = text.split_whitespace().next().unwrap_or_default();
    let system = if backend == DbBackend::Sqlite { "sqlite" } else { "postgresql" };
    tracing::debug_span!(
        target: "trace", "statement",
        otel.name = verb, otel.kind = "client", db.system.name = system, db.operation.name = verb
    )
}

#[async_trait]
impl<C: ConnectionTrait + Send> ConnectionTrait for Bounded<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let span = traced(self.get_database_backend(), &statement.sql);
        within(self.patience, self.inner.execute_raw(statement)).instrument(span).await
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        let span = traced(self.get_database_backend(), text);
        within(self.patience, self.inner.execute_unprepared(text)).instrument(span).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let span = traced(self.get_database_backend(), &statement.sql);
        within(self.patience, self.inner.query_one_raw(statement)).instrument(span).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let span = traced(self.get_database_backend(), &statement.sql);
        within(self.patience, self.inner.query_all_raw(statement)).instrument(span).await
    }
}
