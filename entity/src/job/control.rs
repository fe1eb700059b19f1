//! What people do to jobs and lanes: trying again, pausing, going on. Stopping a job is in [`cancel`](super::cancel).

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};

use super::lease::{Moved, moved};
use crate::clock::{Timestamp, database_now};
use crate::statement::Rows;

/// Puts jobs that are dead or cancelled back into their queue, given with their new ranks: as if they had never been tried, but
/// for their events and the count of their attempts. One whose key has another queued job stays as it is. No two of the list
/// have one key. The jobs that went back, as they are now.
///
/// # Errors
/// When the database does not answer, or somebody enqueued a job of the same key just now.
pub async fn retry(tx: &impl ConnectionTrait, jobs: &[(i64, i64)]) -> Result<Vec<Moved>, DbErr> {
    let mut sorted = jobs.to_vec();
    sorted.sort_unstable();
    let rows: Rows = sorted.into_iter().map(|(job, rank)| [Value::from(job), rank.into()]).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "UPDATE job SET state = 'queued', failures = 0, losses = 0, error = NULL, stop_at = NULL, finished_at = NULL, \
           lease_token = NULL, superseded_by = NULL, rank = v.column2, run_at = {now}, postponed = FALSE, head = job.head + 1 \
         FROM {{rows}} AS v \
         WHERE job.id = v.column1 AND job.state IN ('dead', 'cancelled') AND (job.key IS NULL OR NOT EXISTS \
           (SELECT 1 FROM job AS twin WHERE twin.key = job.key AND twin.state = 'queued')) \
         RETURNING job.id AS id, job.state AS state, job.lane AS lane, job.attempt AS attempt, job.error AS error, job.head AS head",
        now = database_now(tx.get_database_backend()),
    );
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), &text)).await?;
    found.iter().map(moved).collect()
}

/// The job that is queued under a key.
///
/// # Errors
/// When the database does not answer.
pub async fn queued_under(db: &impl ConnectionTrait, key: &str) -> Result<Option<i64>, DbErr> {
    let text = "SELECT id FROM job WHERE key = $1 AND key IS NOT NULL AND state = 'queued'";
    let row = db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), text, [key.into()])).await?;
    row.map(|row| row.try_get("", "id")).transpose()
}

/// That nothing of a lane is begun, since when, by whom and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub at: Timestamp,
    /// The person who did it; none when it was done on the command line.
    pub by: Option<i64>,
    pub reason: String,
}

/// Stops the claiming of a lane's jobs; what is being worked on goes on. A lane that is paused already gets the new reason.
///
/// # Errors
/// When the database does not answer.
pub async fn pause(tx: &impl ConnectionTrait, lane: &str, by: Option<i64>, reason: &str) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    let text = format!(
        "INSERT INTO lane (name, floor, paused_at, paused_by, pause_reason) VALUES ($1, 0, {now}, $2, $3) \
         ON CONFLICT (name) DO UPDATE SET paused_at = coalesce(lane.paused_at, excluded.paused_at), \
           paused_by = excluded.paused_by, pause_reason = coalesce(nullif(excluded.pause_reason, ''), lane.pause_reason)",
        now = database_now(backend)
    );
    let values = [lane.into(), by.into(), reason.into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, text, values)).await.map(drop)
}

/// Lets a lane's jobs be claimed again. False when it was not paused.
///
/// # Errors
/// When the database does not answer.
pub async fn resume(tx: &impl ConnectionTrait, lane: &str) -> Result<bool, DbErr> {
    let text = "UPDATE lane SET paused_at = NULL, paused_by = NULL, pause_reason = NULL \
         WHERE name = $1 AND paused_at IS NOT NULL";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), text, [lane.into()]);
    Ok(tx.execute_raw(statement).await?.rows_affected() > 0)
}

/// The lanes that are paused.
///
/// # Errors
/// When the database does not answer.
pub async fn pauses(db: &impl ConnectionTrait) -> Result<BTreeMap<String, Pause>, DbErr> {
    let text = "SELECT name, paused_at, paused_by, pause_reason FROM lane WHERE paused_at IS NOT NULL";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), text)).await?;
    let pause = |row: &QueryResult| {
        let reason: Option<String> = row.try_get("", "pause_reason")?;
        let pause = Pause {
            at: row.try_get("", "paused_at")?,
            by: row.try_get("", "paused_by")?,
            reason: reason.unwrap_or_default(),
        };
        Ok((row.try_get("", "name")?, pause))
    };
    rows.iter().map(pause).collect()
}
