//! The list of lists: every kind of job, every lane, and the timetable.

use crate::cron::Entry;
use crate::job::{Job as _, JobKind};
use crate::{content, execution, identity, mail};

/// All kinds, by noun.
pub const KINDS: Known = &[content::KINDS, execution::KINDS, identity::KINDS, mail::KINDS];

/// All recurring jobs.
pub const TIMETABLE: &[Entry] =
    &[Entry { name: "prune-sessions", pattern: "17 * * * *", job: || identity::prune_sessions::PruneSessions.new() }];

/// All lanes with the number of their slots, given the number of processors.
#[must_use]
pub fn lanes(processors: usize) -> [(&'static str, usize); 4] {
    [(CONTENT, 1), (EXECUTION, processors.max(1)), (HOUSEKEEPING, 1), (MAIL, 1)]
}

/// Reading and checking the folder of notebooks. One slot: missions are stored in the order of their numbers.
pub const CONTENT: &str = "content";
/// Running programs.
pub const EXECUTION: &str = "execution";
/// Keeping the place tidy.
pub const HOUSEKEEPING: &str = "housekeeping";
/// Sending letters.
pub const MAIL: &str = "mail";

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
