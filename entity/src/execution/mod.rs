//! Runs of untrusted programs: the languages, the verdicts and, later in this folder, the rows.

pub mod language;
pub mod verdict;
