//! A copy of the site as a file, while it is served and worked on.
//!
//! All of it is read in one transaction, which sees what was committed when it began. It locks nothing that a writer needs; SQLite's
//! write-ahead log grows while it is open, and PostgreSQL keeps old versions of rows.

use std::path::Path;

use entity::clock::Clock;
use entity::site;

use super::dump::read::{Nowhere, Reader};
use super::dump::write::Writer;
use super::dump::{FORMAT, Origin};
use super::pour::{Tell, pour};
use super::{KeepingError, Tally};
use crate::database::Database;

/// What a backup is to be made of, beside the rows.
#[derive(Clone, Debug)]
pub struct Order {
    /// The version of this program.
    pub version: String,
    /// The steps of migration that the database has taken.
    pub steps: Vec<String>,
    /// The site's secret, if it is to go with it.
    pub secret_key: Option<String>,
}

/// Writes a backup, and reads it again before it gets its name.
///
/// # Errors
/// When there is such a file already, it cannot be written or is not written well, or the database does not answer.
pub async fn backup(
    db: &Database,
    clock: &Clock,
    target: &Path,
    order: Order,
    tell: Tell<'_>,
) -> Result<Tally, KeepingError> {
    // Before the transaction begins: nothing that is told here may be missing from it.
    let created_at = clock.now().to_string();
    let tx = db.begin_snapshot().await?;
    let origin = Origin {
        lectern_backup: FORMAT,
        version: order.version,
        database: if db.is_embedded() { "sqlite" } else { "postgres" }.to_owned(),
        created_at,
        incarnation: site::find(&tx).await?.incarnation,
        steps: order.steps,
        secret_key: order.secret_key,
    };
    let mut writer = Writer::create(target, &origin)?;
    let tally = pour(&tx, &mut writer, tell).await?;
    tx.rollback().await?;
    let written = writer.finish()?;
    let (_, read) = verify(written.path()).await?;
    if read != tally {
        let why = "what was read again is not what was written".to_owned();
        return Err(KeepingError::Damaged { path: written.path().to_owned(), line: 0, why });
    }
    written.keep()?;
    Ok(tally)
}

/// Reads a backup to its end; what it is a copy of, and what is in it.
///
/// # Errors
/// When it is no backup, or damaged.
pub async fn verify(path: &Path) -> Result<(Origin, Tally), KeepingError> {
    let (reader, origin) = Reader::open(path)?;
    let tally = reader.pour(&mut Nowhere, &mut |_, _| {}).await?;
    Ok((origin, tally))
}
