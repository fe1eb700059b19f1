//! Why a job is where it is, and until when: one sentence for whoever waits for it. A pure function of the job and of what is
//! around it.

use super::claim::SUSPECT_LOSSES;
use super::control::Pause;
use super::{JobState, Model};
use crate::clock::Timestamp;
use crate::id::{self, Kind};

/// What is around a job that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// Now, by the database's time.
    pub now: Timestamp,
    /// Its lane is paused.
    pub paused: Option<Pause>,
    /// The name of who paused it, for those who may know.
    pub paused_by: Option<String>,
    /// Whether any process works its lane.
    pub worked: bool,
    /// Whether any process that works its lane knows its kind and version.
    pub known: bool,
    /// Why no process that has its lane can work it, if so.
    pub broken: Option<String>,
    /// The job with the same key that is being worked on.
    pub twin: Option<i64>,
}

/// Why the job is in its state. `trouble`: what went wrong may be told.
#[must_use]
pub fn reason(job: &Model, around: &Around, trouble: bool) -> String {
    let cause = job.error.as_ref().filter(|_| trouble);
    let cause = cause.map_or_else(|| ".".to_owned(), |error| format!(": {error}"));
    match job.state {
        JobState::Queued => waits(job, around, trouble, &cause),
        JobState::Leased if job.stop_at.is_some() => {
            format!("Somebody wants it stopped; who works on it stops it soon{}.", deadline(job))
        }
        JobState::Leased => format!("Is being worked on{}.", deadline(job)),
        JobState::Done => "Is done.".to_owned(),
        JobState::Dead => format!("Was given up{cause}"),
        JobState::Cancelled => match job.superseded_by {
            Some(other) => format!("Is not needed any more: {} took its place.", id::encode(Kind::Job, other)),
            None => format!("Was cancelled{cause}"),
        },
    }
}

fn deadline(job: &Model) -> String {
    let until = |until| format!("; if nothing is heard of it by {until}, it is tried again");
    job.lease_until.map(until).unwrap_or_default()
}

/// What it waits for: first what somebody has to change, then what passes by itself.
fn waits(job: &Model, around: &Around, trouble: bool, cause: &str) -> String {
    let lane = &job.lane;
    if let Some(pause) = &around.paused {
        let by = around.paused_by.as_ref().filter(|_| trouble).map(|name| format!(" by {name}")).unwrap_or_default();
        let why = if pause.reason.is_empty() { String::new() } else { format!(": {}", pause.reason) };
        return format!("Waits because the lane {lane} is paused since {}{by}{why}.", pause.at);
    }
    if let Some(broken) = &around.broken {
        let why = if trouble { format!(": {broken}") } else { String::new() };
        return format!("Waits because the lane {lane} is broken{why}. The site's staff must restart its process.");
    }
    if !around.worked {
        return format!("Waits because no process works the lane {lane} now.");
    }
    if !around.known {
        return format!(
            "Waits for a process that knows {} in version {}; none of those that work the lane {lane} does.",
            job.kind, job.version
        );
    }
    if job.run_at > around.now {
        return match job.attempt {
            0 => format!("Is not begun before {}.", job.run_at),
            _ => format!("Is tried again at {}{cause}", job.run_at),
        };
    }
    if let Some(twin) = around.twin {
        return format!("Waits until {} has ended, which is about the same.", id::encode(Kind::Job, twin));
    }
    if job.losses >= SUSPECT_LOSSES {
        return format!("Waits to be worked on alone: {} processes were lost while they worked on it.", job.losses);
    }
    format!("Waits for a free slot of the lane {lane}.")
}
