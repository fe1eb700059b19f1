//! What happened, in streams that can be followed from any place without loss or double.
//!
//! A stream's head is advanced by the transaction that appends, under a lock that it keeps until it commits. So positions are given
//! in the order of commits, from 1, without gaps, on both databases; a reader that has seen position n waits for n + 1. Only the end of
//! a job that nobody has claimed [leaves one out](crate::job::cancel::SKIP).
//!
//! What a job's row says is not stored a second time: that it was queued first, that it was claimed by the lease that is held or that
//! did it, and that it is done. The view `job_history` tells both; a job that goes well has no event of its own in the tables. So a
//! claim is one statement, and so is the end of many.
//!
//! The head of a job's stream is in the job's row: whoever moves a job has that row locked anyway, and the statement that moves it
//! [reserves](Reserved) the position of the event that says so. All other streams have a row of their own, which is locked last.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::statement::Rows;

/// Something that happened, at its place in its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub stream: Stream,
    pub position: i64,
    /// What happened: `leased`, `progress`, `submission.received`.
    pub kind: String,
    /// The particulars; only what we wrote ourselves, never a student's text.
    pub data: serde_json::Value,
    pub at: Timestamp,
}

/// A stream of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// What happens to one job.
    Job(i64),
    /// What happens in one course; for its staff.
    Course(i64),
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(job) => write!(f, "job/{job}"),
            Self::Course(course) => write!(f, "course/{course}"),
        }
    }
}

/// An event to be appended.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub stream: Stream,
    pub kind: &'static str,
    pub data: serde_json::Value,
    /// Set when the row of the job says it, and since when: such an event has its place, and is not stored.
    pub in_row: Option<Timestamp>,
}

impl NewEvent {
    /// One that is to be stored.
    #[must_use]
    pub fn new(stream: Stream, kind: &'static str, data: serde_json::Value) -> Self {
        Self { stream, kind, data, in_row: None }
    }
}

/// The positions that statements of this transaction have reserved in the streams of the jobs that they moved.
#[derive(Clone, Debug, Default)]
pub struct Reserved(HashMap<i64, (i64, i64)>);

impl Reserved {
    /// Notes that a statement moved the job's head by one, to there.
    pub fn note(&mut self, job: i64, head: i64) {
        let (last, count) = self.0.entry(job).or_default();
        (*last, *count) = (head.max(*last), *count + 1);
    }
}

/// That a job was claimed, for so many times now.
#[must_use]
pub fn leased(job: i64, position: i64, attempt: i32, at: Timestamp) -> Event {
    let data = serde_json::json!({ "attempt": attempt });
    Event { stream: Stream::Job(job), position, kind: "leased".to_owned(), data, at }
}

/// Stores events that have their places already.
///
/// # Errors
/// When the database does not answer.
pub async fn keep(tx: &impl ConnectionTrait, events: &[Event]) -> Result<(), DbErr> {
    insert(tx, events.iter()).await
}

/// Appends the events, in their order within each stream; what a follower is to hear. To be called last in a transaction: it takes
/// the streams' locks. An event of a job that is not there any more is left out.
///
/// # Errors
/// When the database does not answer.
pub async fn append(
    tx: &impl ConnectionTrait,
    events: &[NewEvent],
    reserved: &Reserved,
    now: Timestamp,
) -> Result<Vec<Event>, DbErr> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let mut counts: BTreeMap<Stream, i64> = BTreeMap::new();
    for event in events {
        *counts.entry(event.stream).or_default() += 1;
    }
    let mut last = heads_of_jobs(tx, &counts, reserved).await?;
    last.extend(heads(tx, &counts).await?);
    let placed = place(events, &counts, &last, now);
    let stored = placed.iter().filter(|(_, in_row)| !in_row).map(|(event, _)| event);
    insert(tx, stored).await?;
    Ok(placed.into_iter().map(|(event, _)| event).collect())
}

/// Gives each event its position, counting up to the last of its stream; and whether the row of its job says it.
fn place(
    events: &[NewEvent],
    counts: &BTreeMap<Stream, i64>,
    last: &HashMap<Stream, i64>,
    now: Timestamp,
) -> Vec<(Event, bool)> {
    let start = |(stream, last): (&Stream, &i64)| (*stream, last - counts.get(stream).copied().unwrap_or(0));
    let mut positions: HashMap<Stream, i64> = last.iter().map(start).collect();
    let placed = events.iter().filter_map(|event| {
        let position = positions.get_mut(&event.stream)?;
        *position += 1;
        let (kind, data, at) = (event.kind.to_owned(), event.data.clone(), event.in_row.unwrap_or(now));
        Some((Event { stream: event.stream, position: *position, kind, data, at }, event.in_row.is_some()))
    });
    placed.collect()
}

