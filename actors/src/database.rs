//! The database: a pool to read from, and the way to write.
//!
//! On SQLite there is one writing connection, and whoever writes waits for it; many connections would only wait for each other
//! inside the database, with worse tails. On PostgreSQL both are one pool, and every statement has a bound: what is on the other
//! side of a network may be gone without a word.

mod bounded;
mod readers;
mod reading;
mod trouble;

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{self, Connection as _};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database as Connect, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

pub use bounded::Bounded;
use bounded::within;
use readers::{Bounds, Readers};
pub use reading::Reading;
pub use trouble::{Trouble, trouble};

/// Connections that read, when there are many processors to keep busy.
const POOL: u32 = 16;
/// The fewest statements that are read at once before others wait for their turn.
const FEW: u32 = 4;
/// How long they wait for it: longer than a page takes, shorter than anybody notices.
const TURN: Duration = Duration::from_millis(50);
/// How long PostgreSQL may take for a statement that is read outside a transaction, and to be given a connection for it.
const READING: Duration = Duration::from_secs(30);
/// How long it may take to be given a connection.
const ACQUIRING: Duration = Duration::from_secs(10);
/// How long PostgreSQL may take for a statement in a transaction. A lease is rarely shorter, and others wait for its locks.
const WRITING: Duration = Duration::from_secs(10);
/// How long a connection may take to show that it is well.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3);
/// A connection that nobody has used for that long may have died meanwhile, and is asked before it is used.
const DROWSY: Duration = Duration::from_secs(2);
/// How long a process may take between two statements of a transaction before PostgreSQL ends it. One that is frozen or cut off
/// there holds locks that everybody waits for.
const IDLE_IN_TRANSACTION: &str = "10s";

/// A handle to the database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    read: Bounded<Reading>,
    write: DatabaseConnection,
    /// For what may be undone if the machine loses its power: it does not wait for the disk.
    relaxed: Bounded<DatabaseConnection>,
    /// Whose turn it is to write, on SQLite. Who waits inside the database sleeps longer than needed.
    turn: Option<Arc<Mutex<()>>>,
}

/// A transaction whose statements end.
pub type Transaction = Bounded<DatabaseTransaction>;

/// An open transaction, in its turn.
#[derive(Debug)]
pub struct Turn {
    pub(crate) tx: Transaction,
    /// Given to the next after the end of the transaction.
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Turn {
    /// Commits.
    ///
    /// # Errors
    /// When the database does not answer. Whether the commit happened is unknown then.
    pub async fn commit(self) -> Result<(), DbErr> {
        let Bounded { inner, patience } = self.tx;
        within(patience, inner.commit()).await
    }
}

/// What a commit promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// It is on the disk.
    Durable,
    /// It is seen by everybody, and is on the disk when the next durable commit is.
    Visible,
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("LECTERN_DATABASE_URL must begin with sqlite: or postgres:")]
    UnknownScheme,
    /// The URL is not shown: it may hold a password.
    #[error(
        "LECTERN_DATABASE_URL is not the URL of a database; it must look like postgres://user:password@host:5432/name, and in the \
         password characters such as # / @ must be written as %23 %2F %40"
    )]
    Unreadable,
    #[error("the database cannot be reached ({0}); check LECTERN_DATABASE_URL and that the server is running")]
    Unreachable(DbErr),
    #[error(
        "the database has synchronous_commit = off, so it may lose work that was acknowledged; switch it on for Lectern's role: \
         ALTER ROLE … SET synchronous_commit = on"
    )]
    NotDurable,
}

