//! A lane: some slots in which jobs of some kinds are worked on.
//!
//! Woken by the bell or by its own tick, it takes the free slots, claims as many jobs, and gives each to a task of its own (see
//! [`runner`]). The tasks hold the slots, not the actor, and that begins with the task that claims: if the actor
//! is replaced, what is claimed is worked on, what runs goes on, and the slots come free as before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::{Actor, ActorContext as _, ActorFutureExt, AsyncContext, Context, Handler, Message, WrapFuture};
use entity::job::Model;
use entity::job::lease::{Claim, Held};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::deps::Deps;
use crate::guardian::Ping;
use crate::job::JobKind;
use crate::line::Line;
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
    /// By job and lease: a late holder may still be at a job that was claimed again.
    running: Mutex<HashMap<Held, watch::Sender<Option<Interrupt>>>>,
    draining: AtomicBool,
}

impl Slots {
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(slots)), running: Mutex::default(), draining: AtomicBool::new(false) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Held, watch::Sender<Option<Interrupt>>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, job: Held) -> watch::Receiver<Option<Interrupt>> {
        let (sender, receiver) = watch::channel(None);
        self.lock().insert(job, sender);
        receiver
    }

    fn leave(&self, job: Held) {
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

    /// From now on nothing is claimed, whichever actor is at it.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Whether nothing is claimed any more.
    #[must_use]
    pub fn draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Takes all that are free; none while the lane drains.
    fn take_free(&self) -> Option<OwnedSemaphorePermit> {
        let free = u32::try_from(self.free.available_permits()).unwrap_or(u32::MAX);
        if free == 0 || self.draining() {
            return None;
        }
        Arc::clone(&self.free).try_acquire_many_owned(free).ok()
    }

    /// Tells a job, if it is worked on here, to end early.
    fn interrupt(&self, job: i64, interrupt: &Interrupt) {
        for (_, running) in self.lock().iter().filter(|((id, _), _)| *id == job) {
            running.send_if_modified(|said| {
                let first = said.is_none();
                said.get_or_insert_with(|| interrupt.clone());
                first
            });
        }
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
}

impl Lane {
    #[must_use]
    pub fn new(config: Arc<LaneConfig>, slots: Arc<Slots>, line: Line<Self>, deps: Deps) -> Self {
        Self { config, slots, line, deps, claiming: false, woken: false }
    }

    fn claim(&mut self, ctx: &mut Context<Self>) {
        if self.claiming {
            self.woken = true;
            return;
        }
        let Some(permits) = self.slots.take_free() else { return };
        self.claiming = true;
        self.woken = false;
        let claim = self.request(permits.num_permits());
        let claimed = self.deps.runtime.spawn(self.hands().fill(claim, permits));
        let done = claimed.into_actor(self).map(|claimed, lane: &mut Self, ctx| {
            lane.claiming = false;
            if let Err(gone) = claimed {
                tracing::error!(lane.name = lane.config.name, error = %gone, "claiming broke");
            }
            if lane.woken {
                lane.claim(ctx);
            }
        });
        ctx.spawn(done);
    }

    fn request(&self, free: usize) -> Claim {
        Claim {
            lane: self.config.name,
            kinds: self.config.kinds.iter().map(|kind| (kind.name, kind.version)).collect(),
            slots: free as u64,
            suspects: false,
            holder: self.config.holder.clone(),
            lease_token: runner::new_token(),
            lease: self.config.lease,
        }
    }

    fn hands(&self) -> Hands {
        Hands {
            config: Arc::clone(&self.config),
            slots: Arc::clone(&self.slots),
            line: self.line.clone(),
            deps: self.deps.clone(),
        }
    }
}

/// What claims and works for a lane, apart from its actor.
struct Hands {
    config: Arc<LaneConfig>,
    slots: Arc<Slots>,
    line: Line<Lane>,
    deps: Deps,
}

impl Hands {
    /// Claims, and puts each job into one of the slots.
    async fn fill(self, claim: Claim, mut permits: OwnedSemaphorePermit) {
        let lease = Lease::starting_now(claim.lease_token, claim.lease);
        match self.deps.writer.claim(claim).await {
            Ok(jobs) => {
                for job in jobs {
                    self.deps.tally.claimed(self.config.name, &job);
                    let kind = self.config.kinds.iter().copied().find(|kind| kind.name == job.kind);
                    if let (Some(kind), Some(permit)) = (kind, permits.split(1)) {
                        self.work(job, kind, lease, permit);
                    }
                }
            }
            Err(fault) => {
                self.deps.tally.claim_failed();
                tracing::warn!(lane.name = self.config.name, error = %fault, "cannot claim jobs; trying again in a second");
            }
        }
    }

    fn work(&self, job: Model, kind: &'static JobKind, lease: Lease, permit: OwnedSemaphorePermit) {
        let (slots, line, deps) = (Arc::clone(&self.slots), self.line.clone(), self.deps.clone());
        let held = (job.id, lease.token());
        let interrupts = slots.enter(held);
        self.deps.runtime.spawn(async move {
            runner::work(&deps, job, kind, lease, interrupts).await;
            slots.leave(held);
            drop(permit);
            line.tell(Wake);
        });
    }
}

impl Actor for Lane {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.run_interval(TICK, Self::tick);
        self.claim(ctx);
    }
}

impl Lane {
    fn tick(&mut self, ctx: &mut Context<Self>) {
        if !self.line.leads_to(&ctx.address()) {
            // It was stuck and has been replaced.
            ctx.stop();
            return;
        }
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

/// Somebody wants this job to be stopped.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Stop(pub i64);

impl Handler<Stop> for Lane {
    type Result = ();

    fn handle(&mut self, Stop(job): Stop, _: &mut Context<Self>) {
        self.slots.interrupt(job, &Interrupt::Cancel);
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
            draining: self.slots.draining(),
        });
    }
}

impl Handler<Ping> for Lane {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}
