//! Connections to PostgreSQL for what is read outside a transaction.
//!
//! The driver's own pool asks a connection whether it is well each time that it is given back, because it may have been dropped amid a
//! statement. For a statement that takes a fifth of a millisecond that is a second round trip. Here only connections come back
//! whose statement was answered to its end; all others are closed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sea_query::Values;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgQueryResult, PgRow};
use sea_orm::sqlx::{self, AssertSqlSafe, Connection as _, Error};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

use super::trouble::{Trouble, of_driver};

/// Who is told of every statement.
pub(super) type Observer = Arc<dyn Fn(&Statement) + Send + Sync>;

/// The connections. Cheap to clone.
#[derive(Clone)]
pub struct Readers {
    shared: Arc<Shared>,
    observer: Option<Observer>,
}

struct Shared {
    options: PgConnectOptions,
    idle: Mutex<Vec<Idle>>,
    /// One for each connection that there may be.
    free: Semaphore,
    bounds: Bounds,
}

struct Idle {
    connection: PgConnection,
    since: Instant,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// To be given a connection.
    pub acquiring: Duration,
    /// How long one may have been idle before it is asked whether it is well.
    pub drowsy: Duration,
    /// To answer that.
    pub sign_of_life: Duration,
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").field("free", &self.shared.free.available_permits()).finish_non_exhaustive()
    }
}

/// A connection while it is used. It does not come back by itself.
struct Reader<'r> {
    connection: PgConnection,
    _permit: SemaphorePermit<'r>,
}

impl Readers {
    pub(super) fn new(options: PgConnectOptions, connections: u32, bounds: Bounds) -> Self {
        let free = Semaphore::new(usize::try_from(connections).unwrap_or(1));
        let shared = Shared { options, idle: Mutex::default(), free, bounds };
        Self { shared: Arc::new(shared), observer: None }
    }

    pub(super) fn observe(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }

    /// Lets nobody have a connection any more, and closes those that are idle.
    pub(super) async fn close(&self) {
        self.shared.free.close();
        let idle = std::mem::take(&mut *self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for Idle { connection, .. } in idle {
            let _ = connection.close().await;
        }
    }

    async fn take(&self) -> Result<Reader<'_>, Error> {
        let Shared { free, bounds, .. } = &*self.shared;
        let taken = timeout(bounds.acquiring, async {
            let permit = free.acquire().await.map_err(|_| Error::PoolClosed)?;
            Ok(Reader { connection: self.connection().await?, _permit: permit })
        });
        taken.await.unwrap_or(Err(Error::PoolTimedOut))
    }

    /// One that was used last and is well, or a new one.
    async fn connection(&self) -> Result<PgConnection, Error> {
        let Shared { options, bounds, .. } = &*self.shared;
        loop {
            let idle = self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(Idle { mut connection, since }) = idle else { return PgConnection::connect_with(options).await };
            if since.elapsed() < bounds.drowsy {
                return Ok(connection);
            }
            if matches!(timeout(bounds.sign_of_life, connection.ping()).await, Ok(Ok(()))) {
                return Ok(connection);
            }
        }
    }

    /// Takes a connection back whose statement was answered to its end, be it by a refusal. One that says that it ends is gone.
    fn give_back<T>(&self, reader: Reader<'_>, answer: &Result<T, Error>) {
        let is_there = answer.as_ref().err().is_none_or(|error| of_driver(error) != Trouble::Away);
        if matches!(answer, Ok(_) | Err(Error::Database(_))) && is_there && !self.shared.free.is_closed() {
            let idle = Idle { connection: reader.connection, since: Instant::now() };
            self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
        }
    }

    fn tell(&self, statement: &Statement) {
        if let Some(observer) = &self.observer {
            observer(statement);
        }
    }
}

fn query(statement: Statement) -> (String, SqlxValues) {
    (statement.sql, SqlxValues(statement.values.unwrap_or(Values(Vec::new()))))
}

fn acquiring(error: Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}

fn asking(error: Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

#[async_trait]
impl ConnectionTrait for Readers {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.tell(&statement);
        let (text, values) = query(statement);
        let mut reader = self.take().await.map_err(acquiring)?;
        let answer: Result<PgQueryResult, Error> =
            sqlx::query_with(AssertSqlSafe(text), values).execute(&mut reader.connection).await;
        self.give_back(reader, &answer);
        answer.map(Into::into).map_err(asking)
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        let mut reader = self.take().await.map_err(acquiring)?;
        let answer: Result<PgQueryResult, Error> =
            sqlx::Executor::execute(&mut reader.connection, AssertSqlSafe(text.to_owned())).await;
        self.give_back(reader, &answer);
        answer.map(Into::into).map_err(asking)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        // To the end: what is left of an answer would be in the way of the next.
        Ok(self.query_all_raw(statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.tell(&statement);
        let (text, values) = query(statement);
        let mut reader = self.take().await.map_err(acquiring)?;
        let answer: Result<Vec<PgRow>, Error> =
            sqlx::query_with(AssertSqlSafe(text), values).fetch_all(&mut reader.connection).await;
        self.give_back(reader, &answer);
        answer.map(|rows| rows.into_iter().map(Into::into).collect()).map_err(asking)
    }
}
