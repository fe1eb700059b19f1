//! Deleting a task, leased or not. Its payload is gone at once; its name stays taken for a week.

use entity::taskqueue::{self, QueueKey, name, queue, task};

use super::caller::{Caller, Right};
use super::{TaskProblem, no_such_task};
use crate::deps::Deps;
use crate::write::Write;

/// Deletes a task.
///
/// # Errors
/// When the caller may not, there is no such task, or something breaks.
pub async fn delete(deps: &Deps, caller: &Caller, queue: &QueueKey, name: &str) -> Result<(), TaskProblem> {
    let write = Write::begin(deps).await?;
    let tx = write.tx();
    caller.check(&queue::find(tx, queue).await?.acl, Right::Consume)?;
    if !task::delete(tx, queue, name).await? {
        return Err(no_such_task(name));
    }
    let now = taskqueue::now(tx).await?;
    name::reserve(tx, queue, &[name.to_owned()], now).await?;
    Ok(write.commit().await?)
}
