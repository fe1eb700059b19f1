//! The slots of a lane and the jobs in them. They outlive the actor that claims.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use entity::job::lease::Held;
use entity::job::queue::Class;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use crate::runner::Interrupt;
use crate::shift::Shifts;

/// How long a lane may be held up for a job that is to be worked on alone.
const CLEARING: Duration = Duration::from_secs(30);

/// How many jobs a lane works on at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Jobs of any class.
    pub slots: usize,
    /// Jobs that somebody waits for, beside those.
    pub express: usize,
}

impl Size {
    /// So many slots for jobs of any class.
    #[must_use]
    pub const fn of(slots: usize) -> Self {
        Self { slots, express: 0 }
    }
}

/// A job in its slot.
#[derive(Debug)]
struct Running {
    class: i32,
    interrupt: watch::Sender<Option<Interrupt>>,
}

/// The slots of a lane and the jobs in them.
#[derive(Debug)]
pub struct Slots {
    size: Size,
    free: Arc<Semaphore>,
    express: Arc<Semaphore>,
    /// By job and lease: a late holder may still be at a job that was claimed again.
    running: Mutex<HashMap<Held, Running>>,
    draining: AtomicBool,
    /// Set while somebody waits for the lane to be empty.
    clearing: AtomicBool,
    /// Set when a job has ended that was worked on alone.
    alone_ended: AtomicBool,
    shifts: Shifts,
}

/// Slots that are taken, to be filled.
#[derive(Debug)]
pub struct Taken {
    any: Option<OwnedSemaphorePermit>,
    express: Option<OwnedSemaphorePermit>,
}

/// The whole lane, for a job that is worked on alone.
#[derive(Debug)]
pub(super) struct Alone {
    slots: Arc<Slots>,
    _taken: Taken,
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.slots.alone_ended.store(true, Ordering::SeqCst);
    }
}

fn number(permits: Option<&OwnedSemaphorePermit>) -> usize {
    permits.map_or(0, OwnedSemaphorePermit::num_permits)
}

impl Taken {
    /// How many jobs they hold, and how many of those may be such that nobody waits for.
    #[must_use]
    pub fn room(&self) -> (usize, usize) {
        let any = number(self.any.as_ref());
        (any + number(self.express.as_ref()), any)
    }

    /// One of them, for a job of that class.
    pub fn split(&mut self, class: i32) -> Option<OwnedSemaphorePermit> {
        let express = (class == Class::Interactive.number()).then(|| self.express.as_mut()?.split(1)).flatten();
        express.or_else(|| self.any.as_mut()?.split(1))
    }

    /// All of them, for one job, after which the lane looks whether there are more of its kind.
    #[must_use]
    pub(super) fn for_suspect(self, slots: &Arc<Slots>) -> Alone {
        Alone { slots: Arc::clone(slots), _taken: self }
    }
}

impl Slots {
    #[must_use]
    pub fn new(size: Size) -> Self {
        Self {
            size,
            free: Arc::new(Semaphore::new(size.slots)),
            express: Arc::new(Semaphore::new(size.express)),
            running: Mutex::default(),
            draining: AtomicBool::new(false),
            clearing: AtomicBool::new(false),
            alone_ended: AtomicBool::new(false),
            shifts: Shifts::default(),
        }
    }

    /// Tells who claims for the lane that there may be work.
    pub fn wake(&self) {
        self.shifts.wake();
    }

    pub(super) fn shifts(&self) -> &Shifts {
        &self.shifts
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Held, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self, job: Held, class: i32) -> watch::Receiver<Option<Interrupt>> {
        let (interrupt, receiver) = watch::channel(None);
        self.lock().insert(job, Running { class, interrupt });
        receiver
    }

    pub(super) fn leave(&self, job: Held) {
        self.lock().remove(&job);
    }

    /// The number of jobs that are worked on.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.lock().len()
    }

    /// The number of slots that nobody has taken, not even for a claim that is under way.
    #[must_use]
    pub fn free(&self) -> usize {
        self.free.available_permits() + self.express.available_permits()
    }

    /// Whether only such jobs are worked on as somebody waits for, in a lane that keeps slots for those: then it is the others' turn.
    pub(super) fn owes_batch(&self) -> bool {
        let running = self.lock();
        let clicks = running.values().filter(|running| running.class == Class::Interactive.number()).count();
        self.size.express > 0 && clicks > 0 && clicks == running.len()
    }

    /// Waits until no job is worked on.
    pub async fn idle(&self) {
        drop(self.take_all().await);
    }

    async fn take_all(&self) -> Taken {
        let all = |slots: usize| u32::try_from(slots).unwrap_or(u32::MAX);
        // Who waits for many is given what comes free before whoever asks for some, so the lane does come to rest.
        let any = Arc::clone(&self.free).acquire_many_owned(all(self.size.slots)).await.ok();
        let express = Arc::clone(&self.express).acquire_many_owned(all(self.size.express)).await.ok();
        Taken { any, express }
    }

    /// Waits until the lane is empty, and takes all of it. None if somebody waits for that already, or the lane drains.
    pub(super) async fn clear(&self) -> Option<Taken> {
        if self.draining() || self.clearing.swap(true, Ordering::SeqCst) {
            return None;
        }
        // Others wait meanwhile, so not for ever: what was taken is given back, and it is tried again later.
        let taken = timeout(CLEARING, self.take_all()).await;
        self.clearing.store(false, Ordering::SeqCst);
        taken.ok().filter(|_| !self.draining())
    }

    /// Whether a job has ended since the last look that was worked on alone.
    pub(super) fn suspect_ended(&self) -> bool {
        self.alone_ended.swap(false, Ordering::SeqCst)
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
    pub(super) fn take_free(&self) -> Option<Taken> {
        if self.draining() {
            return None;
        }
        let take = |slots: &Arc<Semaphore>| {
            let free = u32::try_from(slots.available_permits()).unwrap_or(u32::MAX);
            if free == 0 { None } else { Arc::clone(slots).try_acquire_many_owned(free).ok() }
        };
        let taken = Taken { any: take(&self.free), express: take(&self.express) };
        (taken.room().0 > 0).then_some(taken)
    }

    /// Tells a job, if it is worked on here, to end early.
    pub fn interrupt(&self, job: i64, interrupt: &Interrupt) {
        for (_, running) in self.lock().iter().filter(|((id, _), _)| *id == job) {
            running.interrupt.send_if_modified(|said| {
                let first = said.is_none();
                said.get_or_insert_with(|| interrupt.clone());
                first
            });
        }
    }

    /// Tells every job in the lane to end early.
    pub fn interrupt_all(&self, interrupt: &Interrupt) {
        for job in self.lock().values() {
            job.interrupt.send_replace(Some(interrupt.clone()));
        }
    }

    /// How many jobs the lane works on at the same time.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }
}
