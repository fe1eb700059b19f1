//! What waits for the writer, and when there is enough of it for a transaction.
//!
//! A transaction costs much the same whether it does one operation or ten. So while one is under way, the next begins when enough waits to be
//! worth it, or when something has waited for long enough: it is kept up by no other for longer than that. Whoever ends takes all that waits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;

use super::operation::{Answer, Operation};
use crate::problem::Fault;
use crate::shift::Shifts;

/// Bytes of operations that may wait; who brings more, waits outside.
pub(super) const INTAKE_BYTES: usize = 64 << 20;
/// Operations in one transaction.
const BATCH: usize = 512;
/// So many that wait are worth a transaction beside another one.
const ENOUGH: usize = 8;
/// What has waited for so long is not kept waiting by another transaction any more.
const SOON: Duration = Duration::from_millis(20);

/// An operation that waits, with who waits for it.
#[derive(Debug)]
pub(super) struct Item {
    pub operation: Operation,
    pub reply: oneshot::Sender<Result<Answer, Fault>>,
    pub permit: OwnedSemaphorePermit,
    pub since: Instant,
}

#[derive(Debug, Default)]
struct Waiting {
    /// These go before others.
    settlements: VecDeque<Item>,
    others: VecDeque<Item>,
    /// Batches that are under way.
    busy: usize,
}

impl Waiting {
    /// How long what waits is to wait yet before it is worth a transaction; none where it is now.
    fn rest(&self) -> Option<Duration> {
        if self.busy == 0 || self.settlements.len() + self.others.len() >= ENOUGH {
            return None;
        }
        let oldest = self.settlements.front().into_iter().chain(self.others.front()).map(|item| item.since).min()?;
        SOON.checked_sub(oldest.elapsed()).filter(|rest| !rest.is_zero())
    }
}

/// What waits for the writer. Outlives the actor: its successor finds all that it left.
#[derive(Debug)]
pub(super) struct Queue {
    pub intake: Arc<Semaphore>,
    waiting: Mutex<Waiting>,
    pub shifts: Shifts,
}

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Next {
    Batch(Vec<Item>, Busy),
    /// Something waits for more to come, for that long at most.
    Later(Duration),
    Nothing,
}

/// That a batch is under way, as long as this is there.
#[derive(Debug)]
pub(super) struct Busy(Arc<Queue>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.lock().busy -= 1;
    }
}

impl Default for Queue {
    fn default() -> Self {
        Self { intake: Arc::new(Semaphore::new(INTAKE_BYTES)), waiting: Mutex::default(), shifts: Shifts::default() }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn push(&self, item: Item) {
        let mut waiting = self.lock();
        let queue = if item.operation.is_settlement() { &mut waiting.settlements } else { &mut waiting.others };
        queue.push_back(item);
        drop(waiting);
        self.shifts.wake();
    }

    pub fn next(self: &Arc<Self>) -> Next {
        let mut waiting = self.lock();
        // Nobody would work on a claim that nobody waits for.
        waiting.others.retain(|item| !item.reply.is_closed());
        if waiting.settlements.is_empty() && waiting.others.is_empty() {
            return Next::Nothing;
        }
        if let Some(rest) = waiting.rest() {
            return Next::Later(rest);
        }
        waiting.busy += 1;
        let first = waiting.settlements.len().min(BATCH);
        let then = waiting.others.len().min(BATCH - first);
        let mut items: Vec<Item> = waiting.settlements.drain(..first).collect();
        items.extend(waiting.others.drain(..then));
        Next::Batch(items, Busy(Arc::clone(self)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use entity::execution::record::Chunk;
    use entity::job::lease::Settlement;
    use tokio::sync::oneshot;
    use tokio::time::Instant;

    use super::super::operation::{Answer, Operation, Settling};
    use super::{ENOUGH, Fault, Item, Next, Queue, SOON};

    /// Something that has waited for that long, and who waits for it.
    fn waits(queue: &Queue, operation: Operation, time: Duration) -> oneshot::Receiver<Result<Answer, Fault>> {
        let permit = Arc::clone(&queue.intake).try_acquire_owned().expect("room");
        let (reply, answer) = oneshot::channel();
        let since = Instant::now().checked_sub(time).expect("a time");
        queue.push(Item { operation, reply, permit, since });
        answer
    }

    fn record() -> Operation {
        Operation::Record(Chunk { job: 1, lease_token: 1, records: Vec::new() })
    }

    fn count(next: &Next) -> Option<usize> {
        match next {
            Next::Batch(items, _) => Some(items.len()),
            Next::Later(_) | Next::Nothing => None,
        }
    }

    #[test]
    fn one_is_enough_for_who_is_alone_and_more_for_who_is_not() {
        let queue = Arc::new(Queue::default());
        assert!(matches!(queue.next(), Next::Nothing));
        let mut answers = vec![waits(&queue, record(), Duration::ZERO)];
        let first = queue.next();
        assert_eq!(count(&first), Some(1));
        answers.extend((0..ENOUGH).map(|_| waits(&queue, record(), Duration::ZERO)));
        let second = queue.next();
        assert_eq!(count(&second), Some(ENOUGH));
        answers.push(waits(&queue, record(), Duration::ZERO));
        drop(first);
        assert!(matches!(queue.next(), Next::Later(rest) if rest <= SOON), "the second is under way");
        drop(second);
        assert_eq!(count(&queue.next()), Some(1));
    }

    #[test]
    fn nothing_is_kept_waiting_for_long_and_nobody_works_for_who_has_gone() {
        let queue = Arc::new(Queue::default());
        let _answer = waits(&queue, record(), Duration::ZERO);
        let under_way = queue.next();
        assert_eq!(count(&under_way), Some(1));
        drop(waits(&queue, record(), SOON));
        assert!(matches!(queue.next(), Next::Nothing));
        let _there = waits(&queue, Operation::Settle(Settling::new((1, 1), Settlement::Done)), SOON);
        let Next::Batch(items, _) = queue.next() else { panic!("it has waited") };
        assert!(items.len() == 1 && items[0].operation.is_settlement());
    }
}
