//! The domain: rows and their relations, who may see and do what, pure rules, and the set-wise statements that change rows.
//!
//! Nothing here opens a connection, sends a message or knows that HTTP exists.

pub mod execution;
pub mod points;
