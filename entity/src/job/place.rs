//! Where a job stands: how many go before it, who holds its key, and what its last step was. Many jobs in one statement each.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};

use super::event::{Event, Stream};
use crate::clock::database_now;
use crate::statement::Rows;

/// The most that are counted before a job.
pub const FAR: i64 = 1_000;

/// The events that say where a job is, as opposed to how far its work is.
const MOVES: &str = "'queued', 'leased', 'done', 'dead', 'cancelled', 'stopping'";

fn keys(jobs: &[i64]) -> Rows {
    jobs.iter().map(|job| [Value::from(*job)]).collect()
}

/// How many jobs of its lane that are due go before each of these that are queued; at most [`FAR`], which may be more.
///
/// # Errors
/// When the database does not answer.
pub async fn ahead(db: &impl ConnectionTrait, jobs: &[i64]) -> Result<HashMap<i64, i64>, DbErr> {
    let text = format!(
        "SELECT me.id AS id, (SELECT count(before.due) FROM ( \
           SELECT CASE WHEN other.run_at <= {now} THEN 1 END AS due FROM job AS other \
           WHERE other.lane = me.lane AND other.state = 'queued' AND NOT other.postponed \
             AND (other.class, other.rank, other.id) < (me.class, me.rank, me.id) LIMIT {FAR}) AS before) AS ahead \
         FROM job AS me WHERE me.state = 'queued' AND me.id IN (SELECT column1 FROM {{rows}} AS v)",
        now = database_now(db.get_database_backend())
    );
    numbers(db, jobs, &text, "ahead").await
}

/// For each of these that have a key which another job that is being worked on has: that other.
///
/// # Errors
/// When the database does not answer.
pub async fn leased_twins(db: &impl ConnectionTrait, jobs: &[i64]) -> Result<HashMap<i64, i64>, DbErr> {
    let text = "SELECT me.id AS id, twin.id AS twin FROM job AS me JOIN job AS twin \
         ON twin.key = me.key AND twin.key IS NOT NULL AND twin.state = 'leased' \
         WHERE me.state = 'queued' AND me.id IN (SELECT column1 FROM {rows} AS v)";
    numbers(db, jobs, text, "twin").await
}

async fn numbers(
    db: &impl ConnectionTrait,
    jobs: &[i64],
    text: &str,
    column: &str,
) -> Result<HashMap<i64, i64>, DbErr> {
    if jobs.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = db.query_all_raw(keys(jobs).statement(db.get_database_backend(), text)).await?;
    rows.iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", column)?))).collect()
}

/// The last step that each of these has told.
///
/// # Errors
/// When the database does not answer.
pub async fn last_steps(db: &impl ConnectionTrait, jobs: &[i64]) -> Result<HashMap<i64, Event>, DbErr> {
    if jobs.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!(
        "SELECT e.job_id AS job_id, e.position AS position, e.kind AS kind, e.data AS data, e.at AS at FROM job_event AS e \
         JOIN (SELECT job_id, max(position) AS position FROM job_event \
           WHERE job_id IN (SELECT column1 FROM {{rows}} AS v) AND kind NOT IN ({MOVES}) GROUP BY job_id) AS last \
         ON e.job_id = last.job_id AND e.position = last.position"
    );
    let statement: Statement = keys(jobs).statement(db.get_database_backend(), &text);
    let rows = db.query_all_raw(statement).await?;
    let step = |row: &QueryResult| {
        let job: i64 = row.try_get("", "job_id")?;
        let event = Event {
            stream: Stream::Job(job),
            position: row.try_get("", "position")?,
            kind: row.try_get("", "kind")?,
            data: row.try_get("", "data")?,
            at: row.try_get("", "at")?,
        };
        Ok((job, event))
    };
    rows.iter().map(step).collect()
}
