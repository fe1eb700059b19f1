//! The kernel: starts the actors in their order, and stops them so that nothing is lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Arbiter};
use entity::clock::Clock;
use entity::job::lease::Rescue;
use entity::job::worker::Rhythm;
use tokio::sync::oneshot;

use crate::bell::Bell;
use crate::budget::{Budgets, Rates};
use crate::courier::{Courier, CourierConfig, Post};
use crate::cron::Cron;
use crate::database::Database;
use crate::deps::{Deps, Site};
use crate::execution::workshop::Workshop;
use crate::guardian::{Guardian, Keep, Ward, Wellbeing};
use crate::identity::attempts::Attempts;
use crate::jobs::lanes::Sight;
use crate::kinds;
use crate::lane::{Lane, LaneConfig, Size, Slots};
use crate::line::Line;
use crate::live::Live;
use crate::mail::postbox::{Postbox, Transport};
use crate::posting::Posting;
use crate::problem::Fault;
use crate::pulse::{Heart, Pulse};
use crate::runner::{Interrupt, new_token, rescue};
use crate::sign_ins::SignIns;
use crate::tally::Tally;
use crate::writer::{Writer, WriterLine};

/// How long a job may go on after the process was asked to stop.
const GRACE: Duration = Duration::from_secs(10);

/// What the kernel needs to know.
#[derive(Debug)]
pub struct KernelConfig {
    /// What the process is for: `serve`, `work` or `command`.
    pub role: &'static str,
    pub site: Site,
    pub clock: Clock,
    pub workshop: Workshop,
    pub mail: Transport,
    /// How long a claim is good for without a sign of life.
    pub lease: Duration,
    /// The way to the other processes of the site; none for one that is alone, or does without.
    pub courier: Option<CourierConfig>,
    /// What each viewer may ask of the site in a minute.
    pub budgets: Rates,
    /// Transactions that the writer has going at the same time, but on SQLite, where there is one at a time.
    pub transactions: usize,
    /// The lanes to work with their slots; none for a process that only serves.
    pub lanes: Vec<(&'static str, Size)>,
}

struct Working {
    config: Arc<LaneConfig>,
    slots: Arc<Slots>,
    line: Line<Lane>,
}

/// The running kernel.
pub struct Kernel {
    pub deps: Deps,
    pub wellbeing: Wellbeing,
    /// The name of this process in the rows of jobs.
    pub holder: String,
    /// The line to the actor that owns the timetable; nobody is behind it in a process without lanes.
    pub cron: Line<Cron>,
    /// The line to the actor that keeps the connection to Redis; nobody is behind it without one.
    pub courier: Line<Courier>,
    /// The process as others see it.
    pub pulse: Arc<Pulse>,
    lanes: Vec<Working>,
    guardian: Arbiter,
}

impl Kernel {
    /// Starts all actors. To be called where an actix system is current, on the runtime that is to run everything else.
    ///
    /// # Errors
    /// When the actors do not start.
    pub async fn start(db: Database, config: KernelConfig) -> Result<Self, Fault> {
        let holder = format!("{}-{:x}", std::process::id(), new_token());
        let lanes = lanes(&config, &holder);
        let live = Line::<Live>::default();
        let embedded = db.is_embedded();
        let post = match &config.courier {
            // On the embedded database there is no other process.
            Some(courier) if !embedded => Some(Post::new(courier, &db).await?),
            _ => None,
        };
        let named = lanes.iter().map(|lane| (lane.config.name, (Arc::clone(&lane.config), Arc::clone(&lane.slots))));
        let sign_ins = SignIns::default();
        let bell = Bell::new(named.collect(), live.clone(), sign_ins.clone(), post.clone());
        let wellbeing = Wellbeing::default();
        let shown = lanes.iter().map(|lane| (Arc::clone(&lane.config), Arc::clone(&lane.slots))).collect();
        let (now, rhythm) = (config.clock.now(), Rhythm::of(config.lease));
        let pulse = Arc::new(Pulse::new(holder.clone(), config.role, now, rhythm, shown, wellbeing.clone()));
        let deps = Deps {
            db,
            clock: config.clock,
            writer: WriterLine::default(),
            bell,
            live,
            postbox: Line::default(),
            workshop: config.workshop,
            sign_ins,
            posting: Posting::default(),
            attempts: Attempts::default(),
            budgets: Budgets::new(config.budgets),
            tally: Tally::new()?,
            pulse: Arc::clone(&pulse),
            sight: Sight::default(),
            runtime: tokio::runtime::Handle::current(),
            site: Arc::new(config.site),
        };
        if embedded {
            // The data folder's lock says that this is the only process, so whoever else holds a lease is gone.
            if let Err(error) = rescue::rescue(&deps, &Rescue::AllBut(holder.clone())).await {
                tracing::warn!(error = %error, "not all jobs of an earlier life could be taken back; their leases will expire");
            }
        }
        let cron = Line::default();
        let transactions = if embedded { 1 } else { config.transactions };
        let mut wards = wards(&deps, &lanes, &cron, config.mail, transactions, config.lease);
        wards.push(heart(&deps, &pulse));
        let line = Line::default();
        wards.extend(post.zip(config.courier).map(|(post, config)| courier(&deps, line.clone(), config.url, post)));
        let guardian = Arbiter::new();
        let watched = wellbeing.clone();
        let (started, all_started) = oneshot::channel();
        Guardian::start_in_arbiter(&guardian.handle(), move |_| {
            let guardian = Guardian::new(wards, watched);
            let _ = started.send(());
            guardian
        });
        // From here on there is an actor behind every line.
        all_started.await.map_err(|_| Fault::Internal("the guardian did not start".into()))?;
        Ok(Self { deps, wellbeing, holder, cron, courier: line, pulse, lanes, guardian })
    }

