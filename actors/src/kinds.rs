//! The list of lists: every kind of job, and the timetable.

use crate::cron::Entry;
use crate::job::{Job as _, JobKind};
use crate::{content, execution, identity, jobs, keeping, mail, submission, taskqueue};

/// All kinds, by noun.
pub const KINDS: Known = &[
    content::KINDS,
    execution::KINDS,
    identity::KINDS,
    jobs::KINDS,
    keeping::KINDS,
    mail::KINDS,
    submission::KINDS,
    taskqueue::KINDS,
];

/// All recurring jobs.
pub const TIMETABLE: &[Entry] = &[
    Entry::utc("prune-sessions", "17 * * * *", || identity::prune_sessions::PruneSessions.new()),
    Entry::utc("rotate-keys", "29 3 * * *", || identity::rotate_keys::RotateKeys.new()),
    Entry::utc("prune-counts", "*/10 * * * *", || jobs::prune_counts::PruneCounts.new()),
    Entry::utc("prune-guests", "*/5 * * * *", || execution::prune_guests::PruneGuests.new()),
    Entry::utc("prune-tasks", "*/10 * * * *", || taskqueue::prune_tasks::PruneTasks.new()),
    Entry::utc("retain-jobs", "43 3 * * *", || keeping::retain_jobs::RetainJobs::default().new()),
    Entry::utc("keep-receipt-heads", "53 3 * * *", || submission::receipt::heads::KeepHeads.new()),
];

/// Kinds by noun, as a process knows them: [`KINDS`], but for tests that bring their own.
pub type Known = &'static [&'static [JobKind]];

/// The kind with that name.
#[must_use]
pub fn find(known: Known, name: &str) -> Option<&'static JobKind> {
    known.iter().flat_map(|kinds| kinds.iter()).find(|kind| kind.name == name)
}

/// The kinds that a lane works.
#[must_use]
pub fn of_lane(known: Known, lane: &str) -> Vec<&'static JobKind> {
    known.iter().flat_map(|kinds| kinds.iter()).filter(|kind| kind.lane == lane).collect()
}
