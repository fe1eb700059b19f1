//! How many tasks were leased lately: a few rows for each queue and second, of the last hour.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, Value};

use super::{QueueKey, statement};
use crate::clock::Timestamp;

/// How long it is known.
pub const KEPT: Duration = Duration::from_secs(3600);

const SECOND: i64 = 1_000_000;

/// Counts tasks as leased. `part` is any small number: whoever counts in the same second with another part is not waited for.
///
/// # Errors
/// When the database does not answer.
pub async fn count(
    tx: &impl ConnectionTrait,
    queue: &QueueKey,
    now: Timestamp,
    part: i32,
    tasks: usize,
) -> Result<(), DbErr> {
    let second = now.0 / SECOND;
    let values = queue.with([second.into(), part.into(), i64::try_from(tasks).unwrap_or(i64::MAX).into()]);
    let text = "INSERT INTO task_leased (project, queue, second, part, tasks) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (project, queue, second, part) DO UPDATE SET tasks = task_leased.tasks + excluded.tasks";
    tx.execute_raw(statement(tx, text, values)).await.map(drop)
}

/// How many tasks were leased in the time before `now`, which is at most [`KEPT`].
///
/// # Errors
/// When the database does not answer.
pub async fn leased(
    db: &impl ConnectionTrait,
    queue: &QueueKey,
    now: Timestamp,
    within: Duration,
) -> Result<i64, DbErr> {
    let after = now.0 / SECOND - i64::try_from(within.as_secs()).unwrap_or(i64::MAX);
    let text = "SELECT CAST(coalesce(sum(tasks), 0) AS BIGINT) AS tasks FROM task_leased \
         WHERE project = $1 AND queue = $2 AND second > $3";
    let row = db.query_one_raw(statement(db, text, queue.with([after.into()]))).await?;
    row.map_or(Ok(0), |row| row.try_get("", "tasks"))
}

/// Forgets what is too long ago.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(tx: &impl ConnectionTrait, now: Timestamp) -> Result<(), DbErr> {
    let before = now.0 / SECOND - i64::try_from(KEPT.as_secs()).unwrap_or(i64::MAX);
    let values: Vec<Value> = vec![before.into()];
    tx.execute_raw(statement(tx, "DELETE FROM task_leased WHERE second < $1", values)).await.map(drop)
}
