//! What a platform stands on: a data folder of its own and a migrated database. For the kernel alone or for the whole server.

use std::path::Path;

use actors::database::Database;
use tempfile::TempDir;

use crate::backend::Backend;
use crate::{postgres, sqlite};

/// A data folder and a database. The folder goes when this goes.
#[derive(Debug)]
pub struct Base {
    pub backend: Backend,
    /// The URL of the database.
    pub url: String,
    data: TempDir,
}

impl Base {
    pub async fn new(backend: Backend) -> Self {
        let data = tempfile::Builder::new().prefix("lectern-story").tempdir().expect("a folder");
        let url = match backend {
            Backend::Sqlite => sqlite::clone_into(data.path()).await,
            Backend::Postgres => postgres::clone().await,
        };
        Self { backend, url, data }
    }

    /// On a migrated database that is there already.
    #[must_use]
    pub fn at(backend: Backend, url: &str) -> Self {
        let data = tempfile::Builder::new().prefix("lectern-story").tempdir().expect("a folder");
        Self { backend, url: url.to_owned(), data }
    }

    /// A data folder for a database without tables.
    pub async fn empty(backend: Backend) -> Self {
        let data = tempfile::Builder::new().prefix("lectern-story").tempdir().expect("a folder");
        let url = match backend {
            Backend::Sqlite => format!("sqlite:{}", data.path().join("lectern.db").display()),
            Backend::Postgres => postgres::empty().await,
        };
        Self { backend, url, data }
    }

    /// The same database for another process, which has a data folder of its own.
    #[must_use]
    pub fn beside(&self) -> Self {
        let data = tempfile::Builder::new().prefix("lectern-story").tempdir().expect("a folder");
        Self { backend: self.backend, url: self.url.clone(), data }
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
