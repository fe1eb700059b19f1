//! Content: a teacher's folder of notebooks becomes missions and screens.
//!
//! [`format`](mod@format) reads and checks a folder and touches nothing else; [`prove`] runs a mission's code in the sandbox; [`check`] brings both
//! together for an author, without a database; [`sync`] (the operation), [`sync_mission`] and [`sync_assignment`] (the jobs) do so for a site,
//! and the `store_…` effects write the rows. [`learn`] is what learners do with a screen besides trying code.

pub mod check;
pub mod format;
pub mod learn;
mod mission_code;
pub mod prove;
mod record_check;
mod store_assignment;
mod store_course;
mod store_mission;
pub mod sync;
pub mod sync_assignment;
pub mod sync_mission;
mod trial;

use crate::job::JobKind;

/// The kinds of this noun.
pub const KINDS: &[JobKind] =
    &[JobKind::of::<sync_mission::SyncMission>(), JobKind::of::<sync_assignment::SyncAssignment>()];
