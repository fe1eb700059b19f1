//! Enqueueing: in the transaction that made the job necessary.

use std::collections::BTreeMap;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};

use super::lane::Shares;
use crate::clock::{Timestamp, database_now, micros};
use crate::statement::Rows;

/// A job to be enqueued.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    pub kind: &'static str,
    pub version: i32,
    pub lane: &'static str,
    pub class: Class,
    pub key: Option<String>,
    /// What happens to the payload of a job that is queued under this key already.
    pub repeat: Repeat,
    pub payload: serde_json::Value,
    pub course: Option<i64>,
    pub requester: Option<i64>,
    pub subject: Option<String>,
    /// Not before that much later.
    pub delay: Duration,
    pub max_failures: i32,
}

/// Who waits for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Somebody is looking at the screen.
    Interactive,
    /// Nobody in particular.
    Batch,
}

impl Class {
    /// The number in the row: lower goes first.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::Interactive => 0,
            Self::Batch => 1,
        }
    }
}

/// What a newer enqueue does to the job that is queued under the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing.
    Keep,
    /// Its payload is replaced.
    Replace,
    /// It is cancelled, and the newer one takes its place: see [`supersede`](super::cancel::supersede).
    Supersede,
}

/// A job as it is queued now: new, or the one that was there under the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enqueued {
    pub id: i64,
    /// The position that is reserved for the event which says so.
    pub head: i64,
    /// When it was queued first.
    pub created_at: Timestamp,
    pub kind: String,
    pub key: Option<String>,
    pub subject: Option<String>,
}

/// Enqueues the jobs, on account of these shares, which are to be [advanced](Shares::advance) by who commits. The answer has one entry for each row; jobs of the list with the same key share one.
///
/// # Errors
/// When the database does not answer.
pub async fn enqueue(tx: &impl ConnectionTrait, jobs: &[NewJob], shares: &mut Shares) -> Result<Vec<Enqueued>, DbErr> {
    let jobs = without_repeats(jobs);
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let ranks = shares.ranks(tx, jobs.iter().map(|job| (job.lane, job.course))).await?;
    let rows: Rows = jobs.iter().zip(ranks).map(|(job, rank)| row(job, rank)).collect();
    let now = database_now(tx.get_database_backend());
    let text = format!(
        "INSERT INTO job (kind, version, lane, class, rank, key, payload, course_id, requester_id, subject, max_failures, \
           state, run_at, postponed, attempt, failures, losses, created_at, head) \
         SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9, column10, column11, \
           'queued', {now} + column12, column12 > 0, 0, 0, 0, {now}, 1 FROM {{rows}} AS v WHERE true \
         ON CONFLICT (key) WHERE state = 'queued' AND key IS NOT NULL \
         DO UPDATE SET head = job.head + 1, payload = CASE WHEN {replace} THEN excluded.payload ELSE job.payload END \
         RETURNING id, head, created_at, kind, key, subject",
        // A list comes from one caller, whose kinds agree on this.
        replace = jobs.iter().any(|job| job.repeat == Repeat::Replace),
    );
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), &text)).await?;
    found.iter().map(enqueued).collect()
}

fn enqueued(row: &QueryResult) -> Result<Enqueued, DbErr> {
    Ok(Enqueued {
        id: row.try_get("", "id")?,
        head: row.try_get("", "head")?,
        created_at: row.try_get("", "created_at")?,
        kind: row.try_get("", "kind")?,
        key: row.try_get("", "key")?,
        subject: row.try_get("", "subject")?,
    })
}

/// One job for each key, as one statement must not touch a row twice: the first, or the last where that replaces it.
fn without_repeats(jobs: &[NewJob]) -> Vec<&NewJob> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut chosen: Vec<&NewJob> = Vec::new();
    for job in jobs {
        match job.key.as_deref().and_then(|key| places.get(key)) {
            Some(place) if job.repeat == Repeat::Replace => chosen[*place] = job,
            Some(_) => {}
            None => {
                places.extend(job.key.as_deref().map(|key| (key, chosen.len())));
                chosen.push(job);
            }
        }
    }
    chosen
}

fn row(job: &NewJob, rank: i64) -> Vec<Value> {
    vec![
        job.kind.into(),
        job.version.into(),
        job.lane.into(),
        job.class.number().into(),
        rank.into(),
        job.key.clone().into(),
        job.payload.clone().into(),
        job.course.into(),
        job.requester.into(),
        job.subject.clone().into(),
        job.max_failures.into(),
        micros(job.delay).into(),
    ]
}
