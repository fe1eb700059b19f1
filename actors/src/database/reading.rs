//! Where to read outside a transaction: the same for both databases.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use super::readers::{Observer, Readers};

/// Connections that read.
#[derive(Clone, Debug)]
pub enum Reading {
    /// SQLite's.
    Embedded(DatabaseConnection),
    /// PostgreSQL's.
    Served(Readers),
}

impl Reading {
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn ping(&self) -> Result<(), DbErr> {
        match self {
            Self::Embedded(pool) => pool.ping().await,
            Self::Served(readers) => {
                readers.query_all_raw(Statement::from_string(DbBackend::Postgres, "SELECT 1")).await.map(drop)
            }
        }
    }

    pub(super) fn observe(&mut self, observer: Observer) {
        match self {
            Self::Embedded(pool) => pool.set_metric_callback(move |info| observer(info.statement)),
            Self::Served(readers) => readers.observe(observer),
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Embedded(pool) => drop(pool.close_by_ref().await),
            Self::Served(readers) => readers.close().await,
        }
    }
}

#[async_trait]
impl ConnectionTrait for Reading {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Embedded(_) => DbBackend::Sqlite,
            Self::Served(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Embedded(pool) => pool.execute_raw(statement).await,
            Self::Served(readers) => readers.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Embedded(pool) => pool.execute_unprepared(text).await,
            Self::Served(readers) => readers.execute_unprepared(text).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Embedded(pool) => pool.query_one_raw(statement).await,
            Self::Served(readers) => readers.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Embedded(pool) => pool.query_all_raw(statement).await,
            Self::Served(readers) => readers.query_all_raw(statement).await,
        }
    }
}
