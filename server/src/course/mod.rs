//! The catalogue and the rosters.

pub mod loader;
pub mod object;
pub mod query;
pub mod subscription;
