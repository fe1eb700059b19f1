//! Submissions: work that arrives. A backup is a snapshot of somebody's work; a submission is a backup that is handed in.
//!
//! Work comes from the web and from scripts, as files ([`submit`]), and from the `ok` client, as messages of many kinds, of
//! which one has the files ([`receive`]). All is [taken in](intake) by the same statement, in batches, and is there once however often it comes.
//! Each is answered with its [`receipt`].
//! What counts of it says the row of the student's work, which whoever changes it has locked: [`flag`], [`promote`], and what happens in
//! [groups](group).

pub mod comment;
pub mod export_finals;
mod files;
pub mod flag;
mod grade;
pub mod group;
pub mod intake;
mod package;
mod plan;
pub mod posted;
pub mod promote;
pub mod receipt;
pub mod receive;
pub mod regrade;
pub mod revise;
pub mod run_backup;
pub mod submit;

use crate::job::JobKind;

/// The kinds of jobs of this noun.
pub const KINDS: &[JobKind] = &[JobKind::of::<receipt::heads::KeepHeads>(), JobKind::of::<regrade::Regrade>()];
