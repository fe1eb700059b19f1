//! Holding a leased task for longer, or giving it back.

use std::time::Duration;

use entity::clock::Timestamp;
use entity::taskqueue::task::{self, Task};
use entity::taskqueue::{self, QueueKey, queue};

use super::caller::{Caller, Right};
use super::{NEW_LEASE_SECONDS, TaskCode, TaskProblem, no_such_task};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Makes the lease of a task end so many seconds from now; 0 gives it back. `held_until` is when the caller's lease ends: where it is
/// given, the task must not have gone to somebody else meanwhile.
///
/// # Errors
/// When the caller may not, there is no such task, it is not leased, or to somebody else, or something breaks.
pub async fn hold(
    deps: &Deps,
    caller: &Caller,
    queue: &QueueKey,
    name: &str,
    held_until: Option<Timestamp>,
    seconds: i64,
) -> Result<Task, TaskProblem> {
    let span = Duration::from_secs(NEW_LEASE_SECONDS.check(seconds)?);
    let write = Write::begin(deps).await?;
    let tx = write.tx();
    caller.check(&queue::find(tx, queue).await?.acl, Right::Consume)?;
    let now = taskqueue::now(tx).await?;
    if let Some(task) = task::hold(tx, queue, name, held_until, now, span).await? {
        write.commit().await?;
        return Ok(task);
    }
    let task = task::find(tx, queue, name).await?.ok_or_else(|| no_such_task(name))?;
    let message = if task.leases == 0 || task.lease_at <= now {
        "The task is not leased, or its lease is over; lease it anew."
    } else {
        "leaseTimestamp is not that of the task's lease: the lease has gone to somebody else, or was changed since."
    };
    Err(Problem::refused(TaskCode::Invalid, message))
}
