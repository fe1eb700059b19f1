//! Tasks that were leased as often as their queue allows. They are kept until somebody has them tried again.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::{QueueKey, name, places, statement};
use crate::clock::Timestamp;

/// Tasks that come back at once.
pub const BATCH: u32 = 500;

/// Drops tasks of this transaction: they are dead, and their names stay taken for a while.
///
/// # Errors
/// When the database does not answer.
pub async fn bury(tx: &impl ConnectionTrait, queue: &QueueKey, names: &[String], now: Timestamp) -> Result<(), DbErr> {
    if names.is_empty() {
        return Ok(());
    }
    let dead = queue.with(std::iter::once(now.into()).chain(names.iter().map(|name| name.as_str().into())));
    let text = format!(
        "INSERT INTO task_dead (project, queue, name, tag, enqueued_at, dead_at, leases, payload) \
         SELECT project, queue, name, tag, enqueued_at, $3, leases, payload FROM task \
         WHERE project = $1 AND queue = $2 AND name IN ({}) ORDER BY lease_at, name",
        places(3, names.len())
    );
    tx.execute_raw(statement(tx, text, dead)).await?;
    let gone = queue.with(names.iter().map(|name| name.as_str().into()));
    let text = format!("DELETE FROM task WHERE project = $1 AND queue = $2 AND name IN ({})", places(2, names.len()));
    tx.execute_raw(statement(tx, text, gone)).await?;
    name::reserve(tx, queue, names, now).await
}

/// Brings the tasks back that have been dead for longest, as if they had never been leased; at most a batch, and how many. One whose
/// name has gone to another meanwhile stays.
///
/// # Errors
/// When the database does not answer.
pub async fn revive(tx: &impl ConnectionTrait, queue: &QueueKey, now: Timestamp) -> Result<usize, DbErr> {
    let chosen = first_of_each_name(tx, queue).await?;
    if chosen.is_empty() {
        return Ok(0);
    }
    let values = queue.with(std::iter::once(now.into()).chain(chosen.values().map(|id| (*id).into())));
    let text = format!(
        "INSERT INTO task (project, queue, name, tag, enqueued_at, lease_at, leases, size, payload) \
         SELECT project, queue, name, tag, enqueued_at, $3, 0, length(payload), payload FROM task_dead \
         WHERE project = $1 AND queue = $2 AND id IN ({}) ON CONFLICT DO NOTHING RETURNING name",
        places(3, chosen.len())
    );
    let rows = tx.query_all_raw(statement(tx, text, values)).await?;
    let names: Vec<String> = rows.iter().map(|row| row.try_get("", "name")).collect::<Result<_, _>>()?;
    if names.is_empty() {
        return Ok(0);
    }
    let ids = queue.with(names.iter().filter_map(|name| chosen.get(name)).map(|id| (*id).into()));
    let text =
        format!("DELETE FROM task_dead WHERE project = $1 AND queue = $2 AND id IN ({})", places(2, names.len()));
    tx.execute_raw(statement(tx, text, ids)).await?;
    name::release(tx, queue, &names).await?;
    Ok(names.len())
}

/// The tasks to come back, by name. Where several of a name have died one after the other, one comes back at a time.
async fn first_of_each_name(tx: &impl ConnectionTrait, queue: &QueueKey) -> Result<BTreeMap<String, i64>, DbErr> {
    let text = format!(
        "SELECT id, name FROM task_dead WHERE project = $1 AND queue = $2 AND NOT EXISTS (SELECT 1 FROM task \
           WHERE task.project = $1 AND task.queue = $2 AND task.name = task_dead.name) ORDER BY id LIMIT {BATCH}{}",
        if tx.get_database_backend() == DbBackend::Postgres { " FOR UPDATE" } else { "" }
    );
    let mut chosen = BTreeMap::new();
    for row in tx.query_all_raw(statement(tx, text, queue.with([]))).await? {
        chosen.entry(row.try_get("", "name")?).or_insert(row.try_get("", "id")?);
    }
    Ok(chosen)
}
