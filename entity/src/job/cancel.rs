//! Stopping a job that somebody does not want any more.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Statement};

use super::JobState;
use super::lease::{Moved, moved};
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
           head = CASE WHEN state = 'queued' THEN head + 1 ELSE head END, \
           state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END \
         WHERE id = $1 AND state IN ('queued', 'leased') \
         RETURNING id, state, lane, attempt, error, head",
        now = database_now(backend),
    );
    let statement = Statement::from_sql_and_values(backend, text, [job.into(), reason.into()]);
    tx.query_one_raw(statement).await?.as_ref().map(moved).transpose()
}
