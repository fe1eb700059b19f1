//! Forgetting jobs that ended long ago. Only those: a job that is queued or leased stays, whatever its age.
//!
//! Keys are given in the order of enqueueing, so the old jobs are the first ones. They are walked in parts by their key, up to the
//! first that is too young: the many that are not old yet are not looked at, and settling pays for no index of their ends.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};

use super::event::{Event, Stream};
use super::{Column, Entity, JobState, Model};
use crate::clock::Timestamp;
use crate::statement::Rows;

/// Jobs that ended before these are forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Done and cancelled ones.
    pub finished: Timestamp,
    /// Dead ones.
    pub dead: Timestamp,
}

impl Limits {
    /// Whether the job is to be forgotten.
    #[must_use]
    pub fn pass(&self, job: &Model) -> bool {
        let limit = match job.state {
            JobState::Done | JobState::Cancelled => self.finished,
            JobState::Dead => self.dead,
            JobState::Queued | JobState::Leased => return false,
        };
        job.finished_at.is_some_and(|finished| finished < limit)
    }

    /// Whether neither this job nor any that was enqueued after it can be old enough.
    #[must_use]
    pub fn end_before(&self, job: &Model) -> bool {
        job.created_at >= self.finished.max(self.dead)
    }
}

/// The next jobs behind a key.
///
/// # Errors
/// When the database does not answer.
pub async fn walk(db: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.gt(after)).order_by_asc(Column::Id).limit(limit).all(db).await
}

/// What happened to these jobs, by job and in order.
///
/// # Errors
/// When the database does not answer.
pub async fn events(db: &impl ConnectionTrait, jobs: &[i64]) -> Result<HashMap<i64, Vec<Event>>, DbErr> {
    let mut found: HashMap<i64, Vec<Event>> = HashMap::new();
    let rows: Rows = jobs.iter().map(|job| [Value::from(*job)]).collect();
    if rows.is_empty() {
        return Ok(found);
    }
    let text = "SELECT job_id, position, kind, data, at FROM job_history \
         WHERE job_id IN (SELECT column1 FROM {rows} AS v) ORDER BY job_id, position";
    for row in db.query_all_raw(rows.statement(db.get_database_backend(), text)).await? {
        let job: i64 = row.try_get("", "job_id")?;
        found.entry(job).or_default().push(Event {
            stream: Stream::Job(job),
            position: row.try_get("", "position")?,
            kind: row.try_get("", "kind")?,
            data: row.try_get("", "data")?,
            at: row.try_get("", "at")?,
        });
    }
    Ok(found)
}

/// Forgets those of the jobs that are still to be forgotten, with their events; how many. One that was put back meanwhile stays.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(tx: &impl ConnectionTrait, jobs: &[i64], limits: Limits) -> Result<usize, DbErr> {
    if jobs.is_empty() {
        return Ok(0);
    }
    let backend = tx.get_database_backend();
    let mut values: Vec<Value> = vec![limits.finished.into(), limits.dead.into()];
    let mut places = Vec::with_capacity(jobs.len());
    for job in jobs {
        values.push((*job).into());
        places.push(format!("${}", values.len()));
    }
    let text = format!(
        "DELETE FROM job WHERE id IN ({}) \
           AND ((state IN ('done', 'cancelled') AND finished_at < $1) OR (state = 'dead' AND finished_at < $2)) RETURNING id",
        places.join(", ")
    );
    let gone = tx.query_all_raw(Statement::from_sql_and_values(backend, text, values)).await?;
    let rows: Rows = gone
        .iter()
        .map(|row| Ok([Value::from(row.try_get::<i64>("", "id")?)]))
        .collect::<Result<Vec<_>, DbErr>>()?
        .into_iter()
        .collect();
    if !rows.is_empty() {
        let text = "DELETE FROM job_event WHERE job_id IN (SELECT column1 FROM {rows} AS v)";
        tx.execute_raw(rows.statement(backend, text)).await?;
    }
    Ok(gone.len())
}
