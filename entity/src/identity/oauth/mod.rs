//! Programs that people let in without giving them a password.

pub mod client;
pub mod code;
pub mod version;
