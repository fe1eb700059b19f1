//! The hot operations and their answers.

use std::collections::BTreeSet;
use std::time::Duration;

use entity::execution::record;
use entity::job::event::NewEvent;
use entity::job::lease::{Held, Moved, Renewal, Settlement};
use entity::submission::accept::HandIn;

use crate::effect::Effects;
use crate::problem::Fault;
use crate::submission::receipt::issue::Acknowledged;
use crate::writer::WriterLine;

/// Something that many do at the same time.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Store what is handed in.
    Accept(HandIn),
    /// Move the deadline of a lease.
    Renew(Held, Duration),
    /// Append to the log of a run, under the lease of its job.
    Record(record::Chunk),
    /// Append an event to the stream of a job, under its lease, unless a step of that number was told before.
    Progress(Held, i64, NewEvent),
    /// End a lease, and have its effects.
    Settle(Settling),
}

/// The end of a lease.
#[derive(Clone, Debug)]
pub struct Settling {
    pub held: Held,
    pub settlement: Settlement,
    /// What happens if the job is done.
    pub done: Effects,
    /// What happens if the job is dead.
    pub dead: Effects,
    /// What happens if the job was stopped.
    pub cancelled: Effects,
}

impl Settling {
    /// The end of a lease without effects.
    #[must_use]
    pub fn new(held: Held, settlement: Settlement) -> Self {
        let none = Effects::none;
        Self { held, settlement, done: none(), dead: none(), cancelled: none() }
    }
}

/// What came of an operation.
#[derive(Clone, Debug)]
pub enum Answer {
    Accepted(Acknowledged),
    /// Whether the lease still held. If not, nothing happened.
    Held(bool),
    Renewed(Renewal),
    /// The job as it is now, whether it was settled by this or, unheard, by the same before; none if the lease did not hold, and
    /// nothing happened.
    Settled(Option<Moved>),
}

impl Operation {
    pub(super) fn is_settlement(&self) -> bool {
        matches!(self, Self::Settle(_) | Self::Renew(..))
    }

    /// Whether it only extends a lease.
    pub(super) fn is_renewal(&self) -> bool {
        matches!(self, Self::Renew(..))
    }

    /// About how many bytes it holds.
    pub(super) fn weight(&self) -> usize {
        let bytes = match self {
            Self::Accept(hand_in) => hand_in.size(),
            Self::Record(chunk) => chunk.records.iter().map(|record| record.bytes.len()).sum(),
            _ => 0,
        };
        bytes + 256
    }
}

fn unexpected(answer: &Answer) -> Fault {
    Fault::Internal(format!("the writer gave the answer to another question: {answer:?}"))
}

impl WriterLine {
    /// Stores what is handed in.
    ///
    /// # Errors
    /// As [`WriterLine::run`].
    pub async fn accept(&self, hand_in: HandIn) -> Result<Acknowledged, Fault> {
        match self.run(Operation::Accept(hand_in)).await? {
            Answer::Accepted(accepted) => Ok(accepted),
            other => Err(unexpected(&other)),
        }
    }

    /// Runs an operation that is fenced by a lease; tells whether the lease held.
    ///
    /// # Errors
    /// As [`WriterLine::run`].
    pub async fn fenced(&self, operation: Operation) -> Result<bool, Fault> {
        match self.run(operation).await? {
            Answer::Held(held) => Ok(held),
            other => Err(unexpected(&other)),
        }
    }

    /// Moves the deadline of a lease.
    ///
    /// # Errors
    /// As [`WriterLine::run`].
    pub async fn renew(&self, held: Held, lease: Duration) -> Result<Renewal, Fault> {
        match self.run(Operation::Renew(held, lease)).await? {
            Answer::Renewed(renewal) => Ok(renewal),
            other => Err(unexpected(&other)),
        }
    }

    /// Ends a lease; none if it did not hold any more.
    ///
    /// # Errors
    /// As [`WriterLine::run`].
    pub async fn settle(&self, settling: Settling) -> Result<Option<Moved>, Fault> {
        match self.run(Operation::Settle(settling)).await? {
            Answer::Settled(moved) => Ok(moved),
            other => Err(unexpected(&other)),
        }
    }
}

/// The operations of a batch, sorted by what they are; each with its place in the batch.
#[derive(Debug, Default)]
pub(super) struct Sorted<'o> {
    pub accept: Vec<(usize, &'o HandIn)>,
    pub renew: Vec<(usize, Held, Duration)>,
    pub record: Vec<(usize, &'o record::Chunk)>,
    pub progress: Vec<(usize, Held, i64, &'o NewEvent)>,
    pub settle: Vec<(usize, &'o Settling)>,
}

impl<'o> Sorted<'o> {
    pub fn of(operations: &'o [Operation]) -> Self {
        let mut sorted = Self::default();
        for (place, operation) in operations.iter().enumerate() {
            match operation {
                Operation::Accept(hand_in) => sorted.accept.push((place, hand_in)),
                Operation::Renew(held, lease) => sorted.renew.push((place, *held, *lease)),
                Operation::Record(chunk) => sorted.record.push((place, chunk)),
                Operation::Progress(held, number, event) => sorted.progress.push((place, *held, *number, event)),
                Operation::Settle(settling) => sorted.settle.push((place, settling)),
            }
        }
        sorted
    }

    pub fn holders(&self) -> Vec<Held> {
        self.progress.iter().map(|(_, held, ..)| *held).collect()
    }

    /// The runs that are ended here, whatever becomes of their jobs.
    pub fn runs(&self) -> Vec<i64> {
        let effects = |settling: &'o Settling| [&settling.done, &settling.dead, &settling.cancelled];
        let runs = self.settle.iter().flat_map(|(_, settling)| effects(settling)).flat_map(Effects::runs);
        runs.collect::<BTreeSet<i64>>().into_iter().collect()
    }

    /// The jobs whose rows several of the statements lock, one after the other.
    pub fn contended(&self) -> Vec<i64> {
        let kinds = [
            self.settle.iter().map(|(_, settling)| settling.held.0).collect::<Vec<_>>(),
            self.renew.iter().map(|(_, held, _)| held.0).collect(),
            self.record.iter().map(|(_, chunk)| chunk.job).collect(),
            self.progress.iter().map(|(_, held, ..)| held.0).collect(),
        ];
        match kinds.iter().filter(|jobs| !jobs.is_empty()).count() {
            0 | 1 => Vec::new(),
            _ => kinds.concat(),
        }
    }
}
