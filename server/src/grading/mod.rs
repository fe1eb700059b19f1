//! Scores.

pub mod loader;
pub mod object;
