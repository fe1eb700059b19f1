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

#[async_trait]
impl<C: ConnectionTrait + Send> ConnectionTrait for Bounded<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        within(self.patience, self.inner.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        within(self.patience, self.inner.execute_unprepared(text)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        within(self.patience, self.inner.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        within(self.patience, self.inner.query_all_raw(statement)).await
    }
}
