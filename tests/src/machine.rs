//! What may happen to a job, written once more as a function without a database.
//!
//! The product says it in statements that move many rows at once (`entity::job::{queue, claim, lease, cancel}`). Those stay the only
//! place where jobs are moved, so this is here and not beside them: the product has no use for it. It is held against the rows
//! in `it/job/machine.rs`, and explored with everything that can go wrong around it in `it/job/model.rs`. What the product does
//! know as a function, where a settlement leads and what it counts as, it is asked for.
//!
//! Deliberately not here: whose turn it is within a lane, payloads, and the words of errors.

use entity::clock::micros;
use entity::job::JobState;
use entity::job::cancel::SKIP;
use entity::job::claim::SUSPECT_LOSSES;
use entity::job::lease::{LONGEST, MAX_LOSSES, Settlement};

/// What of a job matters for what may happen to it. Times are microseconds on the database's clock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Job {
    pub state: JobState,
    /// Not before.
    pub run_at: i64,
    pub token: Option<i64>,
    /// The deadline of its lease.
    pub until: Option<i64>,
    /// How often it was claimed.
    pub attempt: i32,
    /// How often its body failed.
    pub failures: i32,
    /// How often its lease was taken away.
    pub losses: i32,
    /// Whether somebody asked for it to be stopped.
    pub stop: bool,
    /// The position of its last event.
    pub head: i64,
}

/// Something that is done to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Enqueued again under its key, where that keeps it.
    Repeat,
    /// Enqueued again under its key, where a newer one takes its place.
    Supersede,
    /// Leased under this token, for so many microseconds.
    Claim { token: i64, lease: i64, suspects: bool },
    /// Its deadline is moved, to so many microseconds from now.
    Renew { token: i64, lease: i64 },
    /// Its lease ends as its holder says.
    Settle { token: i64, settlement: Settlement },
    /// Its lease is taken away if its deadline has passed.
    Rescue,
    /// Its lease is taken away, because its process is known to be gone.
    Orphan,
    /// Somebody does not want it any more.
    Cancel,
    /// Somebody wants it tried again.
    Retry,
}

/// What of the other rows matters: whether another job with its key is queued or leased, and whether its lane is paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Around {
    pub queued: bool,
    pub leased: bool,
    pub paused: bool,
}

/// The bounds that the rules speak of.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The longest lease, in microseconds.
    pub longest: i64,
    /// A job that was lost so often is dead.
    pub max_losses: i32,
    /// A job that was lost so often is claimed as a suspect.
    pub suspect_losses: i32,
}

impl Bounds {
    /// Those of the product.
    #[must_use]
    pub fn of_the_product() -> Self {
        Self { longest: micros(LONGEST), max_losses: MAX_LOSSES, suspect_losses: SUSPECT_LOSSES }
    }
}

impl Job {
    /// A new one, due that much later.
    #[must_use]
    pub fn enqueued(delay: i64, now: i64) -> Self {
        Self {
            state: JobState::Queued,
            run_at: now + delay,
            token: None,
            until: None,
            attempt: 0,
            failures: 0,
            losses: 0,
            stop: false,
            head: 1,
        }
    }

    fn holds(&self, token: i64) -> bool {
        self.state == JobState::Leased && self.token == Some(token)
    }

    /// The job in that state, with the event that says so.
    fn moved(&self, state: JobState) -> Self {
        Self { state, head: self.head + 1, ..self.clone() }
    }
}

/// The job after that was done to it; none if nothing happens.
#[must_use]
pub fn step(job: &Job, act: &Act, around: Around, bounds: &Bounds, now: i64) -> Option<Job> {
    match act {
        Act::Repeat => (job.state == JobState::Queued).then(|| job.moved(JobState::Queued)),
        Act::Supersede => (job.state == JobState::Queued).then(|| unclaimed_end(job)),
        Act::Claim { token, lease, suspects } => {
            let suspect = job.losses >= bounds.suspect_losses;
            let free = job.state == JobState::Queued && job.run_at <= now && !around.leased && !around.paused;
            (free && suspect == *suspects).then(|| Job {
                token: Some(*token),
                until: Some(now + lease),
                attempt: job.attempt + 1,
                ..job.moved(JobState::Leased)
            })
        }
        // Tells nobody: a deadline that moves is no event.
        Act::Renew { token, lease } => job.holds(*token).then(|| Job { until: Some(now + lease), ..job.clone() }),
        Act::Settle { token, settlement } => job.holds(*token).then(|| settled(job, settlement, around, now)),
        Act::Rescue => {
            let leased = job.until.filter(|_| job.state == JobState::Leased);
            // Further away than any lease is long: the clock has stepped back since.
            leased.filter(|until| *until < now || *until > now + bounds.longest).map(|_| lost(job, around, bounds, now))
        }
        Act::Orphan => (job.state == JobState::Leased).then(|| lost(job, around, bounds, now)),
        Act::Cancel => match job.state {
            JobState::Queued => Some(unclaimed_end(job)),
            // Its holder is told, and ends it.
            JobState::Leased => Some(Job { stop: true, ..job.clone() }),
            _ => None,
        },
        Act::Retry => {
            let ended = matches!(job.state, JobState::Dead | JobState::Cancelled) && !around.queued;
            ended.then(|| Job { attempt: job.attempt, head: job.head + 1, ..Job::enqueued(0, now) })
        }
    }
}

/// A job that is stopped before anybody works on it.
fn unclaimed_end(job: &Job) -> Job {
    Job { stop: true, state: JobState::Cancelled, head: job.head + SKIP, ..job.clone() }
}

/// Where a job goes that would go back to the queue: the one that is queued under its key survives.
fn back(around: Around) -> JobState {
    if around.queued { JobState::Cancelled } else { JobState::Queued }
}

fn settled(job: &Job, settlement: &Settlement, around: Around, now: i64) -> Job {
    let state = match settlement.state() {
        JobState::Queued => back(around),
        state => state,
    };
    // The token stays; it opens nothing, as the job is not leased any more.
    Job {
        failures: job.failures + settlement.failures(),
        run_at: now + micros(settlement.delay()),
        until: None,
        ..job.moved(state)
    }
}

fn lost(job: &Job, around: Around, bounds: &Bounds, now: i64) -> Job {
    let losses = job.losses + 1;
    let state = if losses >= bounds.max_losses { JobState::Dead } else { back(around) };
    Job { losses, run_at: now, token: None, until: None, ..job.moved(state) }
}
