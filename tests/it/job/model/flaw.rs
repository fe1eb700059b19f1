//! Flaws that the product does not have. Each must be found, or the laws say nothing.

use entity::job::JobState;
use tests::machine::{Act, Around, Job, step};

use super::world::BOUNDS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A settlement is taken from anybody while the job is leased.
    SettlesWithoutToken,
    /// A settlement is taken from whoever had the job last, leased or not.
    SettlesWithoutLease,
    /// A claim sets no deadline.
    ClaimsWithoutDeadline,
    /// Leases are taken away at any time.
    RescuesEarly,
    /// Leases are never taken away.
    RescuesNever,
    /// A deadline that is too far away is believed.
    BelievesFarDeadlines,
    /// Who claims does not look for a leased job with the same key.
    ClaimsBesideTwin,
    /// What goes back does not look for a queued job with the same key.
    ReturnsBesideTwin,
    /// The head of the stream stays when a lease is taken away.
    MovesWithoutEvent,
    /// What has ended can be cancelled.
    CancelsWhatEnded,
    /// What is done can be tried again.
    RetriesWhatIsDone,
    /// Nobody claims what was lost.
    LeavesSuspects,
    /// Settlements do not wait for the disk.
    SettlesWithoutDisk,
    /// Enqueueing does not wait for the disk.
    EnqueuesWithoutDisk,
    /// The holder's lease is as long as the database's.
    CountsWithoutMargin,
    /// Nobody looks for work without a bell.
    WaitsForBell,
}

/// A step as the product with that flaw would make it.
pub fn bent(flaw: Option<Flaw>, job: &Job, act: &Act, around: Around) -> Option<Job> {
    let right = |job: &Job, act: &Act, around| step(job, act, around, &BOUNDS, 0);
    match (flaw, act) {
        (Some(Flaw::SettlesWithoutToken), Act::Settle { settlement, .. }) => {
            let act = Act::Settle { token: job.token?, settlement: settlement.clone() };
            right(job, &act, around)
        }
        (Some(Flaw::SettlesWithoutLease), Act::Settle { .. }) => {
            right(&Job { state: JobState::Leased, ..job.clone() }, act, around)
        }
        (Some(Flaw::ClaimsWithoutDeadline), Act::Claim { .. }) => {
            right(job, act, around).map(|job| Job { until: None, ..job })
        }
        (Some(Flaw::RescuesEarly), Act::Rescue) => right(&Job { until: Some(-1), ..job.clone() }, act, around),
        (Some(Flaw::RescuesNever), Act::Rescue) => None,
        (Some(Flaw::BelievesFarDeadlines), Act::Rescue) if job.until > Some(0) => None,
        (Some(Flaw::ClaimsBesideTwin), Act::Claim { .. }) => right(job, act, Around { leased: false, ..around }),
        (Some(Flaw::ReturnsBesideTwin), Act::Settle { .. } | Act::Rescue) => {
            right(job, act, Around { queued: false, ..around })
        }
        (Some(Flaw::MovesWithoutEvent), Act::Rescue) => {
            right(job, act, around).map(|after| Job { head: job.head, ..after })
        }
        (Some(Flaw::CancelsWhatEnded), Act::Cancel) if job.state.is_final() => {
            Some(Job { state: JobState::Cancelled, head: job.head + 1, ..job.clone() })
        }
        (Some(Flaw::RetriesWhatIsDone), Act::Retry) if job.state == JobState::Done => {
            right(&Job { state: JobState::Dead, ..job.clone() }, act, around)
        }
        (Some(Flaw::LeavesSuspects), Act::Claim { suspects: true, .. }) => None,
        _ => right(job, act, around),
    }
}
