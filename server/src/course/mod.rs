//! The catalogue and the rosters.

pub mod cli;
pub mod loader;
pub mod mutation;
pub mod object;
pub mod query;
pub mod subscription;
