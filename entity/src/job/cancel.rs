//! Stopping a job that somebody does not want any more, or that a newer one replaces.

use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, Statement};

use super::lease::{Moved, moved};
use super::{JobState, Model};
use crate::clock::database_now;

/// Whether somebody wants a job to be stopped that somebody works on.
///
/// # Errors
/// When the database does not answer.
pub async fn is_wanted(db: &impl ConnectionTrait, job: i64) -> Result<bool, DbErr> {
    let wanted = super::Entity::find_by_id(job)
        .filter(super::Column::State.eq(JobState::Leased))
        .filter(super::Column::StopAt.is_not_null());
    Ok(wanted.one(db).await?.is_some())
}

/// By how many positions the end of a job that nobody has claimed lies behind its last event. One is left out: a claim that was
/// undone by a loss of power may have been seen at it, and who saw that must not take the end for it.
pub const SKIP: i64 = 2;

/// Stops a job: one that is queued is cancelled here and now, one that is leased is marked, for its holder to stop. The job as it
/// is now; none when it had ended already.
///
/// # Errors
/// When the database does not answer.
pub async fn cancel(tx: &impl ConnectionTrait, job: i64, reason: &str) -> Result<Option<Moved>, DbErr> {
    let backend = tx.get_database_backend();
    let text = format!(
        "UPDATE job SET stop_at = coalesce(stop_at, {now}), \
           error = CASE WHEN state = 'queued' THEN $2 ELSE error END, \
           finished_at = CASE WHEN state = 'queued' THEN {now} ELSE NULL END, \
           head = CASE WHEN state = 'queued' THEN head + {SKIP} ELSE head END, \
           state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END \
         WHERE id = $1 AND state IN ('queued', 'leased') \
         RETURNING id, state, lane, attempt, error, head",
        now = database_now(backend),
    );
    let statement = Statement::from_sql_and_values(backend, text, [job.into(), reason.into()]);
    tx.query_one_raw(statement).await?.as_ref().map(moved).transpose()
}

/// What the row of a job says whose place a newer one took.
const SUPERSEDED: &str = "a newer one took its place";

/// Cancels the job that is queued under the key, if there is one; as it is now. The position of its head is reserved for the event
/// that says so.
///
/// Until the transaction ends nobody else does so for this key: who could not see the job that this transaction enqueues would
/// not replace it, and its own would be taken for a repeat.
///
/// # Errors
/// When the database does not answer.
pub async fn supersede(tx: &impl ConnectionTrait, key: &str) -> Result<Option<Model>, DbErr> {
    let backend = tx.get_database_backend();
    if backend == DbBackend::Postgres {
        let turn = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        tx.execute_raw(Statement::from_sql_and_values(backend, turn, [key.into()])).await?;
    }
    let text = format!(
        "UPDATE job SET state = 'cancelled', stop_at = {now}, finished_at = {now}, error = $2, head = head + {SKIP} \
         WHERE key = $1 AND state = 'queued' RETURNING *",
        now = database_now(backend),
    );
    let statement = Statement::from_sql_and_values(backend, text, [key.into(), SUPERSEDED.into()]);
    super::Entity::find().from_raw_sql(statement).one(tx).await
}

/// Notes which job took the place of another.
///
/// # Errors
/// When the database does not answer.
pub async fn note_successor(tx: &impl ConnectionTrait, job: i64, successor: i64) -> Result<(), DbErr> {
    let text = "UPDATE job SET superseded_by = $2 WHERE id = $1";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), text, [job.into(), successor.into()]);
    tx.execute_raw(statement).await.map(drop)
}

/// The job that is queued under the key of another.
///
/// # Errors
/// When the database does not answer.
pub async fn successor(tx: &impl ConnectionTrait, job: &Model) -> Result<Option<Model>, DbErr> {
    let Some(key) = &job.key else { return Ok(None) };
    let queued =
        super::Entity::find().filter(super::Column::Key.eq(key)).filter(super::Column::State.eq(JobState::Queued));
    queued.one(tx).await
}
