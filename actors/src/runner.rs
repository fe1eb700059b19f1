//! Working one job: its body in a task of its own, its lease kept alive beside it, and the settlement at the end.
//!
//! Whatever the body does (return, fail, panic, hang), it ends in exactly one settlement under the lease, or in none if the
//! lease is lost; then somebody else has the job, and what this body found out is thrown away.

pub mod rescue;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use entity::job::Model;
use entity::job::lease::{Held, Renewal, Settlement};
use futures_util::FutureExt;
use nix::time::{ClockId, clock_gettime};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::cause::scrub;
use crate::database::{Trouble, trouble};
use crate::deps::Deps;
use crate::effect::Effects;
use crate::job::{BodyFault, JobKind, Work};
use crate::problem::{Fault, words_of};
use crate::writer::Settling;

/// Why a job is to end early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// The process stops; somebody else does the job.
    Release,
    /// Somebody does not want the job any more.
    Cancel,
}

/// A lease as its holder sees it. Its deadline counts on a clock that goes on while the machine sleeps, from before the claim
/// was sent, so that it ends for the holder before it ends for the database.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    token: i64,
    length: Duration,
    start: Duration,
}

/// A clock that only goes forward, also while the machine sleeps.
pub(crate) fn boottime() -> Duration {
    // The clock is there on every kernel that has the namespaces which the sandbox needs.
    clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from).unwrap_or_default()
}

/// A token that nobody else has.
#[must_use]
pub fn new_token() -> i64 {
    let mut bytes = [0; 8];
    if getrandom::fill(&mut bytes).is_err() {
        // Without randomness the time is still different for each claim of this process.
        bytes = (boottime().as_nanos() as u64).to_le_bytes();
    }
    i64::from_le_bytes(bytes) & i64::MAX
}

impl Lease {
    pub(crate) fn starting_now(token: i64, length: Duration) -> Self {
        Self { token, length, start: boottime() }
    }

    pub(crate) fn token(&self) -> i64 {
        self.token
    }

    /// What is left of it for the holder: all but a tenth, which is for clocks that differ.
    pub(crate) fn left(&self) -> Duration {
        (self.length * 9 / 10).saturating_sub(self.age())
    }

    fn age(&self) -> Duration {
        boottime().saturating_sub(self.start)
    }

    /// How long from now it can be left alone.
    fn rest(&self) -> Duration {
        (self.length / 3).saturating_sub(self.age())
    }
}

/// How the body ended.
enum Ending {
    Body(Result<Effects, BodyFault>),
    /// The lease is lost: the job is somebody else's.
    Lost,
    /// It was stopped.
    Cancelled,
}

/// How long a body that is stopped may take to clean up before it is dropped.
pub(crate) const LAST_MOMENTS: Duration = Duration::from_secs(5);
/// What the row of a job says that somebody stopped.
pub(crate) const STOPPED: &str = "somebody stopped it";

/// Works the job to its settlement.
pub(crate) async fn work(
    deps: &Deps,
    job: Model,
    kind: &'static JobKind,
    mut lease: Lease,
    interrupts: watch::Receiver<Option<Interrupt>>,
) {
    let (held, begun) = ((job.id, lease.token), Instant::now());
    let ending = match job.stop_at {
        Some(_) => Ending::Cancelled,
        None => match fresh(deps, &job, &mut lease).await {
            Renewal::Held => run(deps, &job, kind, &mut lease, interrupts).await,
            Renewal::Lost => Ending::Lost,
            Renewal::Stop => Ending::Cancelled,
        },
    };
    let settling = match ending {
        Ending::Lost => {
            deps.tally.ended(kind.lane, kind.name, "lost", begun.elapsed());
            tracing::warn!(
                job.id = job.id,
                job.kind = job.kind,
                "the lease of a job was lost; what its body did is dropped"
            );
            return;
        }
        Ending::Body(Ok(effects)) => Settling { done: effects, ..Settling::new(held, Settlement::Done) },
        Ending::Cancelled => {
            let settlement = Settlement::Cancelled { reason: STOPPED.to_owned() };
            Settling { cancelled: (kind.cancelled)(&job), ..Settling::new(held, settlement) }
        }
        Ending::Body(Err(fault)) => failed(&job, kind, held, fault),
    };
    deps.tally.ended(kind.lane, kind.name, outcome(&settling.settlement), begun.elapsed());
    settle(deps, &job, kind, settling, lease).await;
}

/// The word for it in what is counted.
fn outcome(settlement: &Settlement) -> &'static str {
    match settlement {
        Settlement::Done => "done",
        Settlement::Retry { .. } => "failed",
        Settlement::Dead { .. } => "dead",
        Settlement::Release { .. } => "released",
        Settlement::Cancelled { .. } => "cancelled",
    }
}

fn failed(job: &Model, kind: &'static JobKind, held: Held, fault: BodyFault) -> Settling {
    let (BodyFault::Retry(why) | BodyFault::GiveUp(why) | BodyFault::Release(why)) = &fault;
    // A mail server names the address that it refuses; the row tells all of it to the staff.
    tracing::warn!(job.id = job.id, job.kind = job.kind, error = scrub(why), "a job failed");
    let platform = matches!(fault, BodyFault::Retry(_));
    let settlement = kind.after(fault, job.failures);
    if platform && matches!(settlement, Settlement::Dead { .. }) {
        // What programs of learners do is a verdict, and what is gone or refused for ever was given up: this one should have gone.
        tracing::error!(job.id = job.id, job.kind = kind.name, error.kind = "job", "a job failed for the last time");
    }
    let dead = match &settlement {
        Settlement::Dead { error } => (kind.given_up)(job, error),
        _ => Effects::none(),
    };
    Settling { dead, ..Settling::new(held, settlement) }
}

