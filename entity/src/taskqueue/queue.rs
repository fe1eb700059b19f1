//! What is known of queues: how they are set up, and what is in them.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use serde::{Deserialize, Serialize};

use super::{QueueKey, statement};
use crate::clock::Timestamp;

/// Who may do what, by mail address. If all lists are empty, everybody who comes through the door may do everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acl {
    /// Everything.
    #[serde(default)]
    pub admins: Vec<String>,
    /// Look, lease, hold and delete.
    #[serde(default)]
    pub consumers: Vec<String>,
    /// Insert.
    #[serde(default)]
    pub producers: Vec<String>,
}

impl Acl {
    /// Whether nobody is named.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.admins.is_empty() && self.consumers.is_empty() && self.producers.is_empty()
    }
}

/// How a queue is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// How often a task is leased before it is dropped; 0 is as often as you like.
    pub max_leases: i32,
    pub acl: Acl,
}

fn settings(row: &QueryResult) -> Result<Settings, DbErr> {
    let acl: serde_json::Value = row.try_get("", "acl")?;
    let acl = serde_json::from_value(acl).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(Settings { max_leases: row.try_get("", "max_leases")?, acl })
}

/// How a queue is set up; as one that nobody has set up, where there is none.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &impl ConnectionTrait, queue: &QueueKey) -> Result<Settings, DbErr> {
    let text = "SELECT max_leases, acl FROM task_queue WHERE project = $1 AND name = $2";
    let row = db.query_one_raw(statement(db, text, queue.with([]))).await?;
    row.as_ref().map_or_else(|| Ok(Settings::default()), settings)
}

/// Makes a queue, unless there is one.
///
/// # Errors
/// When the database does not answer.
pub async fn ensure(tx: &impl ConnectionTrait, queue: &QueueKey) -> Result<(), DbErr> {
    let acl = serde_json::to_value(Acl::default()).map_err(|error| DbErr::Json(error.to_string()))?;
    let text = "INSERT INTO task_queue (project, name, max_leases, acl) VALUES ($1, $2, 0, $3) ON CONFLICT DO NOTHING";
    tx.execute_raw(statement(tx, text, queue.with([acl.into()]))).await.map(drop)
}

/// Sets a queue up, new or not.
///
/// # Errors
/// When the database does not answer.
pub async fn set(tx: &impl ConnectionTrait, queue: &QueueKey, settings: &Settings) -> Result<(), DbErr> {
    let acl = serde_json::to_value(&settings.acl).map_err(|error| DbErr::Json(error.to_string()))?;
    let values = queue.with([settings.max_leases.into(), acl.into()]);
    let text = "INSERT INTO task_queue (project, name, max_leases, acl) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (project, name) DO UPDATE SET max_leases = excluded.max_leases, acl = excluded.acl";
    tx.execute_raw(statement(tx, text, values)).await.map(drop)
}

/// All queues, by project and name.
///
/// # Errors
/// When the database does not answer.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<(QueueKey, Settings)>, DbErr> {
    let text = "SELECT project, name, max_leases, acl FROM task_queue ORDER BY project, name";
    let rows = db.query_all_raw(statement(db, text, Vec::new())).await?;
    let read = |row: &QueryResult| {
        let key = QueueKey { project: row.try_get("", "project")?, name: row.try_get("", "name")? };
        Ok((key, settings(row)?))
    };
    rows.iter().map(read).collect()
}

/// How many tasks are in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Those that are leased too.
    pub tasks: i64,
    /// When the oldest of them was put in.
    pub oldest: Option<Timestamp>,
}

/// What is in a queue.
///
/// # Errors
/// When the database does not answer.
pub async fn content(db: &impl ConnectionTrait, queue: &QueueKey) -> Result<Content, DbErr> {
    let text = "SELECT count(*) AS tasks, min(enqueued_at) AS oldest FROM task WHERE project = $1 AND queue = $2";
    let row = db.query_one_raw(statement(db, text, queue.with([]))).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("a count".to_owned()))?;
    Ok(Content { tasks: row.try_get("", "tasks")?, oldest: row.try_get("", "oldest")? })
}

/// How many tasks of a queue could be leased now, and how many were dropped.
///
/// # Errors
/// When the database does not answer.
pub async fn free_and_dead(db: &impl ConnectionTrait, queue: &QueueKey, now: Timestamp) -> Result<(i64, i64), DbErr> {
    let count = async |text: &str, values: Vec<Value>| -> Result<i64, DbErr> {
        let row = db.query_one_raw(statement(db, text, values)).await?;
        row.map_or(Ok(0), |row| row.try_get("", "tasks"))
    };
    let free = "SELECT count(*) AS tasks FROM task WHERE project = $1 AND queue = $2 AND lease_at <= $3";
    let dead = "SELECT count(*) AS tasks FROM task_dead WHERE project = $1 AND queue = $2";
    Ok((count(free, queue.with([now.into()])).await?, count(dead, queue.with([])).await?))
}
