//! Recurring jobs: the last tick of each entry, so that two processes make one job and a missed tick runs once.

use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use crate::clock::Timestamp;

/// Takes the tick of an entry: true for exactly one caller, who enqueues the job in the same transaction.
///
/// An entry that was never seen takes the tick without a job: a new installation does not catch up on the past.
///
/// # Errors
/// When the database does not answer.
pub async fn take(tx: &impl ConnectionTrait, entry: &str, tick: Timestamp) -> Result<bool, DbErr> {
    let backend = tx.get_database_backend();
    let values = || [Value::from(entry), tick.into()];
    let first = "INSERT INTO cron_tick (entry, last) VALUES ($1, $2) ON CONFLICT (entry) DO NOTHING";
    if tx.execute_raw(Statement::from_sql_and_values(backend, first, values())).await?.rows_affected() > 0 {
        return Ok(false);
    }
    let next = "UPDATE cron_tick SET last = $2 WHERE entry = $1 AND last < $2";
    Ok(tx.execute_raw(Statement::from_sql_and_values(backend, next, values())).await?.rows_affected() > 0)
}