/// Runs the body beside its lease.
async fn run(
    deps: &Deps,
    job: &Model,
    kind: &'static JobKind,
    lease: &mut Lease,
    mut interrupts: watch::Receiver<Option<Interrupt>>,
) -> Ending {
    let stop = CancellationToken::new();
    let work = Work::new(job.clone(), deps.clone(), stop.clone());
    // A task of its own: when it is aborted, everything that the body holds is dropped.
    let mut body = tokio::spawn(AssertUnwindSafe(async move { (kind.run)(work).await }).catch_unwind());
    let _abort = AbortOnDrop(body.abort_handle());
    let deadline = Instant::now() + kind.policy.timeout;
    loop {
        tokio::select! {
            ended = &mut body => return Ending::Body(ended.map_or_else(|gone| Err(BodyFault::Retry(gone.to_string())), from_panic)),
            () = sleep_until(deadline) => {
                let limit = kind.policy.timeout.as_secs();
                return Ending::Body(Err(BodyFault::Retry(format!("did not end within {limit} s"))));
            }
            Some(interrupt) = changed(&mut interrupts) => {
                stop.cancel();
                return match interrupt {
                    Interrupt::Release => Ending::Body(Err(BodyFault::Release("its process was stopped".into()))),
                    Interrupt::Cancel => stopped(&mut body).await,
                };
            }
            () = sleep(lease.rest()) => match renew(deps, job.id, lease).await {
                Renewal::Held => {}
                Renewal::Lost => return Ending::Lost,
                Renewal::Stop => {
                    stop.cancel();
                    return stopped(&mut body).await;
                }
            },
        }
    }
}

/// The end of a body that was told to stop. One that was done all the same is done.
async fn stopped(body: &mut JoinHandle<std::thread::Result<Result<Effects, BodyFault>>>) -> Ending {
    match timeout(LAST_MOMENTS, body).await {
        Ok(Ok(Ok(Ok(effects)))) => Ending::Body(Ok(effects)),
        _ => Ending::Cancelled,
    }
}

/// The next interrupt; waits for ever when there can be none.
async fn changed(interrupts: &mut watch::Receiver<Option<Interrupt>>) -> Option<Interrupt> {
    let interrupt = interrupts.wait_for(Option::is_some).await.map(|interrupt| interrupt.clone());
    match interrupt {
        Ok(interrupt) => interrupt,
        Err(_) => std::future::pending().await,
    }
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn from_panic(ended: Result<Result<Effects, BodyFault>, Box<dyn std::any::Any + Send>>) -> Result<Effects, BodyFault> {
    ended.unwrap_or_else(|panic| Err(BodyFault::Retry(format!("panicked: {}", words_of(panic.as_ref())))))
}

/// Renews a lease that has become old before its job begins: somebody else may have the job already.
async fn fresh(deps: &Deps, job: &Model, lease: &mut Lease) -> Renewal {
    if lease.rest().is_zero() { renew(deps, job.id, lease).await } else { Renewal::Held }
}

/// Tries to keep the lease until its end.
async fn renew(deps: &Deps, job: i64, lease: &mut Lease) -> Renewal {
    loop {
        let next = Lease::starting_now(lease.token, lease.length);
        let left = lease.left();
        if left.is_zero() {
            return Renewal::Lost;
        }
        let renewal = deps.writer.renew((job, lease.token), lease.length);
        match timeout(left, renewal).await {
            Ok(Ok(Renewal::Lost)) | Err(_) => return Renewal::Lost,
            Ok(Ok(renewal)) => {
                *lease = next;
                return renewal;
            }
            Ok(Err(fault)) => {
                deps.tally.renewal_failed();
                tracing::warn!(job.id = job, error = %fault, "cannot renew a lease; trying again");
                sleep(left.min(Duration::from_millis(200))).await;
            }
        }
    }
}

/// Settles, again and again until it is durable or the lease is over.
async fn settle(deps: &Deps, job: &Model, kind: &'static JobKind, settling: Settling, mut lease: Lease) {
    // A lease that is nearly over would end while the settlement waits for its turn.
    if lease.left() < lease.length / 2 && renew(deps, job.id, &mut lease).await == Renewal::Lost {
        return;
    }
    let mut settling = settling;
    while !lease.left().is_zero() {
        // One that is done later is not heard, as the lease is over then.
        let Ok(answer) = timeout(lease.left(), deps.writer.settle(settling.clone())).await else { break };
        match answer {
            Ok(Some(_)) => return,
            Ok(None) => break,
            // What the body wants cannot be stored: that is the body's failure, and must not be tried for ever.
            Err(Fault::Database(error)) if settling.settlement == Settlement::Done && is_refusal(&error) => {
                settling =
                    failed(job, kind, settling.held, BodyFault::Retry(format!("its effects were refused: {error}")));
            }
            Err(fault) => {
                tracing::warn!(job.id = job.id, error = %fault, "cannot settle a job; trying again");
                sleep(Duration::from_millis(200)).await;
            }
        }
    }
    tracing::warn!(job.id = job.id, "the lease of a job was lost before it was settled");
}

/// Whether the database understood and said no, as opposed to being away, or having no room.
fn is_refusal(error: &sea_orm::DbErr) -> bool {
    trouble(error) == Trouble::Refused
}
