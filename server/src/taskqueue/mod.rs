//! Queues of tasks as the site's staff sees and sets them up. The tasks themselves go through the door in [`crate::http`].

pub mod cli;
pub mod mutation;
pub mod object;
pub mod query;
