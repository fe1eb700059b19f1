//! What a job kind is: payload, policy and body in one struct; and how a kind is written down so that lanes can work it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use entity::job::Model;
use entity::job::event::{NewEvent, Stream};
use entity::job::lease::Settlement;
use entity::job::queue::{Class, NewJob, Repeat};
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::database::{Trouble, trouble};
use crate::deps::Deps;
use crate::effect::Effects;
use crate::problem::Fault;
use crate::writer::Operation;

/// How a kind is queued and what happens when its body fails.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub class: Class,
    /// How often the body may fail before the job is dead.
    pub max_failures: i32,
    /// The wait after the first failure; it doubles with each further one, up to an hour.
    pub backoff: Duration,
    /// How long the body may take.
    pub timeout: Duration,
    /// What a newer enqueue does to one that is queued under the same key.
    pub repeat: Repeat,
}

impl Policy {
    /// That of jobs that keep the place tidy and that nobody waits for.
    pub const TIDYING: Self = Self {
        class: Class::Batch,
        max_failures: 5,
        backoff: Duration::from_secs(60),
        timeout: Duration::from_secs(60),
        repeat: Repeat::Keep,
    };
}

const LONGEST_BACKOFF: Duration = Duration::from_secs(3600);

/// A kind of job. The struct is the payload; a change of its shape is a new version.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    const KIND: &'static str;
    const VERSION: i32 = 1;
    const LANE: &'static str;
    const POLICY: Policy;

    /// At most one job with this key is queued, and at most one is being worked on.
    fn key(&self) -> Option<String> {
        None
    }

    /// What is to be done. It may be done again if its process dies, so it changes nothing but by its effects.
    fn run(self, work: Work) -> impl Future<Output = Result<Effects, BodyFault>> + Send;

    /// What is to be changed when the job is given up, in the transaction that gives it up. Nobody may be left waiting.
    fn given_up(self, job: &Model, reason: &str) -> Effects {
        let _ = (job, reason);
        Effects::none()
    }

    /// What is to be changed when the job is stopped, in the transaction that says so. Nobody may be left waiting.
    fn cancelled(self, job: &Model) -> Effects {
        let _ = job;
        Effects::none()
    }

    /// What is to be taken back of that when somebody has a job tried again that was given up or stopped, in the transaction that
    /// queues it.
    fn retried(self, job: &Model) -> Effects {
        let _ = job;
        Effects::none()
    }

    /// The job, ready to be enqueued.
    #[expect(clippy::new_ret_no_self, clippy::wrong_self_convention, reason = "makes a new job of a payload")]
    fn new(&self) -> NewJob {
        NewJob {
            kind: Self::KIND,
            version: Self::VERSION,
            lane: Self::LANE,
            class: Self::POLICY.class,
            key: self.key(),
            repeat: Self::POLICY.repeat,
            payload: serde_json::to_value(self).unwrap_or_default(),
            course: None,
            requester: None,
            subject: None,
            delay: Duration::ZERO,
            max_failures: Self::POLICY.max_failures,
        }
    }
}

/// What a body is given.
#[derive(Clone, Debug)]
pub struct Work {
    pub job: Model,
    pub deps: Deps,
    /// Set when the body should end early: its lease is lost, it is cancelled, or the process drains.
    pub stop: CancellationToken,
    steps: Arc<AtomicI64>,
}

impl Work {
    /// What the body of a job is given.
    #[must_use]
    pub fn new(job: Model, deps: Deps, stop: CancellationToken) -> Self {
        // A later attempt counts on far behind an earlier one.
        let steps = Arc::new(AtomicI64::new(i64::from(job.attempt) << 32));
        Self { job, deps, stop, steps }
    }

    /// Tells whoever follows the job how far it is. In steps that a person would tell: each is a row.
    ///
    /// # Errors
    /// When the lease is lost, or the step cannot be told.
    pub async fn progress(&self, step: &'static str, data: serde_json::Value) -> Result<(), BodyFault> {
        let event = NewEvent::new(Stream::Job(self.job.id), step, data);
        let held = (self.job.id, self.job.lease_token.unwrap_or_default());
        let number = self.steps.fetch_add(1, Ordering::Relaxed) + 1;
        if self.deps.writer.fenced(Operation::Progress(held, number, event)).await? {
            return Ok(());
        }
        Err(BodyFault::Release("its lease is lost".into()))
    }
}

/// How a body fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// It may go better next time. Counts as a failure.
    Retry(String),
    /// It will never go better.
    GiveUp(String),
    /// Not the job's fault: something that it needs is not there. Counts as nothing.
    Release(String),
}

/// An error is the body's failure, unless what it comes from is that the database or a part of the platform is away.
impl<E: std::error::Error + 'static> From<E> for BodyFault {
    fn from(error: E) -> Self {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(one) = cause {
            let away = one.downcast_ref().is_some_and(|error| trouble(error) != Trouble::Refused)
                || matches!(one.downcast_ref(), Some(Fault::Unavailable(_)));
            if away {
                return Self::Release(error.to_string());
            }
            cause = one.source();
        }
        Self::Retry(error.to_string())
    }
}