    /// The line to a lane, for whoever wants to observe it.
    #[must_use]
    pub fn lane(&self, name: &str) -> Option<&Line<Lane>> {
        self.lanes.iter().find(|lane| lane.config.name == name).map(|lane| &lane.line)
    }

    /// The slots of a lane, for whoever wants to see how full it is.
    #[must_use]
    pub fn slots(&self, name: &str) -> Option<&Slots> {
        self.lanes.iter().find(|lane| lane.config.name == name).map(|lane| &*lane.slots)
    }

    /// Stops: no more claims, what runs may end for a while, what is left is given back. Then the database is closed.
    pub async fn drain(self) {
        self.rest().await;
        self.close().await;
    }

    /// Claims nothing more, lets what runs end for a while, and gives back what is left.
    pub async fn rest(&self) {
        self.pulse.drain();
        self.lanes.iter().for_each(|lane| lane.slots.drain());
        // Who looks at the lanes sees at once that this process takes nothing more.
        let (pulse, deps) = (Arc::clone(&self.pulse), self.deps.clone());
        let told = self.deps.runtime.spawn(async move { pulse.beat(&deps).await });
        if tokio::time::timeout(GRACE, idle(&self.lanes)).await.is_err() {
            self.lanes.iter().for_each(|lane| lane.slots.interrupt_all(&Interrupt::Release));
            let _ = tokio::time::timeout(GRACE, idle(&self.lanes)).await;
        }
        told.abort();
    }

    /// Says goodbye and closes the database, when nothing runs any more.
    pub async fn close(self) {
        self.pulse.leave(&self.deps).await;
        self.guardian.stop();
        self.deps.db.close().await;
    }
}

async fn idle(lanes: &[Working]) {
    for lane in lanes {
        lane.slots.idle().await;
    }
}

fn lanes(config: &KernelConfig, holder: &str) -> Vec<Working> {
    let working = config.lanes.iter().map(|(name, size)| Working {
        config: Arc::new(LaneConfig {
            name,
            size: *size,
            lease: config.lease,
            holder: holder.to_owned(),
            kinds: kinds::of_lane(config.site.kinds, name),
        }),
        slots: Arc::new(Slots::new(*size)),
        line: Line::default(),
    });
    working.collect()
}

fn wards(
    deps: &Deps,
    lanes: &[Working],
    cron: &Line<Cron>,
    mail: Transport,
    transactions: usize,
    lease: Duration,
) -> Vec<Box<dyn Ward>> {
    let mut wards: Vec<Box<dyn Ward>> = Vec::new();
    let line = deps.writer.line().clone();
    let own = deps.clone();
    wards.push(Keep::ward("writer", line, move || Writer::new(own.clone(), transactions)));
    let own = deps.clone();
    wards.push(Keep::ward("live", deps.live.clone(), move || Live::new(own.clone())));
    let (mail, runtime) = (Arc::new(mail), deps.runtime.clone());
    wards.push(Keep::ward("postbox", deps.postbox.clone(), move || Postbox::new(Arc::clone(&mail), runtime.clone())));
    for lane in lanes {
        let (config, slots) = (Arc::clone(&lane.config), Arc::clone(&lane.slots));
        let own = deps.clone();
        let make = move || Lane::new(Arc::clone(&config), Arc::clone(&slots), own.clone());
        wards.push(Keep::ward(lane.config.name, lane.line.clone(), make));
    }
    if !lanes.is_empty() {
        let own = deps.clone();
        wards.push(Keep::ward("cron", cron.clone(), move || Cron::new(own.clone(), lease)));
    }
    wards
}

fn courier(deps: &Deps, line: Line<Courier>, url: String, post: Post) -> Box<dyn Ward> {
    let (own, itself) = (deps.clone(), line.clone());
    let make = move || Courier::new(url.clone(), post.clone(), itself.clone(), own.clone());
    Keep::ward("courier", line, make)
}

fn heart(deps: &Deps, pulse: &Arc<Pulse>) -> Box<dyn Ward> {
    let (own, pulse) = (deps.clone(), Arc::clone(pulse));
    Keep::ward("heart", Line::default(), move || Heart::new(Arc::clone(&pulse), own.clone()))
}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lanes: BTreeMap<&str, usize> =
            self.lanes.iter().map(|lane| (lane.config.name, lane.slots.busy())).collect();
        f.debug_struct("Kernel").field("holder", &self.holder).field("busy", &lanes).finish_non_exhaustive()
    }
}
