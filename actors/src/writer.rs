//! The writer: one for each process. Takes hot operations as data and runs all that wait in one transaction.
//!
//! It commits when the last commit has ended, or earlier when much, or something for long, waits (see `queue`). A batch that fails, or whose commit has an unknown outcome, is run
//! again by halves, so that one bad operation fails alone; every operation is safe to repeat. Settlements go before new work.

mod batch;
mod operation;
mod queue;

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Context, Handler};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use self::queue::{INTAKE_BYTES, Item, Next, Queue};
use crate::deps::Deps;
use crate::guardian::{Ping, Visit};
use crate::line::Line;
use crate::problem::Fault;
use crate::shift::{Crew, Shift};

pub(crate) use batch::announce;
pub use operation::{Answer, Operation, Settling};

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
        self.queue.push(Item { operation, reply, permit, since: Instant::now() });
        let answer = timeout(PATIENCE, answer).await;
        let answer = answer.map_err(|_| Fault::Unavailable("the writer did not come to it in time".into()))?;
        answer.map_err(|_| Fault::Unavailable("the writer broke off".into()))?
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
        match queue.next() {
            Next::Batch(items, _busy) => commit(&deps, items).await,
            Next::Later(rest) => drop(shift.called_within(rest).await),
            Next::Nothing => drop(shift.called_within(LOOK).await),
        }
    }
}

/// Runs the items and answers each.
async fn commit(deps: &Deps, items: Vec<Item>) {
    let (operations, replies): (Vec<Operation>, Vec<_>) =
        items.into_iter().map(|item| (item.operation, (item.reply, item.permit))).unzip();
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
