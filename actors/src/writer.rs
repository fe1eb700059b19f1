//! The writer: one for each process. Takes hot operations as data and runs all that wait in one transaction.
//!
//! No timer: it commits when the last commit has ended. A batch that fails, or whose commit has an unknown outcome, is run
//! again by halves, so that one bad operation fails alone; every operation is safe to repeat. Settlements go before new work.

mod batch;
mod operation;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix::{Actor, Context, Handler};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use crate::deps::Deps;
use crate::guardian::{Ping, Visit};
use crate::line::Line;
use crate::problem::Fault;
use crate::shift::{Crew, Shift, Shifts};

pub(crate) use batch::announce;
pub use operation::{Answer, Operation, Settling};

/// Bytes of operations that may wait; who brings more, waits outside.
const INTAKE_BYTES: usize = 64 << 20;
/// Operations in one transaction.
const BATCH: usize = 512;
/// Nudges that may wait. More say nothing new.
const MAILBOX: usize = 64;
/// How often the writer looks by itself.
const LOOK: Duration = Duration::from_secs(1);
/// How long an operation may wait to be done.
const PATIENCE: Duration = Duration::from_secs(30);

/// The way to the writer. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct WriterLine {
    line: Line<Writer>,
    queue: Arc<Queue>,
}

impl WriterLine {
    /// The line to the actor.
    #[must_use]
    pub fn line(&self) -> &Line<Writer> {
        &self.line
    }

    /// Has the operation done; returns when it is durable.
    ///
    /// # Errors
    /// When it cannot be done, or nobody does it in time. It may have happened all the same: it is safe to repeat.
    pub async fn run(&self, operation: Operation) -> Result<Answer, Fault> {
        let weight = u32::try_from(operation.weight().min(INTAKE_BYTES)).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.queue.intake).acquire_many_owned(weight).await;
        let permit = permit.map_err(|_| Fault::Unavailable("the writer is closed".into()))?;
        let (reply, answer) = oneshot::channel();
        self.queue.push(Item { operation, reply, _permit: permit });
        self.queue.shifts.wake();
        let answer = timeout(PATIENCE, answer).await;
        let answer = answer.map_err(|_| Fault::Unavailable("the writer did not come to it in time".into()))?;
        answer.map_err(|_| Fault::Unavailable("the writer broke off".into()))?
    }
}

/// An operation that waits, with who waits for it.
#[derive(Debug)]
struct Item {
    operation: Operation,
    reply: oneshot::Sender<Result<Answer, Fault>>,
    _permit: OwnedSemaphorePermit,
}

/// What waits for the writer. Outlives the actor: its successor finds all that it left.
#[derive(Debug)]
struct Queue {
    intake: Arc<Semaphore>,
    /// Settlements and all others.
    waiting: Mutex<(VecDeque<Item>, VecDeque<Item>)>,
    shifts: Shifts,
}

impl Default for Queue {
    fn default() -> Self {
        Self { intake: Arc::new(Semaphore::new(INTAKE_BYTES)), waiting: Mutex::default(), shifts: Shifts::default() }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<Item>, VecDeque<Item>)> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, item: Item) {
        let mut waiting = self.lock();
        let queue = if item.operation.is_settlement() { &mut waiting.0 } else { &mut waiting.1 };
        queue.push_back(item);
    }

    fn next_batch(&self) -> Vec<Item> {
        let (settlements, others) = &mut *self.lock();
        // Nobody would work on a claim that nobody waits for.
        others.retain(|item| !item.reply.is_closed());
        let first = settlements.len().min(BATCH);
        let then = others.len().min(BATCH - first);
        settlements.drain(..first).chain(others.drain(..then)).collect()
    }
}

/// The actor that owns the committing of what waits.
#[derive(Debug)]
pub struct Writer {
    deps: Deps,
    /// Transactions at the same time.
    transactions: usize,
    crew: Crew,
}

impl Writer {
    /// One that has so many transactions going at the same time.
    #[must_use]
    pub fn new(deps: Deps, transactions: usize) -> Self {
        Self { deps, transactions, crew: Crew::of(Vec::new()) }
    }

    fn take_over(&mut self) {
        let shift = self.deps.writer.queue.shifts.next();
        let begin = |_| self.deps.runtime.spawn(commit_all(self.deps.clone(), shift.clone()));
        self.crew = Crew::of((0..self.transactions).map(begin).collect());
    }
}

/// Commits what waits, a batch after the other.
async fn commit_all(deps: Deps, shift: Shift) {
    let queue = Arc::clone(&deps.writer.queue);
    while shift.is_on() {
        let items = queue.next_batch();
        if items.is_empty() {
            shift.called_within(LOOK).await;
        } else {
            commit(&deps, items).await;
        }
    }
}

/// Runs the items and answers each.
async fn commit(deps: &Deps, items: Vec<Item>) {
    let (operations, replies): (Vec<Operation>, Vec<_>) =
        items.into_iter().map(|item| (item.operation, (item.reply, item._permit))).unzip();
    deps.tally.batch(operations.len());
    let answers = batch::run(deps, &operations).await;
    for ((reply, _permit), answer) in replies.into_iter().zip(answers) {
        // Who no longer waits does not need the answer.
        let _ = reply.send(answer);
    }
}

impl Actor for Writer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(MAILBOX);
        // It finds all that a predecessor left.
        self.take_over();
    }
}

impl Handler<Ping> for Writer {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {
        if self.crew.broke() {
            tracing::error!("the writer broke, and begins again");
            self.take_over();
        }
    }
}

impl Handler<Visit> for Writer {
    type Result = ();

    fn handle(&mut self, Visit(look): Visit, _: &mut Context<Self>) {
        look();
    }
}
