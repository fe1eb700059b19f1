//! A lane: some slots in which jobs of some kinds are worked on.
//!
//! Woken by the bell or by its own tick, it takes the free slots, claims as many jobs, and gives each to a task of its own (see
//! [`runner`]). The tasks hold the slots, not the actor: if the actor is replaced, what is claimed is worked on, what runs goes on,
//! and the slots come free as before.

mod at_once;
pub mod claiming;
mod slots;

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Context, Handler, Message};
use entity::job::Model;
use entity::job::claim::{self, Claim, Which};
use tokio::time::Instant;

use crate::deps::Deps;
use crate::guardian::Ping;
use crate::job::JobKind;
use crate::runner::{self, Lease};
use crate::shift::{Crew, Shift};

pub(crate) use at_once::AtOnce;
use at_once::Handed;
use slots::Taken;
pub use slots::{Size, Slots};

/// How often a lane looks by itself.
const TICK: Duration = Duration::from_secs(1);
/// Nudges that may wait. More say nothing new.
const MAILBOX: usize = 64;

/// What a lane is, apart from the actor that works it.
#[derive(Debug)]
pub struct LaneConfig {
    pub name: &'static str,
    pub size: Size,
    /// How long a claim is good for without a sign of life.
    pub lease: Duration,
    /// The name of this process in rows.
    pub holder: String,
    pub kinds: Vec<&'static JobKind>,
}

impl LaneConfig {
    /// A claim for this lane, under a token of its own.
    fn wanted(&self, which: Which) -> Claim {
        Claim {
            lane: self.name,
            kinds: self.kinds.iter().map(|kind| (kind.name, kind.version)).collect(),
            which,
            holder: self.holder.clone(),
            lease_token: runner::new_token(),
            lease: self.lease,
        }
    }

    fn kind(&self, job: &Model) -> Option<&'static JobKind> {
        self.kinds.iter().copied().find(|kind| kind.name == job.kind)
    }
}

/// The actor that owns the claiming for a lane.
#[derive(Debug)]
pub struct Lane {
    config: Arc<LaneConfig>,
    slots: Arc<Slots>,
    deps: Deps,
    crew: Crew,
}

impl Lane {
    #[must_use]
    pub fn new(config: Arc<LaneConfig>, slots: Arc<Slots>, deps: Deps) -> Self {
        Self { config, slots, deps, crew: Crew::of(Vec::new()) }
    }

    fn take_over(&mut self) {
        let (claiming, beginning) = (self.slots.shifts().next(), self.slots.handing().next());
        let hands = Hands { config: Arc::clone(&self.config), slots: Arc::clone(&self.slots), deps: self.deps.clone() };
        self.crew = Crew::of(vec![
            self.deps.runtime.spawn(hands.clone().begin_all(beginning)),
            self.deps.runtime.spawn(hands.claim_all(claiming)),
        ]);
    }
}

/// What claims and works for a lane, apart from its actor.
#[derive(Clone)]
struct Hands {
    config: Arc<LaneConfig>,
    slots: Arc<Slots>,
    deps: Deps,
}

impl Hands {
    /// Claims whenever somebody rings, and once a second.
    async fn claim_all(self, shift: Shift) {
        let mut looked = Instant::now();
        while shift.is_on() {
            let ticks = looked.elapsed() >= TICK;
            if ticks {
                self.take_due().await;
            }
            if let Some(taken) = self.slots.take_free() {
                self.fill(taken).await;
            }
            self.note(self.slots.reached()).await;
            if ticks || self.slots.suspect_ended() {
                looked = Instant::now();
                // It may wait for long, until the lane is empty.
                self.deps.runtime.spawn(self.clone().work_suspect());
            }
            shift.called_within(TICK).await;
        }
    }

    /// Claims, and puts each job into one of the slots.
    async fn fill(&self, mut taken: Taken) {
        if taken.room().1 > 0 && self.slots.owes_batch() {
            // However many wait for their clicks, the others come on: one at a time.
            self.claim(Which::Batch { slots: 1 }, &mut taken).await;
        }
        let (slots, batch) = taken.room();
        if slots > 0 {
            let which = Which::Best { slots: slots as u64, batch: batch as u64 };
            self.claim(which, &mut taken).await;
        }
    }

