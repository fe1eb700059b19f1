//! The slots of a lane and the jobs in them. They outlive the actor that claims.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use entity::job::lease::Held;
use entity::job::queue::Class;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout};

use super::at_once::Handed;
use crate::runner::Interrupt;
use crate::shift::Shifts;

/// How long a lane is held up at first for a job that is to be worked on alone.
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
    /// Places for jobs of any class.
    free: Arc<Semaphore>,
    /// What a job that nobody waits for needs beside a place: there are fewer of these than places, so that some are left for clicks. Which
    /// places these are is not said, or a click in the wrong one would keep the others out.
    batch: Arc<Semaphore>,
    /// By job and lease: a late holder may still be at a job that was claimed again.
    running: Mutex<HashMap<Held, Running>>,
    draining: AtomicBool,
    clearing: Mutex<Clearing>,
    /// Set when a job has ended that was worked on alone.
    alone_ended: AtomicBool,
    /// What every job is told, also one that begins later.
    told: Mutex<Option<Interrupt>>,
    /// Jobs that have their slots already, to be begun.
    handed: Mutex<Vec<Handed>>,
    handing: Shifts,
    /// The highest rank of a job that was begun and is not noted yet; the lowest number when there is none.
    reached: AtomicI64,
    shifts: Shifts,
}

/// How the lane is emptied for a job that is worked on alone. Others wait meanwhile, so it is given up after a while, and then the
/// lane is theirs for as long. The next try is longer: at last so long that whatever runs has ended.
#[derive(Debug)]
struct Clearing {
    /// Somebody waits for the lane to be empty.
    under_way: bool,
    patience: Duration,
    not_before: Option<Instant>,
}

impl Clearing {
    /// Begins a try, unless one is under way or it is not time yet: how long it may take.
    fn begin(&mut self, now: Instant, longest: Duration) -> Option<Duration> {
        if self.under_way || self.not_before.is_some_and(|instant| now < instant) {
            return None;
        }
        self.under_way = true;
        Some(self.patience.min(longest.max(CLEARING)))
    }

    fn end(&mut self, now: Instant, tried: Duration, empty: bool) {
        self.under_way = false;
        (self.patience, self.not_before) = if empty { (CLEARING, None) } else { (tried * 2, Some(now + tried)) };
    }
}

impl Default for Clearing {
    fn default() -> Self {
        Self { under_way: false, patience: CLEARING, not_before: None }
    }
}

/// Slots that are taken, to be filled.
#[derive(Debug)]
pub struct Taken {
    places: Option<OwnedSemaphorePermit>,
    batch: Option<OwnedSemaphorePermit>,
}

