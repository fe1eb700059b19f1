//! The guardian: owns the factories of all other actors, looks at them every heartbeat, and replaces those that are gone.
//!
//! actix restarts an actor that stops itself, but not one whose handler panicked: its mailbox closes for good. So the guardian
//! asks each of its wards for a sign of life. Nobody behind the line: a new actor on the same thread. No answer in time: the
//! thread is stuck and cannot be ended, so the new actor gets a new thread, and whatever the old one still says is harmless,
//! because leases have tokens. Rebuilding backs off; a ward that needs it too often is broken, and `/readyz` says so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::fut::wrap_future;
use actix::{Actor, ActorFutureExt, Arbiter, AsyncContext, Context, Handler, Message};
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::line::{Line, NoAnswer};

/// How often the guardian looks.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// How long a ward may take to give a sign of life.
const PATIENCE: Duration = Duration::from_secs(5);
/// The wait before the first rebuild of a ward; doubles with each further one in the window.
const BACKOFF: Duration = Duration::from_millis(50);
/// Rebuilds within the window before a ward is broken.
const BUDGET: usize = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// Are you there?
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Ping;

/// Runs a function on the actor's thread. For those who look into the machine, and for tests that break a part of it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Visit(pub Box<dyn FnOnce() + Send>);

/// How a ward is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    Well,
    /// Being replaced.
    Down,
    /// Needed replacing too often; stays down until the process is restarted.
    Broken(String),
}

/// How all wards are, for whoever asks whether the process can work.
#[derive(Clone, Debug, Default)]
pub struct Wellbeing(Arc<Mutex<BTreeMap<&'static str, (Health, u64)>>>, Arc<Mutex<Option<Instant>>>);

impl Wellbeing {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, (Health, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, ward: &'static str, health: Health) {
        self.lock().entry(ward).or_insert((Health::Well, 0)).0 = health;
    }

    fn count_rebuild(&self, ward: &'static str) {
        self.lock().entry(ward).or_insert((Health::Well, 0)).1 += 1;
    }

    /// The guardian looks.
    fn looked(&self) {
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// For how long the guardian has not looked after the wards; none before its first look.
    #[must_use]
    pub fn silent_for(&self) -> Option<Duration> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).map(|looked| looked.elapsed())
    }

    /// All wards: their health, and how often they were replaced.
    #[must_use]
    pub fn all(&self) -> Vec<(&'static str, Health, u64)> {
        self.lock().iter().map(|(name, (health, rebuilds))| (*name, health.clone(), *rebuilds)).collect()
    }

    /// Those that are not well, with the reason.
    #[must_use]
    pub fn troubles(&self) -> Vec<(&'static str, Health)> {
        let wards = self.lock();
        wards
            .iter()
            .filter(|(_, (health, _))| *health != Health::Well)
            .map(|(name, (health, _))| (*name, health.clone()))
            .collect()
    }

    /// How often a ward was replaced.
    #[must_use]
    pub fn rebuilds(&self, ward: &str) -> u64 {
        self.lock().get(ward).map_or(0, |(_, rebuilds)| *rebuilds)
    }
}

/// An actor that the guardian keeps alive.
pub trait Ward: Send {
    fn name(&self) -> &'static str;
    /// Asks for a sign of life.
    fn check(&self) -> BoxFuture<'static, Result<(), NoAnswer>>;
    /// Puts a new actor behind the line, on a new thread if the old one is stuck.
    fn rebuild(&mut self, stuck: bool);
}

/// A ward of type `A` and how to make it.
pub struct Keep<A: Actor> {
    name: &'static str,
    line: Line<A>,
    make: Arc<dyn Fn() -> A + Send + Sync>,
    thread: Option<Arbiter>,
}

