//! The world around a few jobs: a database that may lose what was not promised to be durable, and workers with clocks of their own.
//!
//! All times are relative to the database's clock, which therefore always shows 0; when time passes, everything else comes
//! nearer. So the world has finitely many states, however long it goes on.

use entity::job::JobState;
use tests::machine::{Act, Around, Bounds, Job};

/// How long a lease is; chosen, with the others, so that a margin more or less shows after a tick more or less.
pub const LEASE: i64 = 19;
/// How long it is for its holder: all but a tenth.
pub const OWN: i64 = 17;
pub const TICK: i64 = 10;
/// A tick of a clock that goes as slow as the margin allows.
pub const SLOW_TICK: i64 = 8;
/// Further away than any lease is long.
pub const FAR: i64 = 1_000;
pub const BOUNDS: Bounds = Bounds { longest: 30, max_losses: 2, suspect_losses: 1 };
pub const MAX_FAILURES: i32 = 2;
/// When a job is due that waits at all.
const LATER: i64 = 5;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The job's rows, as every statement sees them.
    pub rows: Vec<Option<Row>>,
    /// What is left of them after a loss of power.
    pub kept: Vec<Option<Row>>,
    /// What people were told of each job.
    pub told: Vec<Told>,
    pub workers: Vec<Worker>,
    /// Whether a bell is on its way.
    pub bell: bool,
    pub broken: Option<Broken>,
}

/// A job with what its endings have done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    pub job: Job,
    /// How often the effects of an ending were applied since it was enqueued or tried again.
    pub endings: u8,
    /// How often those of its being done were.
    pub done: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Told {
    pub enqueued: bool,
    /// That it has ended, and how.
    pub ended: Option<JobState>,
}

impl Told {
    /// Somebody was told that this was done, and where it led. An end that was told is over only when somebody tries again.
    pub fn hears(&mut self, act: &Act, state: JobState) {
        if *act == Act::Retry {
            self.ended = None;
        } else if state.is_final() {
            self.ended.get_or_insert(state);
        }
    }
}

/// A rule about steps, not about states, that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Broken {
    /// A job moved and its stream did not go on by one, or the other way round.
    Events,
    /// A lease was taken from a holder whose own clock says that it still has it.
    Taken,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Worker {
    pub lease: Option<Lease>,
    /// What it waits to be answered.
    pub asked: Option<Request>,
    /// What it does not wait for any more, and may happen all the same.
    pub stray: Option<Request>,
}

/// A lease as its holder sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lease {
    pub job: usize,
    pub token: i64,
    /// What is left of it on the holder's clock.
    pub left: i64,
    /// What will be left of it if the renewal that is under way succeeds.
    pub next: Option<i64>,
    /// Whether the claim was answered.
    pub held: bool,
    /// Whether the holder's clock has gone slow.
    pub slow: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    pub job: usize,
    pub token: i64,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    Claim,
    Renew,
    Settle(End),
}

/// A settlement without its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    Done,
    Retry,
    Dead,
    Release,
    Cancelled,
}

impl World {
    /// One in which the first of so many jobs was enqueued.
    pub fn new(jobs: usize, workers: usize) -> Self {
        let mut rows = vec![None; jobs];
        rows[0] = Some(Row::new());
        let mut told = vec![Told::default(); jobs];
        told[0].enqueued = true;
        Self { kept: rows.clone(), rows, told, workers: vec![Worker::default(); workers], bell: true, broken: None }
    }

    /// What the others are to a job; all have one key.
    pub fn around(&self, job: usize) -> Around {
        let any = |state| {
            let others = self.rows.iter().enumerate().filter(|(other, _)| *other != job);
            others.filter_map(|(_, row)| row.as_ref()).any(|row| row.job.state == state)
        };
        Around { queued: any(JobState::Queued), leased: any(JobState::Leased), paused: false }
    }

    /// Lets time pass; for one of the workers, its clock goes slow.
    pub fn tick(&mut self, slow: Option<usize>) {
        self.shift(-TICK);
        for (number, worker) in self.workers.iter_mut().enumerate() {
            let Some(lease) = &mut worker.lease else { continue };
            let passed = if slow == Some(number) { SLOW_TICK } else { TICK };
            lease.slow |= slow == Some(number);
            lease.left = (lease.left - passed).max(0);
            lease.next = lease.next.map(|next| (next - passed).max(0));
        }
    }

    /// Moves all that is in the rows away from the database's clock, or nearer.
    pub fn shift(&mut self, by: i64) {
        for row in self.rows.iter_mut().chain(&mut self.kept).flatten() {
            let job = &mut row.job;
            job.until = job.until.map(|until| if until == FAR { FAR } else { until + by });
            job.run_at += by;
            row.tidy();
        }
    }

    /// A token that nobody has, of few: all that matters of tokens is whether two are the same.
    pub fn new_token(&self) -> i64 {
        let rows = self.rows.iter().chain(&self.kept).flatten().filter_map(|row| row.job.token);
        let used: Vec<i64> = rows.chain(self.workers.iter().flat_map(Worker::tokens)).collect();
        (1..).find(|token| !used.contains(token)).expect("there are more numbers than tokens")
    }

    /// The same world, told in one way of many: workers are alike, and tokens are only names.
    pub fn tidy(&mut self) {
        for worker in &mut self.workers {
            if worker.asked.is_none() && worker.lease.as_ref().is_some_and(|lease| lease.left == 0) {
                worker.lease = None;
            }
        }
        self.workers.sort();
        let known: Vec<i64> = self.workers.iter().flat_map(Worker::tokens).collect();
        let mut names = Vec::new();
        let mut name = |token: i64| {
            let place = names.iter().position(|named| *named == token).unwrap_or_else(|| {
                names.push(token);
                names.len() - 1
            });
            i64::try_from(place).expect("few tokens") + 1
        };
        for row in self.rows.iter_mut().chain(&mut self.kept).flatten() {
            let matters = |token: &i64| row.job.state == JobState::Leased || known.contains(token);
            row.job.token = row.job.token.filter(matters).map(&mut name);
        }
        for worker in &mut self.workers {
            worker.lease.iter_mut().for_each(|lease| lease.token = name(lease.token));
            worker.asked.iter_mut().chain(&mut worker.stray).for_each(|request| request.token = name(request.token));
        }
    }
}

impl Row {
    pub fn new() -> Self {
        let mut row = Self { job: Job::enqueued(0, 0), endings: 0, done: 0 };
        row.tidy();
        row
    }

    /// Leaves out what makes no difference to anything that may happen.
    pub fn tidy(&mut self) {
        let job = &mut self.job;
        (job.attempt, job.head) = (0, 0);
        job.run_at = if job.state == JobState::Queued && job.run_at > 0 { LATER } else { 0 };
        job.until = job.until.map(|until| if until > BOUNDS.longest { FAR } else { until.max(-1) });
    }
}

impl Worker {
    /// The tokens that it knows, or that are under way from it.
    pub fn tokens(&self) -> impl Iterator<Item = i64> + '_ {
        let requests = self.asked.iter().chain(&self.stray).map(|request| request.token);
        requests.chain(self.lease.iter().map(|lease| lease.token))
    }
}
