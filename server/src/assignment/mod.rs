//! Assignments and their tests.

pub mod loader;
pub mod object;
pub mod query;