impl<A> Keep<A>
where
    A: Actor<Context = Context<A>> + Handler<Ping>,
{
    /// A ward with that name behind that line.
    pub fn ward(name: &'static str, line: Line<A>, make: impl Fn() -> A + Send + Sync + 'static) -> Box<dyn Ward>
    where
        A::Context: ToEnvelope<A, Ping>,
    {
        Box::new(Self { name, line, make: Arc::new(make), thread: None })
    }
}

impl<A> Ward for Keep<A>
where
    A: Actor<Context = Context<A>> + Handler<Ping>,
    A::Context: ToEnvelope<A, Ping>,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn check(&self) -> BoxFuture<'static, Result<(), NoAnswer>> {
        let line = self.line.clone();
        Box::pin(async move { line.ask_within(Ping, PATIENCE).await })
    }

    fn rebuild(&mut self, stuck: bool) {
        // A thread that has ended takes no more functions.
        let ended = self.thread.as_ref().is_some_and(|thread| !thread.spawn_fn(|| ()));
        if stuck || ended {
            self.thread = None;
        }
        let thread = self.thread.get_or_insert_with(Arbiter::new);
        let make = Arc::clone(&self.make);
        self.line.plug(A::start_in_arbiter(&thread.handle(), move |_| make()));
    }
}

impl<A: Actor> Drop for Keep<A> {
    fn drop(&mut self) {
        if let Some(thread) = &self.thread {
            thread.stop();
        }
    }
}

struct Kept {
    ward: Box<dyn Ward>,
    checking: bool,
    not_before: Instant,
    rebuilds: Vec<Instant>,
    broken: bool,
}

/// The actor that owns the factories.
pub struct Guardian {
    wards: Vec<Kept>,
    wellbeing: Wellbeing,
}

impl Guardian {
    /// A guardian of these wards; starts them at once.
    #[must_use]
    pub fn new(wards: Vec<Box<dyn Ward>>, wellbeing: Wellbeing) -> Self {
        let kept = |mut ward: Box<dyn Ward>| {
            ward.rebuild(false);
            wellbeing.set(ward.name(), Health::Well);
            Kept { ward, checking: false, not_before: Instant::now(), rebuilds: Vec::new(), broken: false }
        };
        let wards = wards.into_iter().map(kept).collect();
        Self { wards, wellbeing }
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        self.wellbeing.looked();
        let now = Instant::now();
        for (index, kept) in self.wards.iter_mut().enumerate() {
            if kept.checking || kept.broken || kept.not_before > now {
                continue;
            }
            kept.checking = true;
            let check = wrap_future::<_, Self>(kept.ward.check());
            ctx.spawn(check.map(move |sign, guardian, _| guardian.heard(index, sign)));
        }
    }

    fn heard(&mut self, index: usize, sign: Result<(), NoAnswer>) {
        let Some(kept) = self.wards.get_mut(index) else { return };
        kept.checking = false;
        let name = kept.ward.name();
        let Err(silence) = sign else {
            self.wellbeing.set(name, Health::Well);
            return;
        };
        let now = Instant::now();
        kept.rebuilds.retain(|rebuild| now.duration_since(*rebuild) < WINDOW);
        if kept.rebuilds.len() >= BUDGET {
            let reason = format!("was replaced {BUDGET} times within {} s", WINDOW.as_secs());
            tracing::error!(actor = name, "an actor is broken: it {reason}");
            kept.broken = true;
            self.wellbeing.set(name, Health::Broken(reason));
            return;
        }
        tracing::warn!(actor = name, silence = %silence, "an actor gives no sign of life and is replaced");
        self.wellbeing.set(name, Health::Down);
        self.wellbeing.count_rebuild(name);
        kept.not_before = now + BACKOFF * (1 << kept.rebuilds.len().min(6));
        kept.rebuilds.push(now);
        kept.ward.rebuild(silence == NoAnswer::Late);
    }
}

impl Actor for Guardian {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_interval(HEARTBEAT, Self::look);
    }
}

impl Handler<Ping> for Guardian {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}
