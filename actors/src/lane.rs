//! A lane: some slots in which jobs of some kinds are worked on.
//!
//! Owns the slots. Woken by the bell or by its own tick, it claims as many jobs as it has free slots and gives each to a task of
//! its own (see [`runner`]). The tasks hold the slots, not the actor: if the actor is replaced, what runs goes on
//! and its slots come free as before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, WrapFuture};
use entity::job::Model;
use entity::job::lease::Claim;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::deps::Deps;
use crate::guardian::Ping;
use crate::job::JobKind;
use crate::line::Line;
use crate::problem::Fault;
use crate::runner::{self, Interrupt, Lease};

/// How often a lane looks by itself.
const TICK: Duration = Duration::from_secs(1);
/// Nudges that may wait. More say nothing new.
const MAILBOX: usize = 64;

/// What a lane is, apart from the actor that works it.
#[derive(Debug)]
pub struct LaneConfig {
    pub name: &'static str,
    pub slots: usize,
    /// How long a claim is good for without a sign of life.
    pub lease: Duration,
    /// The name of this process in rows.
    pub holder: String,
    pub kinds: Vec<&'static JobKind>,
}

/// The slots of a lane and the jobs in them. Outlives the actor.
#[derive(Debug)]
pub struct Slots {
    free: Arc<Semaphore>,
    running: Mutex<HashMap<i64, watch::Sender<Option<Interrupt>>>>,
}

impl Slots {
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(slots)), running: Mutex::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, watch::Sender<Option<Interrupt>>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, job: i64) -> watch::Receiver<Option<Interrupt>> {
        let (sender, receiver) = watch::channel(None);
        self.lock().insert(job, sender);
        receiver
    }

    fn leave(&self, job: i64) {
        self.lock().remove(&job);
    }

    /// The number of jobs that are worked on.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.lock().len()
    }

    /// Waits until no job is worked on.
    pub async fn idle(&self, slots: usize) {
        let all = u32::try_from(slots).unwrap_or(u32::MAX);
        let _ = self.free.acquire_many(all).await;
    }

    /// Tells every job in the lane to end early.
    pub fn interrupt_all(&self, interrupt: &Interrupt) {
        for job in self.lock().values() {
            job.send_replace(Some(interrupt.clone()));
        }
    }
}

/// The actor that claims for a lane.
#[derive(Debug)]
pub struct Lane {
    config: Arc<LaneConfig>,
    slots: Arc<Slots>,
    line: Line<Self>,
    deps: Deps,
    claiming: bool,
    woken: bool,
    draining: bool,
}

impl Lane {
    #[must_use]
    pub fn new(config: Arc<LaneConfig>, slots: Arc<Slots>, line: Line<Self>, deps: Deps) -> Self {
        Self { config, slots, line, deps, claiming: false, woken: false, draining: false }
    }

    fn claim(&mut self, ctx: &mut Context<Self>) {
        if self.claiming {
            self.woken = true;
            return;
        }
        let free = self.slots.free.available_permits();
        if self.draining || free == 0 {
            return;
        }
        self.claiming = true;
        self.woken = false;
        let (writer, claim) = (self.deps.writer.clone(), self.request(free));
        let lease = Lease::starting_now(claim.lease_token, claim.lease);
        let claimed = self.deps.runtime.spawn(async move { writer.claim(claim).await });
        let done = claimed.into_actor(self).map(move |claimed, lane: &mut Self, ctx| {
            lane.claiming = false;
            match claimed {
                Ok(Ok(jobs)) => lane.begin(jobs, lease),
                Ok(Err(fault)) => lane.complain(&fault),
                Err(gone) => tracing::error!(lane.name = lane.config.name, error = %gone, "claiming broke"),
            }
            if lane.woken {
                lane.claim(ctx);
            }
        });
        ctx.spawn(done);
    }

    fn complain(&self, fault: &Fault) {
        tracing::warn!(lane.name = self.config.name, error = %fault, "cannot claim jobs; trying again in a second");
    }

    fn request(&self, free: usize) -> Claim {
        Claim {
            lane: self.config.name,
            kinds: self.config.kinds.iter().map(|kind| format!("{}/{}", kind.name, kind.version)).collect(),
            slots: free as u64,
            holder: self.config.holder.clone(),
            lease_token: runner::new_token(),
            lease: self.config.lease,
        }
    }

    fn begin(&self, jobs: Vec<Model>, lease: Lease) {
        for job in jobs {
            let kind = self.config.kinds.iter().copied().find(|kind| kind.name == job.kind);
            // Only this actor takes permits, so there are as many as it claimed for.
            let permit = Arc::clone(&self.slots.free).try_acquire_owned();
            if let (Some(kind), Ok(permit)) = (kind, permit) {
                self.work(job, kind, lease, permit);
            }
        }
    }

    fn work(&self, job: Model, kind: &'static JobKind, lease: Lease, permit: OwnedSemaphorePermit) {
        let (slots, line, deps) = (Arc::clone(&self.slots), self.line.clone(), self.deps.clone());
        let id = job.id;
        let interrupts = slots.enter(id);
        self.deps.runtime.spawn(async move {
            runner::work(&deps, job, kind, lease, interrupts).await;
            slots.leave(id);
            drop(permit);
            line.tell(Wake);
        });
    }
}

impl Actor for Lane {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.run_interval(TICK, Self::claim_on_tick);
        self.claim(ctx);
    }
}

impl Lane {
    fn claim_on_tick(&mut self, ctx: &mut Context<Self>) {
        self.claim(ctx);
    }
}

/// There may be work.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Wake;

impl Handler<Wake> for Lane {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Context<Self>) {
        self.claim(ctx);
    }
}

/// No more claims; what runs may end.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Drain;

impl Handler<Drain> for Lane {
    type Result = ();

    fn handle(&mut self, _: Drain, _: &mut Context<Self>) {
        self.draining = true;
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
    pub slots: usize,
    pub busy: usize,
    pub draining: bool,
}

impl Handler<Inspect> for Lane {
    type Result = ();

    fn handle(&mut self, Inspect(show): Inspect, _: &mut Context<Self>) {
        show(&Observed {
            lane: self.config.name,
            slots: self.config.slots,
            busy: self.slots.busy(),
            draining: self.draining,
        });
    }
}

impl Handler<Ping> for Lane {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}
