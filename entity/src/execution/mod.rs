//! Runs of untrusted programs: their languages, verdicts, rows, and what they wrote.

pub mod language;
pub mod record;
pub mod run;
pub mod verdict;
