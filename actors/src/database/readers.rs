//! Connections to PostgreSQL for what is read outside a transaction.
//!
//! The driver's own pool asks a connection whether it is well each time that it is given back, because it may have been dropped amid a
//! statement. For a statement that takes a fifth of a millisecond that is a second round trip. Here only connections come back
//! whose statement was answered to its end; all others are closed.
//!
//! PostgreSQL answers most statements a second when about twice as many are under way as there are processors; more get in each other's
//! way. Whoever comes beyond that waits for a moment, and begins all the same if those before it turn out to be slow.
//!
//! A connection may turn out to have died while it was idle. Its sessions can do nothing but read, so what was asked of it is
//! asked once more, of a new one: a restart of PostgreSQL costs no reader an error.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fmt, mem};

use async_trait::async_trait;
use sea_orm::sea_query::Values;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgQueryResult, PgRow};
use sea_orm::sqlx::{self, AssertSqlSafe, Connection as _, Error, SqlSafeStr as _, SqlStr};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Value};
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
    /// One for each statement that may be under way without getting in the way of others.
    brisk: Semaphore,
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
    /// For a statement to have its turn among those that do not get in each other's way.
    pub turn: Duration,
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
    /// It was made by somebody else, and may have died since.
    was_idle: bool,
    /// None if those before it were slow.
    _turn: Option<SemaphorePermit<'r>>,
    _permit: SemaphorePermit<'r>,
}

impl Readers {
    /// At most so many connections, and as long as they are brisk fewer.
    pub(super) fn new(options: PgConnectOptions, brisk: u32, connections: u32, bounds: Bounds) -> Self {
        let [brisk, free] = [brisk, connections].map(|many| Semaphore::new(usize::try_from(many).unwrap_or(1)));
        let shared = Shared { options, idle: Mutex::default(), brisk, free, bounds };
        Self { shared: Arc::new(shared), observer: None }
    }

    pub(super) fn observe(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }

    /// Lets nobody have a connection any more, and closes those that are idle.
    pub(super) async fn close(&self) {
        self.shared.free.close();
        let idle = mem::take(&mut *self.lock());
        for Idle { connection, .. } in idle {
            let _ = connection.close().await;
        }
    }

    async fn take(&self) -> Result<Reader<'_>, Error> {
        let free = &self.shared.free;
        self.in_time(async {
            let turn = timeout(self.shared.bounds.turn, self.shared.brisk.acquire()).await.ok().and_then(Result::ok);
            let permit = free.acquire().await.map_err(|_| Error::PoolClosed)?;
            let idle = self.idle().await;
            let was_idle = idle.is_some();
            let connection = match idle {
                Some(connection) => connection,
                None => self.connect().await?,
            };
            Ok(Reader { connection, was_idle, _turn: turn, _permit: permit })
        })
        .await
    }

    async fn in_time<T>(&self, made: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        timeout(self.shared.bounds.acquiring, made).await.unwrap_or(Err(Error::PoolTimedOut))
    }

    async fn connect(&self) -> Result<PgConnection, Error> {
        PgConnection::connect_with(&self.shared.options).await
    }

    /// One that was used last and seems to be well.
    async fn idle(&self) -> Option<PgConnection> {
        let bounds = self.shared.bounds;
        loop {
            let Idle { mut connection, since } = self.lock().pop()?;
            if since.elapsed() < bounds.drowsy {
                return Some(connection);
            }
            if matches!(timeout(bounds.sign_of_life, connection.ping()).await, Ok(Ok(()))) {
                return Some(connection);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the statement yields. If the connection has died since it was used last, those that were idle beside it have too.
    async fn fetch(&self, reader: &mut Reader<'_>, text: SqlStr, values: SqlxValues) -> Result<Vec<PgRow>, Error> {
        let again = reader.was_idle.then(|| (text.clone(), values.clone()));
        let answer = sqlx::query_with(text, values).fetch_all(&mut reader.connection).await;
        let (Some((text, values)), true) = (again, is_gone(&answer)) else { return answer };
        drop(mem::take(&mut *self.lock()));
        reader.connection = self.in_time(self.connect()).await?;
        sqlx::query_with(text, values).fetch_all(&mut reader.connection).await
    }

    /// Takes a connection back whose statement was answered to its end, be it by a refusal. One that says that it ends is gone.
    fn give_back<T>(&self, reader: Reader<'_>, answer: &Result<T, Error>) {
        if matches!(answer, Ok(_) | Err(Error::Database(_))) && !is_gone(answer) && !self.shared.free.is_closed() {
            self.lock().push(Idle { connection: reader.connection, since: Instant::now() });
        }
    }

    fn tell(&self, statement: &Statement) {
        if let Some(observer) = &self.observer {
            observer(statement);
        }
    }
}

/// Whether nobody answers there any more.
fn is_gone<T>(answer: &Result<T, Error>) -> bool {
    answer.as_ref().err().is_some_and(|error| of_driver(error) == Trouble::Away)
}

fn query(statement: Statement) -> (SqlStr, SqlxValues) {
    let text = AssertSqlSafe(Arc::<str>::from(statement.sql)).into_sql_str();
    let values =
        statement.values.map_or_else(Vec::new, |Values(values)| values.into_iter().map(without_null).collect());
    (text, SqlxValues(Values(values)))
}

/// PostgreSQL has no text with U+0000, and refuses to look for one. Here it is looked for what no text of ours has either, and not found.
fn without_null(value: Value) -> Value {
    match value {
        Value::String(Some(text)) if text.contains('\0') => Value::String(Some(text.replace('\0', "\u{FFFF}"))),
        Value::Array(of, Some(values)) => {
            Value::Array(of, Some(Box::new(values.into_iter().map(without_null).collect())))
        }
        other => other,
    }
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
        let answer: Result<PgQueryResult, Error> = sqlx::query_with(text, values).execute(&mut reader.connection).await;
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
        let answer = self.fetch(&mut reader, text, values).await;
        self.give_back(reader, &answer);
        answer.map(|rows| rows.into_iter().map(Into::into).collect()).map_err(asking)
    }
}