/// The slot of a job. It is free again when this is dropped, the place last: whoever finds it finds all of it.
#[derive(Debug)]
pub(super) struct Place {
    _batch: Option<OwnedSemaphorePermit>,
    _place: OwnedSemaphorePermit,
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
        let places = number(self.places.as_ref());
        (places, number(self.batch.as_ref()).min(places))
    }

    /// One of them, for a job of that class.
    pub(super) fn split(&mut self, class: i32) -> Option<Place> {
        let batch = match class == Class::Interactive.number() {
            true => None,
            false => Some(self.batch.as_mut()?.split(1)?),
        };
        Some(Place { _batch: batch, _place: self.places.as_mut()?.split(1)? })
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
            free: Arc::new(Semaphore::new(size.slots + size.express)),
            batch: Arc::new(Semaphore::new(size.slots)),
            running: Mutex::default(),
            draining: AtomicBool::new(false),
            clearing: Mutex::default(),
            alone_ended: AtomicBool::new(false),
            told: Mutex::default(),
            handed: Mutex::default(),
            handing: Shifts::default(),
            reached: AtomicI64::new(i64::MIN),
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

    /// The shifts of who begins jobs that are handed over.
    pub(super) fn handing(&self) -> &Shifts {
        &self.handing
    }

    fn to_begin(&self) -> MutexGuard<'_, Vec<Handed>> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has jobs begun that have their slots already.
    pub(super) fn hand(&self, jobs: Vec<Handed>) {
        self.to_begin().extend(jobs);
        self.handing.wake();
    }

    /// The jobs that are to be begun.
    pub(super) fn handed(&self) -> Vec<Handed> {
        std::mem::take(&mut *self.to_begin())
    }

    /// Remembers that a job of that rank was begun.
    pub(super) fn reach(&self, rank: i64) {
        self.reached.fetch_max(rank, Ordering::SeqCst);
    }

    /// The highest rank of a job that was begun since this was asked last.
    pub(super) fn reached(&self) -> Option<i64> {
        Some(self.reached.swap(i64::MIN, Ordering::SeqCst)).filter(|rank| *rank > i64::MIN)
    }

    /// Whether somebody has yet to begin what was handed over.
    pub(super) fn is_behind(&self) -> bool {
        !self.to_begin().is_empty()
    }

    pub(super) fn enter(&self, job: Held, class: i32) -> watch::Receiver<Option<Interrupt>> {
        let mut running = self.lock();
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (interrupt, receiver) = watch::channel(told);
        running.insert(job, Running { class, interrupt });
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
        self.free.available_permits()
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
        let all = u32::try_from(self.size.slots + self.size.express).unwrap_or(u32::MAX);
        // Who waits for many is given what comes free before whoever asks for some, so the lane does come to rest.
        Taken { places: Arc::clone(&self.free).acquire_many_owned(all).await.ok(), batch: None }
    }

    /// Waits until the lane is empty, and takes all of it. None if somebody waits for that already, it has lately been tried in vain,
    /// or the lane drains. No job of the lane takes longer than `longest`.
    pub(super) async fn clear(&self, longest: Duration) -> Option<Taken> {
        if self.draining() {
            return None;
        }
        let clearing = || self.clearing.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = clearing().begin(Instant::now(), longest)?;
        let taken = timeout(patience, self.take_all()).await;
        clearing().end(Instant::now(), patience, taken.is_ok());
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
        let taken = Taken { places: take(&self.free), batch: take(&self.batch) };
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

    /// Tells every job in the lane to end early, and those that are still to begin.
    pub fn interrupt_all(&self, interrupt: &Interrupt) {
        let running = self.lock();
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(interrupt.clone());
        for job in running.values() {
            job.interrupt.send_replace(Some(interrupt.clone()));
        }
    }

    /// How many jobs the lane works on at the same time.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }
}

#[cfg(test)]
mod tests {
    use super::{CLEARING, Class, Clearing, Instant, Size, Slots};

    #[test]
    fn whichever_click_ends_the_others_have_their_turn_and_never_all_slots() {
        let (click, patient) = (Class::Interactive.number(), Class::Batch.number());
        for ends in 0..3 {
            let slots = Slots::new(Size { slots: 2, express: 1 });
            let mut taken = slots.take_free().expect("free slots");
            assert_eq!(taken.room(), (3, 2));
            let mut clicks: Vec<_> = (0..3).map(|_| taken.split(click).expect("a slot")).collect();
            drop(taken);
            assert!(slots.take_free().is_none());
            clicks.remove(ends);
            let mut taken = slots.take_free().expect("a free slot");
            assert_eq!(taken.room(), (1, 1), "{ends}");
            assert!(taken.split(patient).is_some() && taken.split(click).is_none());
        }
        let slots = Slots::new(Size { slots: 2, express: 1 });
        let mut taken = slots.take_free().expect("free slots");
        let _crowd = [taken.split(patient).expect("a slot"), taken.split(patient).expect("a slot")];
        assert!(taken.split(patient).is_none() && taken.split(click).is_some());
    }

    #[test]
    fn a_lane_that_is_never_empty_is_waited_for_ever_longer_and_is_the_others_in_between() {
        let (mut clearing, mut now, longest) = (Clearing::default(), Instant::now(), CLEARING * 3);
        for patience in [CLEARING, CLEARING * 2, longest, longest] {
            assert_eq!(clearing.begin(now, longest), Some(patience));
            assert_eq!(clearing.begin(now, longest), None, "two at the same time");
            now += patience;
            clearing.end(now, patience, false);
            assert_eq!(clearing.begin(now, longest), None, "at once");
            now += patience;
        }
        assert_eq!(clearing.begin(now, longest), Some(longest));
        clearing.end(now, longest, true);
        assert_eq!(clearing.begin(now, longest), Some(CLEARING));
    }
}
