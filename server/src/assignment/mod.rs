//! Assignments and their tests.

pub mod loader;
pub mod mutation;
pub mod object;
pub mod query;
pub mod subscription;
