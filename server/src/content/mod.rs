//! Missions, screens and exercises.

pub mod check;
pub mod cli;
pub mod history;
pub mod learning;
pub mod loader;
pub mod mutation;
pub mod object;
pub mod progress;
pub mod query;
