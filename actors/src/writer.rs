//! The writer: one for each process. Takes hot operations as data and runs all that wait in one transaction.
//!
//! No timer: it commits when the last commit has ended. A batch that fails, or whose commit has an unknown outcome, is run
//! again by halves, so that one bad operation fails alone; every operation is safe to repeat. Settlements go before new work.

mod batch;
mod operation;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, WrapFuture};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use crate::deps::Deps;
use crate::guardian::{Ping, Visit};
use crate::line::Line;
use crate::problem::Fault;

pub(crate) use batch::announce;
pub use operation::{Answer, Operation, Settling};

/// Bytes of operations that may wait; who brings more, waits outside.
const INTAKE_BYTES: usize = 64 << 20;
/// Operations in one transaction.
const BATCH: usize = 512;
/// Nudges that may wait. More say nothing new.
const MAILBOX: usize = 64;
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
        self.line.tell(Wake);
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
}

impl Default for Queue {
    fn default() -> Self {
        Self { intake: Arc::new(Semaphore::new(INTAKE_BYTES)), waiting: Mutex::default() }
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

/// The actor that commits what waits, one batch at a time.
#[derive(Debug)]
pub struct Writer {
    deps: Deps,
    committing: bool,
}

impl Writer {
    #[must_use]
    pub fn new(deps: Deps) -> Self {
        Self { deps, committing: false }
    }

    fn commit_next(&mut self, ctx: &mut Context<Self>) {
        if self.committing {
            return;
        }
        let items = self.deps.writer.queue.next_batch();
        if items.is_empty() {
            return;
        }
        self.committing = true;
        let deps = self.deps.clone();
        // On the main runtime, where the database's connections live.
        let commit = self.deps.runtime.spawn(async move { commit(&deps, items).await });
        let done = commit.into_actor(self).map(|_, writer, ctx| {
            writer.committing = false;
            writer.commit_next(ctx);
        });
        ctx.spawn(done);
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
        // What a predecessor left.
        self.commit_next(ctx);
    }
}

/// Something waits.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
struct Wake;

impl Handler<Wake> for Writer {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Context<Self>) {
        self.commit_next(ctx);
    }
}

impl Handler<Ping> for Writer {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}

impl Handler<Visit> for Writer {
    type Result = ();

    fn handle(&mut self, Visit(look): Visit, _: &mut Context<Self>) {
        look();
    }
}