impl Database {
    /// Opens the database that the URL names; creates the file of a `sqlite:` URL.
    ///
    /// # Errors
    /// When the URL is of another kind, nobody answers there, or the database may lose what it has acknowledged.
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        if url.starts_with("sqlite:") {
            return Self::sqlite(url).await.map_err(ConnectError::Unreachable);
        }
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Self::postgres(url).await;
        }
        Err(ConnectError::UnknownScheme)
    }

    async fn sqlite(url: &str) -> Result<Self, DbErr> {
        let options = |connections: u32, synchronous: &'static str| {
            let mut options = base_options(url, connections);
            options.map_sqlx_sqlite_opts(move |sqlite| {
                sqlite
                    .create_if_missing(true)
                    .foreign_keys(true)
                    .busy_timeout(Duration::from_secs(10))
                    .pragma("journal_mode", "WAL")
                    .pragma("synchronous", synchronous)
            });
            options.map_sqlx_sqlite_before_acquire(|connection, _| Box::pin(async move { Ok(is_clean(connection)) }));
            options
        };
        // The writer first: it creates the file and turns the write-ahead log on.
        let write = Connect::connect(options(1, "FULL")).await?;
        let relaxed = Connect::connect(options(1, "NORMAL")).await?;
        let read = Connect::connect(options(4, "FULL")).await?;
        // A disk may be slow, but it does not keep silent; and a statement that is given up goes on inside all the same.
        let read = Bounded { inner: Reading::Embedded(read), patience: None };
        let relaxed = Bounded { inner: relaxed, patience: None };
        Ok(Self { read, write, relaxed, turn: Some(Arc::default()) })
    }

    async fn postgres(url: &str) -> Result<Self, ConnectError> {
        let Ok(options) = url.parse::<PgConnectOptions>() else { return Err(ConnectError::Unreadable) };
        let pool = Connect::connect(postgres_options(url, POOL)).await.map_err(ConnectError::Unreachable)?;
        let statement = Statement::from_string(DbBackend::Postgres, "SHOW synchronous_commit");
        let row = pool.query_one_raw(statement).await.map_err(ConnectError::Unreachable)?;
        let setting: Option<String> = row.and_then(|row| row.try_get_by_index(0).ok());
        if setting.as_deref() == Some("off") {
            return Err(ConnectError::NotDurable);
        }
        let relaxed = Connect::connect(relaxed_options(url)).await.map_err(ConnectError::Unreachable)?;
        let relaxed = Bounded { inner: relaxed, patience: Some(WRITING) };
        let bounds = Bounds { turn: TURN, acquiring: ACQUIRING, drowsy: DROWSY, sign_of_life: SIGN_OF_LIFE };
        let processors = available_parallelism().map_or(1, |many| u32::try_from(many.get()).unwrap_or(POOL));
        let brisk = processors.saturating_mul(2).clamp(FEW, POOL);
        let options = session(options).options([("default_transaction_read_only", "on")]);
        let readers = Readers::new(options, brisk, POOL, bounds);
        let read = Bounded { inner: Reading::Served(readers), patience: Some(READING) };
        Ok(Self { read, write: pool, relaxed, turn: None })
    }

    /// What tells this database from all others, and stays when it moves to a standby; not a secret.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn identity(&self) -> Result<String, DbErr> {
        if self.is_embedded() {
            return Ok("embedded".to_owned());
        }
        let own = "SELECT current_database() || '/' || oid::text FROM pg_database WHERE datname = current_database()";
        let cluster = "SELECT system_identifier::text FROM pg_control_system()";
        let own = self.text(own).await?;
        // Some hosts let nobody ask for it; then all processes there do without.
        let cluster = match self.text(cluster).await {
            Ok(cluster) => cluster,
            Err(DbErr::Query(_)) => String::new(),
            Err(error) => return Err(error),
        };
        Ok(format!("{cluster}/{own}"))
    }

    async fn text(&self, query: &str) -> Result<String, DbErr> {
        let row = self.read.query_one_raw(Statement::from_string(DbBackend::Postgres, query)).await?;
        row.ok_or_else(|| DbErr::RecordNotFound(query.to_owned()))?.try_get_by_index(0)
    }

    /// Where to read outside a transaction.
    #[must_use]
    pub fn read(&self) -> &Bounded<Reading> {
        &self.read
    }

    /// The connection that migrations and tools write with.
    #[must_use]
    pub fn write_connection(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Whether this is SQLite, of which one process at a time may be the writer.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.write.get_database_backend() == DbBackend::Sqlite
    }

    pub(crate) async fn begin(&self, promise: Promise) -> Result<Turn, DbErr> {
        let turn = self.turn().await;
        // A deferred transaction that reads first and writes then fails at once if somebody wrote in between.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let connection = if promise == Promise::Durable { &self.write } else { &self.relaxed.inner };
        let patience = if self.is_embedded() { None } else { Some(WRITING) };
        // To be given a connection has a bound of its own, which comes first.
        let begun =
            within(patience.map(|patience| patience + ACQUIRING), connection.begin_with_options(options)).await?;
        Ok(Turn { tx: Bounded { inner: begun, patience }, _turn: turn })
    }

    /// Opens a transaction that moves a whole site, which takes as long as it takes. Nobody else works on that database meanwhile.
    pub(crate) async fn begin_unhurried(&self) -> Result<Turn, DbErr> {
        let mut turn = self.begin(Promise::Durable).await?;
        take_time(&turn.tx.inner).await?;
        turn.tx.patience = None;
        Ok(turn)
    }

    /// Where to run one statement whose loss with the machine's power does no harm, and whose turn it is as long as this is held.
    pub(crate) async fn relaxed(&self) -> (&Bounded<DatabaseConnection>, Option<OwnedMutexGuard<()>>) {
        (&self.relaxed, self.turn().await)
    }

    async fn turn(&self) -> Option<OwnedMutexGuard<()>> {
        match &self.turn {
            Some(turn) => Some(Arc::clone(turn).lock_owned().await),
            None => None,
        }
    }

    /// Opens a transaction that only reads, and that sees what was committed when it first looks, however long it takes.
    pub(crate) async fn begin_snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        if let Reading::Embedded(pool) = &self.read.inner {
            return pool.begin().await;
        }
        let options = TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            ..Default::default()
        };
        let snapshot = self.write.begin_with_options(options).await?;
        // It has locked nothing that others wait for, and who reads it may be busy with what it has read.
        take_time(&snapshot).await?;
        Ok(snapshot)
    }

    /// Calls this with every statement that is read outside a transaction. For tests that count them.
    pub fn observe_reads(&mut self, observer: impl Fn(&str) + Send + Sync + 'static) {
        self.observe_statements(move |statement| observer(&statement.sql));
    }

    /// The same, with the values. For tests that ask how the database would go about it.
    pub fn observe_statements(&mut self, observer: impl Fn(&Statement) + Send + Sync + 'static) {
        self.read.inner.observe(Arc::new(observer));
    }

    /// Closes all connections, when what is under way has ended; of a database that does not answer, all the same.
    pub async fn close(&self) {
        self.left(self.read.inner.close()).await;
        for pool in [&self.write, &self.relaxed.inner] {
            self.left(async { drop(pool.close_by_ref().await) }).await;
        }
    }

    async fn left(&self, closed: impl Future<Output = ()> + Send) {
        if self.is_embedded() {
            // The last connection that closes writes the log back into the file.
            closed.await;
        } else if timeout(WRITING + SIGN_OF_LIFE, closed).await.is_err() {
            tracing::warn!("the database does not answer; its connections are left to it");
        }
    }
}

