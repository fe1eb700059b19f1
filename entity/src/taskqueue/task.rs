//! The tasks themselves: what there is, putting one in, holding one for longer, taking one out.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};

use super::{QueueKey, places, statement};
use crate::clock::{Timestamp, micros};

/// Tasks that are listed at once.
pub const LISTED: usize = 100;

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub name: String,
    /// Empty: none.
    pub tag: String,
    pub enqueued_at: Timestamp,
    /// When its lease ends; of one that never was leased, from when on it may be.
    pub lease_at: Timestamp,
    /// How often it was leased.
    pub leases: i32,
    /// None where it was not asked for.
    pub payload: Option<Vec<u8>>,
}

/// The columns of a task without its payload.
pub(super) const HEAD: &str = "name, tag, enqueued_at, lease_at, leases";
/// The columns of a whole task.
pub(super) const WHOLE: &str = "name, tag, enqueued_at, lease_at, leases, payload";

pub(super) fn head(row: &QueryResult) -> Result<Task, DbErr> {
    Ok(Task {
        name: row.try_get("", "name")?,
        tag: row.try_get("", "tag")?,
        enqueued_at: row.try_get("", "enqueued_at")?,
        lease_at: row.try_get("", "lease_at")?,
        leases: row.try_get("", "leases")?,
        payload: None,
    })
}

pub(super) fn whole(row: &QueryResult) -> Result<Task, DbErr> {
    Ok(Task { payload: Some(row.try_get("", "payload")?), ..head(row)? })
}

/// Puts a task in. False: the queue has one of that name.
///
/// # Errors
/// When the database does not answer.
pub async fn insert(tx: &impl ConnectionTrait, queue: &QueueKey, task: &Task) -> Result<bool, DbErr> {
    let payload = task.payload.clone().unwrap_or_default();
    let values = queue.with([
        task.name.as_str().into(),
        task.tag.as_str().into(),
        task.enqueued_at.into(),
        task.lease_at.into(),
        i64::try_from(payload.len()).unwrap_or(i64::MAX).into(),
        payload.into(),
    ]);
    let text = "INSERT INTO task (project, queue, name, tag, enqueued_at, lease_at, leases, size, payload) \
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8) ON CONFLICT DO NOTHING";
    Ok(tx.execute_raw(statement(tx, text, values)).await?.rows_affected() == 1)
}

/// The task with that name.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &impl ConnectionTrait, queue: &QueueKey, name: &str) -> Result<Option<Task>, DbErr> {
    let text = format!("SELECT {WHOLE} FROM task WHERE project = $1 AND queue = $2 AND name = $3");
    let row = db.query_one_raw(statement(db, text, queue.with([name.into()]))).await?;
    row.as_ref().map(whole).transpose()
}

/// The payloads of tasks, by their names. Of one that is gone there is none.
///
/// # Errors
/// When the database does not answer.
pub async fn payloads(
    db: &impl ConnectionTrait,
    queue: &QueueKey,
    names: &[&str],
) -> Result<HashMap<String, Vec<u8>>, DbErr> {
    let text = format!(
        "SELECT name, payload FROM task WHERE project = $1 AND queue = $2 AND name IN ({})",
        places(2, names.len())
    );
    let values = queue.with(names.iter().map(|name| (*name).into()));
    let rows = db.query_all_raw(statement(db, text, values)).await?;
    rows.into_iter().map(|row| Ok((row.try_get("", "name")?, row.try_get("", "payload")?))).collect()
}

/// The oldest tasks, leased or not, without their payloads.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &impl ConnectionTrait, queue: &QueueKey) -> Result<Vec<Task>, DbErr> {
    let text =
        format!("SELECT {HEAD} FROM task WHERE project = $1 AND queue = $2 ORDER BY enqueued_at, name LIMIT {LISTED}");
    db.query_all_raw(statement(db, text, queue.with([]))).await?.iter().map(head).collect()
}

/// Makes the lease of a task end that much after `now`, if it is leased then, and, where that is given, its lease ends at `held_until`.
/// None: it is not so.
///
/// # Errors
/// When the database does not answer.
pub async fn hold(
    tx: &impl ConnectionTrait,
    queue: &QueueKey,
    name: &str,
    held_until: Option<Timestamp>,
    now: Timestamp,
    span: Duration,
) -> Result<Option<Task>, DbErr> {
    let mut values = queue.with([name.into(), now.into(), (now.0 + micros(span)).into()]);
    let mut text = "UPDATE task SET lease_at = $5 \
         WHERE project = $1 AND queue = $2 AND name = $3 AND leases > 0 AND lease_at > $4"
        .to_owned();
    if let Some(held_until) = held_until {
        values.push(held_until.into());
        text.push_str(" AND lease_at = $6");
    }
    text.push_str(&format!(" RETURNING {WHOLE}"));
    let row = tx.query_one_raw(statement(tx, text, values)).await?;
    row.as_ref().map(whole).transpose()
}

/// Takes a task out. False: there is none of that name.
///
/// # Errors
/// When the database does not answer.
pub async fn delete(tx: &impl ConnectionTrait, queue: &QueueKey, name: &str) -> Result<bool, DbErr> {
    let text = "DELETE FROM task WHERE project = $1 AND queue = $2 AND name = $3";
    let values: Vec<Value> = queue.with([name.into()]);
    Ok(tx.execute_raw(statement(tx, text, values)).await?.rows_affected() == 1)
}
