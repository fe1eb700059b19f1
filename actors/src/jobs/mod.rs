//! What people see of jobs and lanes, and what they do to them: one file for each operation.
//!
//! How jobs are worked is the kernel's business; here it is asked and steered from outside.

pub mod cancel_job;
pub mod lanes;
pub mod pause_lane;
pub mod prune_counts;
pub mod resume_lane;
pub mod retry_job;
pub mod retry_jobs;

use std::collections::BTreeSet;

use entity::id::{self, Kind};
use entity::viewer::ViewerScope;

use crate::deps::Deps;
use crate::job::JobKind;

/// The kinds that look after what is kept about jobs.
pub const KINDS: &[JobKind] = &[JobKind::of::<prune_counts::PruneCounts>()];

/// Who did something to a job, as its events name them: the global id of a person, or the operator at the command line.
fn author(viewer: &ViewerScope) -> String {
    viewer.user().map_or_else(|| "operator".to_owned(), |user| id::encode(Kind::User, user))
}

/// The lanes that there are: those of all kinds that this process knows.
#[must_use]
pub fn lane_names(deps: &Deps) -> BTreeSet<&'static str> {
    let of_kinds = deps.site.kinds.iter().flat_map(|kinds| kinds.iter().map(|kind| kind.lane));
    crate::lanes::all(1).into_iter().map(|(name, _)| name).chain(of_kinds).collect()
}

/// The names of the lanes for a sentence.
fn lanes_in_words(deps: &Deps) -> String {
    lane_names(deps).into_iter().collect::<Vec<_>>().join(", ")
}
