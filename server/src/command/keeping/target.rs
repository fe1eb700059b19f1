//! An empty database that is to take a copy: where it lies, and bringing it to the shape that the copy has.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use actors::database::Database;
use actors::keeping::{KeepingError, table};
use sea_orm::ConnectionTrait as _;

use crate::app::StartError;
use crate::command::CommandError;
use crate::config::Config;
use crate::migrate;

/// Where a database is made. A new file of the embedded one gets its name only when it is whole: SQLite does not take back half of a
/// migration when its process dies. Whoever calls this has the data folder's lock.
#[derive(Debug)]
pub(super) struct Place {
    url: String,
    unfinished: Option<Unfinished>,
}

/// A database file under another name. Dropped before it is kept, it is removed.
#[derive(Debug)]
struct Unfinished {
    part: PathBuf,
    file: PathBuf,
}

impl Unfinished {
    /// The file, and what SQLite puts beside it.
    fn remove(&self) {
        for end in ["", "-wal", "-shm"] {
            let mut path = self.part.clone().into_os_string();
            path.push(end);
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.remove();
    }
}

impl Place {
    /// The place that the settings name.
    pub fn of(config: &Config) -> Self {
        let Some(file) = config.database_file().filter(|file| !file.exists()) else {
            return Self { url: config.database_url.reveal().to_owned(), unfinished: None };
        };
        let mut part = file.to_owned().into_os_string();
        part.push(".part");
        let unfinished = Unfinished { part: PathBuf::from(part), file: file.to_owned() };
        // Of a command that was killed.
        unfinished.remove();
        Self { url: format!("sqlite:{}", unfinished.part.display()), unfinished: Some(unfinished) }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Closes the database, and gives it its name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn keep(self, db: Database) -> Result<(), CommandError> {
        let Some(unfinished) = self.unfinished else {
            db.close().await;
            return Ok(());
        };
        // All of it into the one file that gets the name.
        db.write_connection()
            .execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
            .await
            .map_err(KeepingError::from)?;
        db.close().await;
        let file = &unfinished.file;
        renamed(&unfinished.part, file).map_err(|error| KeepingError::Unwritable(file.clone(), error))?;
        Ok(())
    }
}

fn renamed(part: &Path, file: &Path) -> io::Result<()> {
    File::open(part)?.sync_all()?;
    fs::rename(part, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Brings a database to the shape that a copy was made in, if it has none yet, or only a part of it, as when this was ended half-way
/// before. Whether it is empty is asked when it is loaded.
///
/// # Errors
/// When this version does not know that shape, or the database has another one.
pub(super) async fn shape(db: &Database, steps: &[String]) -> Result<(), CommandError> {
    if !migrate::steps().starts_with(steps) {
        return Err(CommandError::told(
            "the copy was made by a newer version of Lectern, or by one that took other steps; use that version",
        ));
    }
    let taken = migrate::taken(db).await.map_err(StartError::Migration)?;
    if taken == steps {
        return Ok(());
    }
    if !steps.starts_with(&taken) {
        return Err(CommandError::told(format!(
            "the database has taken {} steps of migration, the copy {}; nothing was changed. Give a database without tables",
            taken.len(),
            steps.len()
        )));
    }
    let tables = table::tables(db.read()).await?;
    if let (Some(table), true) = (tables.first(), taken.is_empty()) {
        return Err(CommandError::told(format!(
            "the database has tables that are not Lectern's, such as `{}`; nothing was changed. Give a database without tables",
            table.name
        )));
    }
    migrate::up_by(db, steps.len() - taken.len()).await.map_err(StartError::Migration)?;
    Ok(())
}
