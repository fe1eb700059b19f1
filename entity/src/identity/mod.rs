//! Identity: people, their sign-ins, and the keys that sign what they carry.

pub mod session;
pub mod signing_key;
pub mod user;
