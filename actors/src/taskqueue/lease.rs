//! Leasing tasks: they are the caller's for a while, and free again by themselves when it is over.

use std::collections::VecDeque;
use std::time::Duration;

use entity::clock::Timestamp;
use entity::taskqueue::lease::{self, Free};
use entity::taskqueue::task::{self, Task};
use entity::taskqueue::{self, QueueKey, counter, dead, queue};
use sea_orm::DbErr;

use super::caller::{Caller, Right};
use super::{LEASE_SECS, NUM_TASKS, TAG, TaskCode, TaskProblem, is_tag};
use crate::database::Transaction;
use crate::deps::Deps;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// Bytes of the payloads in one answer. The first task is given whatever its size.
const MOST_BYTES: i64 = 16 << 20;
/// Bytes of payloads that are in memory for one caller at a time, or those of one task.
const PIECE_BYTES: i64 = 1 << 20;
/// How often it is looked again for others in the place of tasks that are dropped.
const ROUNDS: usize = 20;
/// How many are looked at at once, so that a heap of tasks that are to be dropped does not hide those behind it.
const HEAP: usize = 100;
/// Those who lease at the same time are counted in so many places.
const PARTS: u8 = 32;

/// Which tasks somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// Any.
    All,
    /// Those with this tag; empty: those without one.
    Tag(String),
    /// Those with the tag of the one that has been free for longest, or those without one if it has none.
    Earliest,
}

/// What somebody wants to lease.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub tasks: i64,
    pub seconds: i64,
    pub group: Group,
}

/// Tasks that were leased, in pieces that are small enough to be in memory.
#[derive(Debug, Default)]
pub struct Leased(VecDeque<Vec<Task>>);

impl Leased {
    /// How many pieces are left.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.0.len()
    }

    /// The next tasks, with their payloads. None: there are no more. A task that was deleted meanwhile is left out.
    ///
    /// # Errors
    /// When something breaks. The tasks are leased nevertheless, and free again when that is over.
    pub async fn next(&mut self, deps: &Deps, queue: &QueueKey) -> Result<Option<Vec<Task>>, Fault> {
        let Some(mut tasks) = self.0.pop_front() else { return Ok(None) };
        if tasks.iter().all(|task| task.payload.is_some()) {
            return Ok(Some(tasks));
        }
        let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
        let mut payloads = task::payloads(deps.db.read(), queue, &names).await?;
        tasks.retain_mut(|task| {
            task.payload = payloads.remove(&task.name);
            task.payload.is_some()
        });
        Ok(Some(tasks))
    }
}

/// Leases tasks that are free, those that have been for longest first. There may be fewer than wanted, or none.
///
/// # Errors
/// When the caller may not, a number is out of its range, or something breaks.
pub async fn lease(deps: &Deps, caller: &Caller, queue: &QueueKey, wanted: Wanted) -> Result<Leased, TaskProblem> {
    let most = usize::try_from(NUM_TASKS.check(wanted.tasks)?).unwrap_or(usize::MAX);
    let span = Duration::from_secs(LEASE_SECS.check(wanted.seconds)?);
    if let Group::Tag(tag) = &wanted.group
        && !is_tag(tag)
    {
        let message = format!("tag must have at most {} characters, and no U+0000.", TAG.most);
        return Err(Problem::refused_at(TaskCode::Parameter, message, &["tag"]));
    }
    let db = deps.db.read();
    let settings = queue::find(db, queue).await?;
    caller.check(&settings.acl, Right::Consume)?;
    if !lease::any_free(db, queue, taskqueue::now(db).await?).await? {
        // Workers ask again and again; who finds nothing is in nobody's way.
        return Ok(Leased::default());
    }
    let write = Write::begin(deps).await?;
    let now = taskqueue::now(write.tx()).await?;
    let (names, pieces) = choose(write.tx(), queue, &wanted.group, now, most, settings.max_leases).await?;
    // What is too much for one piece is read when it is sent, and not while others wait for this transaction.
    let mut tasks = lease::lease(write.tx(), queue, &names, now, span, pieces.len() == 1).await?;
    if !tasks.is_empty() {
        // Last, as others may wait for it.
        let part = if deps.db.is_embedded() { 0 } else { any_part() };
        counter::count(write.tx(), queue, now, part, tasks.len()).await?;
    }
    write.commit().await?;
    Ok(Leased(pieces.into_iter().map(|many| tasks.drain(..many.min(tasks.len())).collect()).collect()))
}

