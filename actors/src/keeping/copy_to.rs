//! Moving a site to another database: the same keys, the same life. The source must not be written to meanwhile.

use entity::clock::Clock;
use entity::site;

use super::load::{Loader, is_strict};
use super::portable::Portable;
use super::pour::{Tell, pour};
use super::table::tables;
use super::{KeepingError, Tally};
use crate::database::Database;

/// Copies all rows into an empty database of the same shape, all of them or none; then marks the source as moved to there, so that
/// nobody goes on in it by mistake.
///
/// # Errors
/// When the target is not empty or of another shape, or does not take a row.
pub async fn copy_to(
    source: &Database,
    target: &Database,
    called: &str,
    clock: &Clock,
    tell: Tell<'_>,
) -> Result<Tally, KeepingError> {
    let from = source.begin_snapshot().await?;
    let into = target.begin_unhurried().await?;
    // All rows are looked at before the first is copied.
    let mut check = Portable::new(&tables(&into.tx).await?, is_strict(&into.tx));
    pour(&from, &mut check, &mut |_, _| {}).await?;
    let mut loader = Loader::begin(&into.tx, 0).await?;
    let tally = pour(&from, &mut loader, tell).await?;
    loader.finish()?;
    from.rollback().await?;
    into.commit().await?;
    site::moved(source.write_connection(), called.to_owned(), clock.now()).await?;
    Ok(tally)
}
