//! The database: a pool to read from, and the way to write.
//!
//! On SQLite there is one writing connection, and whoever writes waits for it; many connections would only wait for each other
//! inside the database, with worse tails. On PostgreSQL both are one pool.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::{self, Connection as _};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database as Connect, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Connections that read, when there are many processors to keep busy.
const POOL: u32 = 16;

/// A handle to the database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    read: DatabaseConnection,
    write: DatabaseConnection,
    /// For what may be undone if the machine loses its power: it does not wait for the disk.
    relaxed: DatabaseConnection,
    /// Whose turn it is to write, on SQLite. Who waits inside the database sleeps longer than needed.
    turn: Option<Arc<Mutex<()>>>,
}

/// An open transaction, in its turn.
#[derive(Debug)]
pub struct Turn {
    pub(crate) tx: DatabaseTransaction,
    /// Given to the next after the end of the transaction.
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Turn {
    /// Commits.
    ///
    /// # Errors
    /// When the database does not answer. Whether the commit happened is unknown then.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.tx.commit().await
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
        Ok(Self { read, write, relaxed, turn: Some(Arc::default()) })
    }

    async fn postgres(url: &str) -> Result<Self, ConnectError> {
        let pool = Connect::connect(base_options(url, POOL)).await.map_err(ConnectError::Unreachable)?;
        let statement = Statement::from_string(DbBackend::Postgres, "SHOW synchronous_commit");
        let row = pool.query_one_raw(statement).await.map_err(ConnectError::Unreachable)?;
        let setting: Option<String> = row.and_then(|row| row.try_get_by_index(0).ok());
        if setting.as_deref() == Some("off") {
            return Err(ConnectError::NotDurable);
        }
        let relaxed = Connect::connect(relaxed_options(url)).await.map_err(ConnectError::Unreachable)?;
        Ok(Self { read: pool.clone(), write: pool, relaxed, turn: None })
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
    pub fn read(&self) -> &DatabaseConnection {
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
        let connection = if promise == Promise::Durable { &self.write } else { &self.relaxed };
        Ok(Turn { tx: connection.begin_with_options(options).await?, _turn: turn })
    }

    /// Where to run one statement whose loss with the machine's power does no harm, and whose turn it is as long as this is held.
    pub(crate) async fn relaxed(&self) -> (&DatabaseConnection, Option<OwnedMutexGuard<()>>) {
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
        if self.is_embedded() {
            return self.read.begin().await;
        }
        let options = TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            ..Default::default()
        };
        self.read.begin_with_options(options).await
    }

    /// Calls this with every statement that is read outside a transaction. For tests that count them.
    pub fn observe_reads(&mut self, observer: impl Fn(&str) + Send + Sync + 'static) {
        self.observe_statements(move |statement| observer(&statement.sql));
    }

    /// The same, with the values. For tests that ask how the database would go about it.
    pub fn observe_statements(&mut self, observer: impl Fn(&Statement) + Send + Sync + 'static) {
        self.read.set_metric_callback(move |info| observer(info.statement));
    }

    /// Closes all connections, when what is under way has ended.
    pub async fn close(&self) {
        let _ = self.read.close_by_ref().await;
        let _ = self.write.close_by_ref().await;
        let _ = self.relaxed.close_by_ref().await;
    }
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

/// Connections for what may be undone.
const RELAXED: u32 = 4;

fn relaxed_options(url: &str) -> ConnectOptions {
    let mut options = base_options(url, RELAXED);
    options.map_sqlx_postgres_opts(|postgres| postgres.options([("synchronous_commit", "off")]));
    options
}

fn base_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .connect_timeout(Duration::from_secs(5))
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        .sqlx_logging(false);
    options
}
