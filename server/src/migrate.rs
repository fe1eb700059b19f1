//! Bringing a database to a shape: to this version's, or to the one that a backup was made in.

use std::collections::BTreeSet;

use actors::database::Database;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// The names of all steps, oldest first.
#[must_use]
pub fn steps() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

/// The names of the steps that a database has taken, oldest first. Changes nothing, also where there is nothing yet.
///
/// # Errors
/// When the database does not answer.
pub async fn taken(db: &Database) -> Result<Vec<String>, DbErr> {
    let applied = Migrator::get_applied_migrations_read_only(db.read()).await?;
    Ok(applied.iter().map(|step| step.name().to_owned()).collect())
}

/// Brings a database to this version's shape.
///
/// # Errors
/// When a step fails.
pub async fn up(db: &Database) -> Result<(), DbErr> {
    Migrator::up(db.write_connection(), None).await
}

/// Takes so many of the steps that come next.
///
/// # Errors
/// When a step fails.
pub async fn up_by(db: &Database, steps: usize) -> Result<(), DbErr> {
    Migrator::up(db.write_connection(), Some(u32::try_from(steps).unwrap_or(u32::MAX))).await
}

/// How many steps are missing. Changes nothing: a process that only uses the tables needs no right to make them.
///
/// # Errors
/// When the database does not answer.
pub async fn missing(db: &Database) -> Result<usize, DbErr> {
    Ok(steps().len().saturating_sub(taken(db).await?.len()))
}

/// The names of the steps that a database has taken, also those that this version does not know; none where there is nothing yet.
/// Changes nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn there(db: &Database) -> Result<BTreeSet<String>, DbErr> {
    let backend = db.read().get_database_backend();
    let kept = match backend {
        DbBackend::Sqlite => "SELECT 1 FROM sqlite_master WHERE name = 'seaql_migrations'",
        _ => "SELECT 1 WHERE to_regclass('seaql_migrations') IS NOT NULL",
    };
    if db.read().query_one_raw(Statement::from_string(backend, kept)).await?.is_none() {
        return Ok(BTreeSet::new());
    }
    let steps = Statement::from_string(backend, "SELECT version FROM seaql_migrations");
    db.read().query_all_raw(steps).await?.iter().map(|row| row.try_get("", "version")).collect()
}

/// How a database does not fit this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    #[error("{0} steps are missing; run `lectern migrate`")]
    Older(usize),
    #[error("has {0} steps of a newer version; this process must be replaced by one of it")]
    Newer(usize),
}

/// Whether a database that has taken these steps has this version's shape.
///
/// # Errors
/// When it has another.
pub fn fits(there: &BTreeSet<String>) -> Result<(), Misfit> {
    let ours: BTreeSet<String> = steps().into_iter().collect();
    match (ours.difference(there).count(), there.difference(&ours).count()) {
        (0, 0) => Ok(()),
        (missing, 0) => Err(Misfit::Older(missing)),
        (_, newer) => Err(Misfit::Newer(newer)),
    }
}

/// Whether the database has this version's shape, no older and no newer.
///
/// # Errors
/// In words, when it has not.
pub async fn check(db: &Database) -> Result<(), String> {
    let there = there(db).await.map_err(|_| "cannot be told".to_owned())?;
    fits(&there).map_err(|misfit| misfit.to_string())
}
