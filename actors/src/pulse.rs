//! The pulse of a process: every few seconds it says in the database that it is there and how its lanes are, and adds what it
//! has [counted](crate::tally).
//!
//! The answer says whether the database takes a write at all and how far the clocks are apart, which is what `/readyz` asks. A
//! beat that fails is made up for by the next.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};
use entity::clock::Timestamp;
use entity::job::waiting;
use entity::job::worker::{self, KnownKind, Rhythm, WorkedLane, Worker};
use sea_orm::DbErr;
use tokio::time::{Instant, timeout};

use crate::deps::Deps;
use crate::guardian::{Health, Ping, Wellbeing};
use crate::lane::{LaneConfig, Slots};
use crate::write::Write;

/// How long the last words of a process may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// A process as it shows itself. Outlives the actor.
#[derive(Debug)]
pub struct Pulse {
    pub holder: String,
    /// `serve`, `work` or `command`.
    pub role: &'static str,
    pub started_at: Timestamp,
    /// How often it is to be heard of.
    pub rhythm: Rhythm,
    lanes: Vec<(Arc<LaneConfig>, Arc<Slots>)>,
    wellbeing: Wellbeing,
    last: Mutex<Option<Beat>>,
    /// One beat at a time; true when the process has left.
    turn: tokio::sync::Mutex<bool>,
    draining: AtomicBool,
}

/// A beat that the database has heard.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    pub at: Instant,
    /// How many microseconds the database's clock is ahead of ours, as far as the time that the answer took allows to say.
    pub ahead: i64,
}

impl Pulse {
    #[must_use]
    pub(crate) fn new(
        holder: String,
        role: &'static str,
        started_at: Timestamp,
        rhythm: Rhythm,
        lanes: Vec<(Arc<LaneConfig>, Arc<Slots>)>,
        wellbeing: Wellbeing,
    ) -> Self {
        let draining = AtomicBool::new(false);
        Self {
            holder,
            role,
            started_at,
            rhythm,
            lanes,
            wellbeing,
            last: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            draining,
        }
    }

    /// The last beat that the database has heard.
    #[must_use]
    pub fn last(&self) -> Option<Beat> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the process works this lane.
    #[must_use]
    pub fn works(&self, lane: &str) -> bool {
        self.lanes.iter().any(|(config, _)| config.name == lane)
    }

    /// From now on the process takes nothing new.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Whether the process takes nothing new because it stops.
    #[must_use]
    pub fn draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// The process as it is now.
    pub(crate) fn worker(&self) -> Worker {
        let broken: Vec<_> = self.wellbeing.troubles();
        let lane = |(config, slots): &(Arc<LaneConfig>, Arc<Slots>)| WorkedLane {
            name: config.name.to_owned(),
            slots: (config.size.slots + config.size.express) as i64,
            busy: slots.busy() as i64,
            draining: slots.draining(),
            broken: broken.iter().find_map(|(ward, health)| match health {
                Health::Broken(reason) if *ward == config.name => Some(reason.clone()),
                _ => None,
            }),
        };
        let kinds = self.lanes.iter().flat_map(|(config, _)| config.kinds.iter().map(move |kind| (config.name, kind)));
        let kinds = kinds.map(|(lane, kind)| KnownKind {
            name: kind.name.to_owned(),
            version: kind.version,
            lane: lane.to_owned(),
        });
        Worker {
            holder: self.holder.clone(),
            host: host(),
            pid: i64::from(std::process::id()),
            role: self.role.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lanes: self.lanes.iter().map(lane).collect(),
            kinds: kinds.collect(),
            started_at: self.started_at,
            seen_at: self.started_at,
            silence: self.rhythm.silence,
        }
    }

    /// One beat.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn beat(&self, deps: &Deps) -> Result<(), DbErr> {
        let left = self.turn.lock().await;
        if *left {
            return Ok(());
        }
        let write = Write::begin(deps).await?;
        let (waited, worked) = deps.tally.take();
        waiting::add(write.tx(), &waited, &worked).await?;
        let (sent, ours) = (Instant::now(), deps.clock.now());
        let theirs = worker::beat(write.tx(), &self.worker()).await?;
        let took = entity::clock::micros(sent.elapsed());
        write.commit().await?;
        // Their clock was read somewhere between our question and its answer.
        let ahead = match theirs - ours.0 {
            early if early < 0 => early,
            late => (late - took).max(0),
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Beat { at: Instant::now(), ahead });
        Ok(())
    }

    /// The process has ended in order, and is no longer counted.
    pub(crate) async fn leave(&self, deps: &Deps) {
        let farewell = async {
            let mut left = self.turn.lock().await;
            *left = true;
            let write = Write::begin(deps).await?;
            let (waited, worked) = deps.tally.take();
            waiting::add(write.tx(), &waited, &worked).await?;
            worker::leave(write.tx(), &self.holder).await?;
            write.commit().await
        };
        if let Ok(Err(error)) = timeout(FAREWELL, farewell).await {
            tracing::debug!(error = %error, "the database was not told that this process ends");
        }
    }
}

fn host() -> String {
    nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The actor that beats.
#[derive(Debug)]
pub struct Heart {
    pulse: Arc<Pulse>,
    deps: Deps,
    beating: bool,
}

impl Heart {
    #[must_use]
    pub fn new(pulse: Arc<Pulse>, deps: Deps) -> Self {
        Self { pulse, deps, beating: false }
    }

    fn beat(&mut self, ctx: &mut Context<Self>) {
        if self.beating {
            return;
        }
        self.beating = true;
        let (pulse, deps) = (Arc::clone(&self.pulse), self.deps.clone());
        let beat = self.deps.runtime.spawn(async move {
            if let Err(error) = pulse.beat(&deps).await {
                tracing::warn!(error = %error, "the database does not hear this process; trying again soon");
            }
        });
        ctx.spawn(beat.into_actor(self).map(|_, heart, _| heart.beating = false));
    }
}

impl Actor for Heart {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.beat(ctx);
        ctx.run_interval(self.pulse.rhythm.beat, Self::beat);
    }
}

impl Handler<Ping> for Heart {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}
