//! Scores.

pub mod loader;
pub mod mutation;
pub mod object;