/// Has PostgreSQL wait for the next statement of this transaction as long as it takes.
async fn take_time(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = 0").await?;
    }
    Ok(())
}

/// Whether a connection may be used again. When the disk is full SQLite ends a transaction by itself; the pool still believes in it,
/// would open the next one inside it, and nothing of that would ever be committed. Such a connection is thrown away.
fn is_clean(connection: &sqlx::SqliteConnection) -> bool {
    let clean = !connection.is_in_transaction();
    if !clean {
        tracing::warn!("a connection was left inside a transaction and is replaced");
    }
    clean
}

/// Has long values compressed in a fifth of the time, for a little more room, by a server that was built with it.
const COMPRESS: &str = "SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings \
     WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)";

/// Connections for what may be undone.
const RELAXED: u32 = 4;

fn relaxed_options(url: &str) -> ConnectOptions {
    let mut options = postgres_options(url, RELAXED);
    options.map_sqlx_postgres_opts(|postgres| session(postgres).options([("synchronous_commit", "off")]));
    options
}

fn session(options: PgConnectOptions) -> PgConnectOptions {
    options.options([
        ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION),
        // Compiling a plan takes longer than any statement of ours.
        ("jit", "off"),
        // What is asked for often is in memory, and the rest on no disk that turns. Believing otherwise, PostgreSQL reads a thousand rows to
        // find ten by their keys.
        ("random_page_cost", "1.1"),
    ])
}

/// Connections that are replaced when they are dead, instead of being waited for.
fn postgres_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = base_options(url, connections);
    options.map_sqlx_postgres_opts(session);
    options.map_sqlx_postgres_before_acquire(|connection, known| {
        Box::pin(async move {
            if known.idle_for < DROWSY {
                return Ok(true);
            }
            Ok(matches!(timeout(SIGN_OF_LIFE, connection.ping()).await, Ok(Ok(()))))
        })
    });
    // One that was dropped amid a statement has its answer still to come, and would be waited for in the pool without a bound.
    options.map_sqlx_postgres_pool_opts(|pool| {
        let pool = pool.after_connect(|connection, _| {
            Box::pin(async move { sqlx::query(COMPRESS).fetch_optional(connection).await.map(drop) })
        });
        pool.after_release(|connection, _| {
            Box::pin(async move {
                timeout(SIGN_OF_LIFE, connection.ping()).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
                Ok(true)
            })
        })
    });
    options
}

fn base_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .connect_timeout(Duration::from_secs(5))
        .acquire_timeout(ACQUIRING)
        .test_before_acquire(false)
        .sqlx_logging(false);
    options
}
