//! An empty database that is to take a copy: brought to the shape that the copy has.

use actors::database::Database;
use actors::keeping::table;

use crate::app::StartError;
use crate::command::CommandError;
use crate::migrate;

/// Brings a database to the shape that a copy was made in, if it has none yet. Whether it is empty is asked when it is loaded.
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
    if !taken.is_empty() {
        return Err(CommandError::told(format!(
            "the database has taken {} steps of migration, the copy {}; nothing was changed. Give a database without tables",
            taken.len(),
            steps.len()
        )));
    }
    let tables = table::tables(db.read()).await?;
    if let Some(table) = tables.first() {
        return Err(CommandError::told(format!(
            "the database has tables that are not Lectern's, such as `{}`; nothing was changed. Give a database without tables",
            table.name
        )));
    }
    migrate::up_to(db, steps.len()).await.map_err(StartError::Migration)?;
    Ok(())
}
