//! Execution: untrusted programs, run in a sandbox, judged from recorded evidence.
//!
//! [`execute::execute`] is the one way in: a plan and files go in, records of the live log come out while it runs, an outcome
//! at the end. It writes no row. Around it: [`attempt_exercise`], [`run_program`], [`cancel_run`] and
//! [`check_guest`] (operations), [`run`] (the job), [`recorder`] (the log on its
//! way to readers and rows) and [`finish`] (what a verdict changes).

pub mod attempt_exercise;
pub mod bounds;
pub mod builds;
pub mod cancel_run;
pub mod check_guest;
pub mod conclusion;
pub mod execute;
pub mod finish;
pub mod frame;
pub mod lab;
pub mod lines;
pub mod outcome;
pub mod package;
pub mod plan;
pub mod program;
pub mod program_input;
pub mod prune_guests;
pub mod python;
pub mod record;
pub mod recorder;
pub mod rerun;
pub mod run;
pub mod run_program;
pub mod sandbox;
pub mod syntax;
pub mod toolchain;
pub mod try_out;
pub mod verdict;
pub mod workshop;

mod assignment;
mod build;
mod exercise;
mod order;
mod session;

use crate::job::JobKind;

/// The kinds of this noun.
pub const KINDS: &[JobKind] =
    &[JobKind::of::<run::Run>(), JobKind::of::<rerun::Rerun>(), JobKind::of::<prune_guests::PruneGuests>()];
