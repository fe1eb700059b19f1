//! People and their sign-ins.

pub mod loader;
pub mod mutation;
pub mod object;
pub mod query;