/// The heads of the jobs' streams, moved on for those events that have no position reserved.
async fn heads_of_jobs(
    tx: &impl ConnectionTrait,
    counts: &BTreeMap<Stream, i64>,
    reserved: &Reserved,
) -> Result<HashMap<Stream, i64>, DbErr> {
    let mut last = HashMap::new();
    let mut rows = Rows::default();
    for (stream, count) in counts {
        let Stream::Job(job) = stream else { continue };
        let (head, places) = reserved.0.get(job).copied().unwrap_or((0, 0));
        if places == *count {
            last.insert(*stream, head);
        } else {
            rows.push([Value::from(*job), (count - places).into()]);
        }
    }
    if rows.is_empty() {
        return Ok(last);
    }
    let text = "UPDATE job SET head = job.head + v.column2 FROM {rows} AS v WHERE job.id = v.column1 \
         RETURNING job.id AS id, job.head AS head";
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
    for row in found {
        last.insert(Stream::Job(row.try_get("", "id")?), row.try_get("", "head")?);
    }
    Ok(last)
}

/// The heads of all other streams, moved on.
async fn heads(tx: &impl ConnectionTrait, counts: &BTreeMap<Stream, i64>) -> Result<HashMap<Stream, i64>, DbErr> {
    let others: HashMap<String, Stream> = counts
        .keys()
        .filter(|stream| !matches!(stream, Stream::Job(_)))
        .map(|stream| (stream.to_string(), *stream))
        .collect();
    // In the order of their names, in which everybody locks them.
    let sorted: BTreeMap<&str, i64> =
        others.iter().map(|(name, stream)| (name.as_str(), counts.get(stream).copied().unwrap_or(0))).collect();
    let rows: Rows = sorted.iter().map(|(name, count)| [Value::from(*name), (*count).into()]).collect();
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let text = "INSERT INTO stream (name, head) SELECT * FROM {rows} AS v WHERE true \
         ON CONFLICT (name) DO UPDATE SET head = stream.head + excluded.head RETURNING name, head";
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
    let mut last = HashMap::new();
    for row in found {
        let name: String = row.try_get("", "name")?;
        if let Some(stream) = others.get(&name) {
            last.insert(*stream, row.try_get("", "head")?);
        }
    }
    Ok(last)
}

async fn insert<'e>(tx: &impl ConnectionTrait, events: impl Iterator<Item = &'e Event> + Send) -> Result<(), DbErr> {
    let (mut of_jobs, mut others) = (Rows::default(), Rows::default());
    for event in events {
        let rest = [event.position.into(), event.kind.clone().into(), event.data.clone().into(), event.at.into()];
        match event.stream {
            Stream::Job(job) => of_jobs.push([Value::from(job)].into_iter().chain(rest)),
            Stream::Course(_) => others.push([Value::from(event.stream.to_string())].into_iter().chain(rest)),
        }
    }
    let of_jobs =
        (of_jobs, "INSERT INTO job_event (job_id, position, kind, data, at) SELECT * FROM {rows} AS v WHERE true");
    let others = (others, "INSERT INTO event (stream, position, kind, data, at) SELECT * FROM {rows} AS v WHERE true");
    for (rows, text) in [of_jobs, others] {
        if !rows.is_empty() {
            tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await?;
        }
    }
    Ok(())
}

/// Up to `limit` events of a stream behind a position, in order. Who asks must have been allowed to follow the stream.
///
/// # Errors
/// When the database does not answer.
pub async fn after(db: &impl ConnectionTrait, stream: Stream, position: i64, limit: u64) -> Result<Vec<Event>, DbErr> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (text, value) = match stream {
        Stream::Job(job) => (
            "SELECT position, kind, data, at FROM job_history WHERE job_id = $1 AND position > $2 ORDER BY position LIMIT $3",
            Value::from(job),
        ),
        Stream::Course(_) => (
            "SELECT position, kind, data, at FROM event WHERE stream = $1 AND position > $2 ORDER BY position LIMIT $3",
            stream.to_string().into(),
        ),
    };
    let values = [value, position.into(), limit.into()];
    let rows = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), text, values)).await?;
    rows.iter().map(|row| event(stream, row)).collect()
}

fn event(stream: Stream, row: &QueryResult) -> Result<Event, DbErr> {
    Ok(Event {
        stream,
        position: row.try_get("", "position")?,
        kind: row.try_get("", "kind")?,
        data: row.try_get("", "data")?,
        at: row.try_get("", "at")?,
    })
}
