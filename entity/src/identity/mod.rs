//! Identity: people, their ways in, what those may be used for, what was changed about them, and the keys that sign what people carry.

pub mod audit;
pub mod bearer;
pub mod external_identity;
pub mod held;
pub mod oauth;
pub mod refresh_token;
pub mod scope;
pub mod session;
pub mod signing_key;
pub mod ticket;
pub mod user;
