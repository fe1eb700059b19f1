//! Putting a task into a queue.

use entity::clock::Timestamp;
use entity::taskqueue::task::{self, Task};
use entity::taskqueue::{self, QueueKey, name, queue};

use super::caller::{Caller, Right};
use super::{DELAY, PAYLOAD, TAG, TASK_NAME, TaskCode, TaskProblem, is_tag, is_task_name};
use crate::deps::Deps;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// A task to be put in.
#[derive(Clone, Debug, Default)]
pub struct NewTask {
    /// None: it is given one.
    pub name: Option<String>,
    /// Empty: none.
    pub tag: String,
    pub payload: Vec<u8>,
    /// It cannot be leased before; none, or an instant that is past: at once.
    pub not_before: Option<Timestamp>,
}

/// Puts a task in.
///
/// # Errors
/// When the caller may not, the task is not good, its name is in use or was lately, or something breaks.
pub async fn insert(deps: &Deps, caller: &Caller, queue: &QueueKey, new: NewTask) -> Result<Task, TaskProblem> {
    check(&new)?;
    let write = Write::begin(deps).await?;
    let tx = write.tx();
    caller.check(&queue::find(tx, queue).await?.acl, Right::Produce)?;
    let now = taskqueue::now(tx).await?;
    let lease_at = new.not_before.unwrap_or(now).max(now);
    if lease_at.0 - now.0 > DELAY.most * 1_000_000 {
        let days = DELAY.most / (24 * 3600);
        return Err(Problem::refused(TaskCode::Invalid, format!("leaseTimestamp is more than {days} days from now.")));
    }
    let given = new.name.is_some();
    let name = match new.name {
        Some(name) => name,
        None => new_name(deps.clock.now())?,
    };
    let task = Task { name, tag: new.tag, enqueued_at: now, lease_at, leases: 0, payload: Some(new.payload) };
    queue::ensure(tx, queue).await?;
    // In this order: who deletes a task of that name at this moment has been waited for when the name is looked at.
    let taken =
        !task::insert(tx, queue, &task).await? || given && name::is_reserved(tx, queue, &task.name, now).await?;
    if taken {
        let message = format!("The name `{}` is in use in this queue, or was within the last week.", task.name);
        return Err(Problem::refused(TaskCode::Duplicate, message));
    }
    write.commit().await?;
    Ok(task)
}

fn check(new: &NewTask) -> Result<(), TaskProblem> {
    let refused = |message: String| Err(Problem::refused(TaskCode::Invalid, message));
    if new.name.as_deref().is_some_and(|name| !is_task_name(name)) {
        let most = TASK_NAME.most;
        return refused(format!("id must be 1 to {most} letters, digits, `_` and `-`, and not `lease`."));
    }
    if !is_tag(&new.tag) {
        return refused(format!("tag must have at most {} characters, and no U+0000.", TAG.most));
    }
    if !PAYLOAD.holds(new.payload.len()) {
        let (most, has) = (PAYLOAD.most, new.payload.len());
        return refused(format!("The payload has {has} bytes; at most {most} are taken."));
    }
    Ok(())
}

/// A name that nobody has, and that comes behind those that were given before: a UUID of version 7, with microseconds.
fn new_name(now: Timestamp) -> Result<String, Fault> {
    let mut random = [0u8; 8];
    getrandom::fill(&mut random).map_err(|error| Fault::Internal(format!("no random bytes: {error}")))?;
    let (millis, micros) = (now.0.div_euclid(1000), now.0.rem_euclid(1000));
    let fraction = 0x7000 | (micros * 4096 / 1000);
    let tail = u64::from_be_bytes(random) & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    let (high, low) = ((millis >> 16) & 0xffff_ffff, millis & 0xffff);
    Ok(format!("{high:08x}-{low:04x}-{fraction:04x}-{:04x}-{:012x}", tail >> 48, tail & 0xffff_ffff_ffff))
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, is_task_name, new_name};

    #[test]
    fn names_that_are_given_sort_by_time() {
        let names: Vec<String> = [0, 1, 999, 1000, 1 << 26, 1_800_000_000_000_000, 1_800_000_000_000_001]
            .map(|micros| new_name(Timestamp(micros)).expect("random bytes"))
            .into();
        assert!(names.is_sorted(), "{names:#?}");
        assert!(names.iter().all(|name| name.len() == 36 && is_task_name(name) && &name[14..15] == "7"), "{names:#?}");
        assert_ne!(new_name(Timestamp(5)).ok(), new_name(Timestamp(5)).ok());
    }
}
