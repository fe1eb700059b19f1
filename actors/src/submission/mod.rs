//! Submissions: work that arrives. A backup is a snapshot of somebody's work; a submission is a backup that is handed in.
//!
//! Work comes from the web and from scripts, as files ([`submit`]), and from the `ok` client, as messages of many kinds, of which one has the
//! files ([`receive`]). Both are stored by the same statement, in batches, and are there once however often they come.

mod package;
pub mod receive;
pub mod submit;