/// A kind without its type: what the table of kinds holds.
#[derive(Clone, Copy)]
pub struct JobKind {
    pub name: &'static str,
    pub version: i32,
    pub lane: &'static str,
    pub policy: Policy,
    pub(crate) run: fn(Work) -> BoxFuture<'static, Result<Effects, BodyFault>>,
    pub(crate) given_up: fn(&Model, &str) -> Effects,
    pub(crate) cancelled: fn(&Model) -> Effects,
    pub(crate) retried: fn(&Model) -> Effects,
}

impl fmt::Debug for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} on {}", self.name, self.version, self.lane)
    }
}

impl JobKind {
    /// The entry of a kind.
    #[must_use]
    pub const fn of<J: Job>() -> Self {
        Self {
            name: J::KIND,
            version: J::VERSION,
            lane: J::LANE,
            policy: J::POLICY,
            run: run::<J>,
            given_up: given_up::<J>,
            cancelled: cancelled::<J>,
            retried: retried::<J>,
        }
    }

    /// What becomes of a job of this kind whose body failed, having failed so often before.
    #[must_use]
    pub fn after(&self, fault: BodyFault, failures: i32) -> Settlement {
        match fault {
            BodyFault::Release(reason) => Settlement::Release { reason, delay: Duration::from_secs(1) },
            BodyFault::GiveUp(error) => Settlement::Dead { error },
            BodyFault::Retry(error) if failures + 1 >= self.policy.max_failures => Settlement::Dead { error },
            BodyFault::Retry(error) => Settlement::Retry { error, delay: self.backoff(failures) },
        }
    }

    fn backoff(&self, failures: i32) -> Duration {
        let doublings = u32::try_from(failures).unwrap_or(0).min(16);
        let wait = self.policy.backoff.saturating_mul(1 << doublings).min(LONGEST_BACKOFF);
        // Up to a quarter more, so that what failed together does not come back together.
        wait.mul_f64(1.0 + f64::from(random_byte()) / 1024.0)
    }
}

fn random_byte() -> u8 {
    let mut byte = [0];
    let _ = getrandom::fill(&mut byte);
    byte[0]
}

fn run<J: Job>(work: Work) -> BoxFuture<'static, Result<Effects, BodyFault>> {
    Box::pin(async move {
        match serde_json::from_value::<J>(work.job.payload.clone()) {
            Ok(job) => job.run(work).await,
            Err(error) => Err(BodyFault::GiveUp(format!("its payload cannot be read: {error}"))),
        }
    })
}

fn given_up<J: Job>(job: &Model, reason: &str) -> Effects {
    serde_json::from_value::<J>(job.payload.clone())
        .map_or_else(|_| Effects::none(), |payload| payload.given_up(job, reason))
}

fn cancelled<J: Job>(job: &Model) -> Effects {
    serde_json::from_value::<J>(job.payload.clone()).map_or_else(|_| Effects::none(), |payload| payload.cancelled(job))
}

fn retried<J: Job>(job: &Model) -> Effects {
    serde_json::from_value::<J>(job.payload.clone()).map_or_else(|_| Effects::none(), |payload| payload.retried(job))
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbErr, RuntimeErr};

    use super::{BodyFault, Class, Duration, Effects, Fault, Job, JobKind, Policy, Repeat, Settlement, Work};

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Sample;

    impl Job for Sample {
        const KIND: &'static str = "sample";
        const LANE: &'static str = "sample";
        const POLICY: Policy = Policy {
            class: Class::Batch,
            max_failures: 3,
            backoff: Duration::from_secs(10),
            timeout: Duration::from_secs(1),
            repeat: Repeat::Keep,
        };
        async fn run(self, _: Work) -> Result<Effects, BodyFault> {
            Ok(Effects::none())
        }
    }

    #[test]
    fn an_outage_is_nobodys_failure() {
        let silent = || DbErr::Conn(RuntimeErr::Internal("silence".into()));
        assert!(matches!(BodyFault::from(silent()), BodyFault::Release(_)));
        assert!(matches!(BodyFault::from(Fault::Database(silent())), BodyFault::Release(_)));
        assert!(matches!(BodyFault::from(Fault::Unavailable("it restarts".into())), BodyFault::Release(_)));
        assert!(matches!(BodyFault::from(DbErr::RecordNotInserted), BodyFault::Retry(_)));
    }

    #[test]
    fn what_follows_a_fault() {
        let kind = JobKind::of::<Sample>();
        let retry = |failures| kind.after(BodyFault::Retry("x".into()), failures);
        for (failures, least) in [(0, 10), (1, 20)] {
            let Settlement::Retry { delay, .. } = retry(failures) else { panic!("not retried") };
            assert!(delay >= Duration::from_secs(least) && delay <= Duration::from_secs(least) * 5 / 4, "{delay:?}");
        }
        assert_eq!(retry(2), Settlement::Dead { error: "x".into() });
        assert_eq!(kind.after(BodyFault::GiveUp("y".into()), 0), Settlement::Dead { error: "y".into() });
        assert!(matches!(kind.after(BodyFault::Release("z".into()), 99), Settlement::Release { .. }));
    }
}
