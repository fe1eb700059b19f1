//! The writer: one for each process. Takes hot operations as data and runs all that wait in one transaction.
//!
//! No timer: it commits when the last commit has ended. A batch that fails, or whose commit has an unknown outcome, is run
//! again by halves, so that one bad operation fails alone; every operation is safe to repeat. Settlements go before new work.

mod batch;
mod operation;

use std::collections::VecDeque;
use std::sync::Arc;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, WrapFuture};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::deps::Deps;
use crate::guardian::Ping;
use crate::line::Line;
use crate::problem::Fault;

pub(crate) use batch::announce;
pub use operation::{Answer, Operation, Settling};

/// Bytes of operations that may wait; who brings more, waits outside.
const INTAKE_BYTES: usize = 64 << 20;
/// Operations in one transaction.
const BATCH: usize = 512;
/// Messages that may wait in the mailbox.
const MAILBOX: usize = 8192;

/// The way to the writer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WriterLine {
    line: Line<Writer>,
    intake: Arc<Semaphore>,
}

impl Default for WriterLine {
    fn default() -> Self {
        Self { line: Line::default(), intake: Arc::new(Semaphore::new(INTAKE_BYTES)) }
    }
}

impl WriterLine {
    pub(crate) fn line(&self) -> &Line<Writer> {
        &self.line
    }

    /// Has the operation done; returns when it is durable.
    ///
    /// # Errors
    /// When it cannot be done, or the writer is being replaced. It may have happened all the same: it is safe to repeat.
    pub async fn run(&self, operation: Operation) -> Result<Answer, Fault> {
        let weight = u32::try_from(operation.weight().min(INTAKE_BYTES)).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.intake).acquire_many_owned(weight).await;
        let permit = permit.map_err(|_| Fault::Unavailable("the writer is closed".into()))?;
        let (reply, answer) = oneshot::channel();
        let item = Item { operation, reply, _permit: permit };
        self.line.ask(Enter(item)).await.map_err(|error| Fault::Unavailable(format!("the writer: {error}")))?;
        answer.await.map_err(|_| Fault::Unavailable("the writer is being replaced".into()))?
    }
}

/// An operation that waits, with who waits for it.
#[derive(Debug)]
struct Item {
    operation: Operation,
    reply: oneshot::Sender<Result<Answer, Fault>>,
    _permit: OwnedSemaphorePermit,
}

/// The actor that owns the queue of hot operations.
#[derive(Debug)]
pub struct Writer {
    deps: Deps,
    settlements: VecDeque<Item>,
    others: VecDeque<Item>,
    committing: bool,
}

impl Writer {
    #[must_use]
    pub fn new(deps: Deps) -> Self {
        Self { deps, settlements: VecDeque::new(), others: VecDeque::new(), committing: false }
    }

    fn next_batch(&mut self) -> Vec<Item> {
        let settlements = self.settlements.len().min(BATCH);
        let others = self.others.len().min(BATCH - settlements);
        self.settlements.drain(..settlements).chain(self.others.drain(..others)).collect()
    }

    fn commit_next(&mut self, ctx: &mut Context<Self>) {
        if self.committing {
            return;
        }
        let items = self.next_batch();
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
    }
}

/// An operation enters the queue.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Enter(Item);

impl Handler<Enter> for Writer {
    type Result = ();

    fn handle(&mut self, Enter(item): Enter, ctx: &mut Context<Self>) {
        let queue = if item.operation.is_settlement() { &mut self.settlements } else { &mut self.others };
        queue.push_back(item);
        self.commit_next(ctx);
    }
}

impl Handler<Ping> for Writer {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}
