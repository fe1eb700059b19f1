//! What a clock that was set back leaves behind: jobs that wait for a time which was read off it while it was ahead.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, Statement};

use crate::clock::{database_now, micros};

/// By how much a row may be ahead of the clock that is read now.
const TOLERANCE: Duration = Duration::from_secs(1);

/// Has jobs that were enqueued by a clock ahead of the present one wait as long as they were meant to from now on, and with
/// `retries` those that wait for another try no longer: nothing says when that wait began, and a try that comes early does no
/// harm. How many there were.
///
/// # Errors
/// When the database does not answer.
pub async fn after_step_back(tx: &impl ConnectionTrait, retries: bool) -> Result<u64, DbErr> {
    let backend = tx.get_database_backend();
    let now = database_now(backend);
    let ahead = format!("created_at > {now} + {}", micros(TOLERANCE));
    let whose = if retries { format!("({ahead} OR attempt > 0)") } else { ahead };
    let text = format!(
        "UPDATE job SET run_at = CASE WHEN attempt > 0 THEN {now} ELSE {now} + run_at - created_at END, \
           created_at = CASE WHEN created_at > {now} THEN {now} ELSE created_at END \
         WHERE state = 'queued' AND run_at > {now} AND {whose}"
    );
    Ok(tx.execute_raw(Statement::from_string(backend, text)).await?.rows_affected())
}
