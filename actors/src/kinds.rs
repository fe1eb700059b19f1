//! The list of lists: every kind of job, and the timetable.

use chrono_tz::Tz;

use crate::cron::Entry;
use crate::job::{Job as _, JobKind};
use crate::{content, execution, identity, mail};

/// All kinds, by noun.
pub const KINDS: Known = &[content::KINDS, execution::KINDS, identity::KINDS, mail::KINDS];

/// All recurring jobs.
pub const TIMETABLE: &[Entry] = &[
    Entry {
        name: "prune-sessions",
        pattern: "17 * * * *",
        zone: Tz::UTC,
        job: || identity::prune_sessions::PruneSessions.new(),
    },
    Entry {
        name: "prune-guests",
        pattern: "*/5 * * * *",
        zone: Tz::UTC,
        job: || execution::prune_guests::PruneGuests.new(),
    },
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