    /// Has jobs that were postponed join the others when their time has come.
    async fn take_due(&self) {
        if let Err(fault) = claiming::due(&self.deps, self.config.name).await {
            tracing::debug!(lane.name = self.config.name, error = %fault, "cannot look for jobs whose time has come; trying again in a second");
        }
    }

    /// Begins jobs that were claimed by the transaction that enqueued them. It waits for nothing else, least of all the database: their
    /// leases run already.
    async fn begin_all(self, shift: Shift) {
        while shift.is_on() {
            for Handed { job, lease, place } in self.slots.handed() {
                self.deps.tally.claimed(self.config.name, &job);
                self.slots.reach(job.rank);
                if let Some(kind) = self.config.kind(&job) {
                    self.work(job, kind, lease, place);
                }
            }
            shift.called_within(TICK).await;
        }
    }

    async fn claim(&self, which: Which, taken: &mut Taken) {
        let claimed = self.claimed(which).await;
        for (job, kind, lease) in claimed {
            self.slots.reach(job.rank);
            if let Some(permit) = taken.split(job.class) {
                self.work(job, kind, lease, permit);
            }
        }
    }

    /// Notes how far the lane has come, if it has; the jobs have begun.
    async fn note(&self, highest: Option<i64>) {
        let Some(highest) = highest else { return };
        if let Err(fault) = claiming::note_floor(&self.deps, self.config.name, highest).await {
            tracing::debug!(lane.name = self.config.name, error = %fault, "how far the lane is was not noted; the next claim does it");
        }
    }

    async fn claimed(&self, which: Which) -> Vec<(Model, &'static JobKind, Lease)> {
        let claim = self.config.wanted(which);
        let lease = Lease::starting_now(claim.lease_token, claim.lease);
        let kind = |job: Model| self.config.kind(&job).map(|kind| (job, kind, lease));
        match claiming::claim(&self.deps, &claim).await {
            Ok(jobs) => {
                jobs.iter().for_each(|job| self.deps.tally.claimed(self.config.name, job));
                jobs.into_iter().filter_map(kind).collect()
            }
            Err(fault) => {
                self.deps.tally.claim_failed();
                tracing::warn!(lane.name = self.config.name, error = %fault, "cannot claim jobs; trying again in a second");
                Vec::new()
            }
        }
    }

    /// Works a job that may be what ends its process, if there is one, while nothing else is in the lane.
    async fn work_suspect(self) {
        match claim::would_find(self.deps.db.read(), &self.config.wanted(Which::Suspect)).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::debug!(lane.name = self.config.name, error = %error, "cannot look for jobs that were lost");
                return;
            }
        }
        let longest = self.config.kinds.iter().map(|kind| kind.policy.timeout).max().unwrap_or_default();
        let Some(taken) = self.slots.clear(longest + runner::LAST_MOMENTS).await else { return };
        match self.claimed(Which::Suspect).await.pop() {
            Some((job, kind, lease)) => self.work(job, kind, lease, taken.for_suspect(&self.slots)),
            None => {
                drop(taken);
                self.slots.shifts().wake();
            }
        }
    }

    /// Works a job in a task of its own, which holds its place.
    fn work(&self, job: Model, kind: &'static JobKind, lease: Lease, place: impl Send + 'static) {
        let (slots, deps) = (Arc::clone(&self.slots), self.deps.clone());
        let held = (job.id, lease.token());
        let interrupts = slots.enter(held, job.class);
        self.deps.runtime.spawn(async move {
            runner::work(&deps, job, kind, lease, interrupts).await;
            slots.leave(held);
            drop(place);
            slots.shifts().wake();
        });
    }
}

impl Actor for Lane {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(MAILBOX);
        self.take_over();
    }
}

/// Shows the actor's state to a function, on the actor's thread.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Inspect(pub Box<dyn FnOnce(&Observed) + Send>);

/// The state of a lane, for whoever wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    pub lane: &'static str,
    pub size: Size,
    pub busy: usize,
    pub draining: bool,
}

impl Handler<Inspect> for Lane {
    type Result = ();

    fn handle(&mut self, Inspect(show): Inspect, _: &mut Context<Self>) {
        show(&Observed {
            lane: self.config.name,
            size: self.config.size,
            busy: self.slots.busy(),
            draining: self.slots.draining(),
        });
    }
}

impl Handler<Ping> for Lane {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {
        if self.crew.broke() {
            tracing::error!(lane.name = self.config.name, "claiming broke, and is begun again");
            self.take_over();
        }
    }
}
