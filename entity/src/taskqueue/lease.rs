//! Leasing: which tasks are free, and handing them out.
//!
//! A task is free when its lease has ended, so nothing has to happen at that moment. Each statement is one range of an index: what
//! is leased lies behind the range, and what is gone has left no row in it.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use super::task::{HEAD, Task, WHOLE, head, whole};
use super::{QueueKey, places, statement};
use crate::clock::{Timestamp, micros};

/// A task that can be leased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Free {
    pub name: String,
    pub leases: i32,
    /// Bytes of its payload.
    pub size: i64,
}

/// Tasks that somebody else is leasing at this moment are passed over where several can write.
fn unlocked(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" }
}

/// The tasks that are free, those that have been for longest first; only those with the tag where one is given. They are this
/// transaction's then.
///
/// # Errors
/// When the database does not answer.
pub async fn free(
    tx: &impl ConnectionTrait,
    queue: &QueueKey,
    tag: Option<&str>,
    now: Timestamp,
    many: usize,
) -> Result<Vec<Free>, DbErr> {
    let rows = tx.query_all_raw(free_statement(tx.get_database_backend(), queue, tag, now, many)).await?;
    let read = |row: &QueryResult| {
        Ok(Free { name: row.try_get("", "name")?, leases: row.try_get("", "leases")?, size: row.try_get("", "size")? })
    };
    rows.iter().map(read).collect()
}

/// The statement of [`free`].
#[must_use]
pub fn free_statement(
    backend: DbBackend,
    queue: &QueueKey,
    tag: Option<&str>,
    now: Timestamp,
    many: usize,
) -> Statement {
    let mut values = queue.with([now.into(), i64::try_from(many).unwrap_or(i64::MAX).into()]);
    let mut group = "";
    if let Some(tag) = tag {
        values.push(tag.into());
        group = "AND tag = $5 ";
    }
    let text = format!(
        "SELECT name, leases, size FROM task WHERE project = $1 AND queue = $2 {group}AND lease_at <= $3 \
         ORDER BY lease_at, name LIMIT $4{}",
        unlocked(backend)
    );
    Statement::from_sql_and_values(backend, text, values)
}

/// Whether any task is free. For who does not want to wait for its turn to write if there is none.
///
/// # Errors
/// When the database does not answer.
pub async fn any_free(db: &impl ConnectionTrait, queue: &QueueKey, now: Timestamp) -> Result<bool, DbErr> {
    // Without an order, PostgreSQL reads the table until it comes upon one.
    let text =
        "SELECT 1 FROM task WHERE project = $1 AND queue = $2 AND lease_at <= $3 ORDER BY lease_at, name LIMIT 1";
    Ok(db.query_one_raw(statement(db, text, queue.with([now.into()]))).await?.is_some())
}

/// The tag of the task that has been free for longest. None: there is no free task.
///
/// # Errors
/// When the database does not answer.
pub async fn earliest_tag(
    tx: &impl ConnectionTrait,
    queue: &QueueKey,
    now: Timestamp,
) -> Result<Option<String>, DbErr> {
    let text = format!(
        "SELECT tag FROM task WHERE project = $1 AND queue = $2 AND lease_at <= $3 ORDER BY lease_at, name LIMIT 1{}",
        unlocked(tx.get_database_backend())
    );
    let row = tx.query_one_raw(statement(tx, text, queue.with([now.into()]))).await?;
    row.map(|row| row.try_get("", "tag")).transpose()
}

/// Leases tasks of this transaction. The answer has them in the order of the list, with their payloads or without them.
///
/// # Errors
/// When the database does not answer.
pub async fn lease(
    tx: &impl ConnectionTrait,
    queue: &QueueKey,
    names: &[String],
    now: Timestamp,
    span: Duration,
    with_payloads: bool,
) -> Result<Vec<Task>, DbErr> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let (columns, read): (_, fn(&QueryResult) -> _) = if with_payloads { (WHOLE, whole) } else { (HEAD, head) };
    let until: Value = (now.0 + micros(span)).into();
    let values = queue.with(std::iter::once(until).chain(names.iter().map(|name| name.as_str().into())));
    let text = format!(
        "UPDATE task SET lease_at = $3, leases = leases + 1 \
         WHERE project = $1 AND queue = $2 AND name IN ({}) RETURNING {columns}",
        places(3, names.len())
    );
    let rows = tx.query_all_raw(statement(tx, text, values)).await?;
    let mut tasks: Vec<Task> = rows.iter().map(read).collect::<Result<_, _>>()?;
    tasks.sort_by_cached_key(|task| names.iter().position(|name| *name == task.name));
    Ok(tasks)
}
