//! Runs of untrusted programs: their languages, verdicts, rows, what they wrote, and who may ask for a guest's.

pub mod guest;
pub mod language;
pub mod record;
pub mod run;
pub mod verdict;