/// The names of the tasks to be leased, and how many of them each piece has. Those that were leased too often are dropped on the way.
async fn choose(
    tx: &Transaction,
    queue: &QueueKey,
    group: &Group,
    now: Timestamp,
    most: usize,
    max_leases: i32,
) -> Result<(Vec<String>, Vec<usize>), DbErr> {
    let mut chosen = Vec::new();
    for _ in 0..ROUNDS {
        let tag = match group {
            Group::All => None,
            Group::Tag(tag) => Some(tag.clone()),
            Group::Earliest => match lease::earliest_tag(tx, queue, now).await? {
                Some(tag) => Some(tag),
                None => break,
            },
        };
        let free = lease::free(tx, queue, tag.as_deref(), now, most.max(HEAP)).await?;
        let (spent, fresh): (Vec<Free>, Vec<Free>) =
            free.into_iter().partition(|task| max_leases > 0 && task.leases >= max_leases);
        chosen = that_fit(fresh, most);
        if spent.is_empty() {
            break;
        }
        let spent: Vec<String> = spent.into_iter().map(|task| task.name).collect();
        tracing::info!(queue = %queue.name, tasks = spent.len(), "tasks were leased as often as their queue allows");
        dead::bury(tx, queue, &spent, now).await?;
    }
    let pieces = pieces(&chosen);
    Ok((chosen.into_iter().map(|task| task.name).collect(), pieces))
}

/// The first tasks, as many as one answer holds.
fn that_fit(free: Vec<Free>, most: usize) -> Vec<Free> {
    let mut bytes = 0;
    let fits = |task: &Free| {
        let first = bytes == 0;
        bytes += task.size;
        first || bytes <= MOST_BYTES
    };
    free.into_iter().take(most).take_while(fits).collect()
}

/// How many tasks each piece has.
fn pieces(chosen: &[Free]) -> Vec<usize> {
    let (mut pieces, mut bytes): (Vec<usize>, i64) = (Vec::new(), 0);
    for task in chosen {
        bytes += task.size;
        match pieces.last_mut() {
            Some(many) if bytes <= PIECE_BYTES => *many += 1,
            _ => {
                pieces.push(1);
                bytes = task.size;
            }
        }
    }
    pieces
}

fn any_part() -> i32 {
    let mut byte = [0];
    let _ = getrandom::fill(&mut byte);
    i32::from(byte[0] % PARTS)
}

#[cfg(test)]
mod tests {
    use super::{Free, MOST_BYTES, PIECE_BYTES, pieces, that_fit};

    fn tasks(sizes: &[i64]) -> Vec<Free> {
        sizes.iter().map(|size| Free { name: size.to_string(), leases: 0, size: *size }).collect()
    }

    #[test]
    fn a_piece_is_small() {
        assert!(pieces(&[]).is_empty());
        assert_eq!(pieces(&tasks(&[0, 0, PIECE_BYTES])), [3]);
        assert_eq!(pieces(&tasks(&[1, PIECE_BYTES, 1, PIECE_BYTES + 1, 0, 5])), [1, 1, 1, 1, 2]);
    }

    #[test]
    fn an_answer_is_not_too_long() {
        let free = |sizes: &[i64]| that_fit(tasks(sizes), 100).len();
        assert_eq!(free(&[]), 0);
        assert_eq!(free(&[0, 0, 0]), 3);
        assert_eq!(free(&[MOST_BYTES + 1, 1]), 1);
        assert_eq!(free(&[MOST_BYTES - 1, 1, 1]), 2);
        assert_eq!(free(&[1 << 20; 40]), 16);
    }
}
