//! What a platform stands on: a data folder of its own and a migrated database. For the kernel alone or for the whole server.

use std::path::Path;
use std::sync::Arc;

use actors::database::Database;
use tempfile::TempDir;

use crate::backend::Backend;
use crate::postgres::Dropped;
use crate::{postgres, sqlite};

/// A data folder and a database. Both go when this goes; the database when nobody beside this is on it any more.
#[derive(Debug)]
pub struct Base {
    pub backend: Backend,
    /// The URL of the database.
    pub url: String,
    data: TempDir,
    dropped: Option<Arc<Dropped>>,
}

impl Base {
    pub async fn new(backend: Backend) -> Self {
        let data = tempfile::Builder::new().prefix("lectern-story").tempdir().expect("a folder");
        match backend {
            Backend::Sqlite => Self { backend, url: sqlite::clone_into(data.path()).await, data, dropped: None },
            Backend::Postgres => Self::owning(postgres::clone().await, data),
        }
    }

    /// On a migrated database that is there already.
    #[must_use]
    pub fn at(backend: Backend, url: &str) -> Self {
        let data = tempfile::Builder::new().prefix("lectern-story").tempdir().expect("a folder");
        Self { backend, url: url.to_owned(), data, dropped: None }
    }

    /// A data folder for a database without tables.
    pub async fn empty(backend: Backend) -> Self {
        let data = tempfile::Builder::new().prefix("lectern-story").tempdir().expect("a folder");
        match backend {
            Backend::Sqlite => {
                let url = format!("sqlite:{}", data.path().join("lectern.db").display());
                Self { backend, url, data, dropped: None }
            }
            Backend::Postgres => Self::owning(postgres::bare().await, data),
        }
    }

    fn owning((url, dropped): (String, Dropped), data: TempDir) -> Self {
        Self { backend: Backend::Postgres, url, data, dropped: Some(Arc::new(dropped)) }
    }

    /// The same database for another process, which has a data folder of its own.
    #[must_use]
    pub fn beside(&self) -> Self {
        let data = tempfile::Builder::new().prefix("lectern-story").tempdir().expect("a folder");
        Self { backend: self.backend, url: self.url.clone(), data, dropped: self.dropped.clone() }
    }

    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Opens the database as the product does.
    pub async fn open(&self) -> Database {
        Database::connect(&self.url).await.expect("the database answers")
    }
}
