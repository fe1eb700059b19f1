//! Names of tasks that are gone. For a while nobody may use them again, so that who inserts a task twice notices. Nothing else is
//! kept of such a task.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, Value};

use super::{QueueKey, places, statement};
use crate::clock::{Timestamp, micros};
use crate::statement::Rows;

/// How long a name stays taken when its task is gone.
pub const RESERVED: Duration = Duration::from_secs(7 * 24 * 3600);
/// Names that are given back at once.
pub const BATCH: u64 = 5000;

/// Takes the names of tasks that are gone.
///
/// # Errors
/// When the database does not answer.
pub async fn reserve(
    tx: &impl ConnectionTrait,
    queue: &QueueKey,
    names: &[String],
    now: Timestamp,
) -> Result<(), DbErr> {
    let free_at = now.0 + micros(RESERVED);
    let rows: Rows = names.iter().map(|name| queue.with([name.as_str().into(), free_at.into()])).collect();
    let text = "INSERT INTO task_name (project, queue, name, free_at) SELECT * FROM {rows} AS v WHERE true \
         ON CONFLICT (project, queue, name) DO UPDATE SET free_at = excluded.free_at";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}

/// Gives names back before their time.
///
/// # Errors
/// When the database does not answer.
pub async fn release(tx: &impl ConnectionTrait, queue: &QueueKey, names: &[String]) -> Result<(), DbErr> {
    let text =
        format!("DELETE FROM task_name WHERE project = $1 AND queue = $2 AND name IN ({})", places(2, names.len()));
    let values = queue.with(names.iter().map(|name| name.as_str().into()));
    tx.execute_raw(statement(tx, text, values)).await.map(drop)
}

/// Whether a name is taken by a task that is gone.
///
/// # Errors
/// When the database does not answer.
pub async fn is_reserved(
    tx: &impl ConnectionTrait,
    queue: &QueueKey,
    name: &str,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let text = "SELECT 1 FROM task_name WHERE project = $1 AND queue = $2 AND name = $3 AND free_at > $4";
    Ok(tx.query_one_raw(statement(tx, text, queue.with([name.into(), now.into()]))).await?.is_some())
}

/// Gives names back whose time is over, at most a batch; how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(tx: &impl ConnectionTrait, now: Timestamp) -> Result<u64, DbErr> {
    let text = format!(
        "DELETE FROM task_name WHERE (project, queue, name) IN \
         (SELECT project, queue, name FROM task_name WHERE free_at <= $1 ORDER BY free_at LIMIT {BATCH})"
    );
    let values: Vec<Value> = vec![now.into()];
    Ok(tx.execute_raw(statement(tx, text, values)).await?.rows_affected())
}
