//! Submissions: handing in, and looking at what was handed in and at its receipts.

pub mod cli;
pub mod loader;
pub mod mutation;
pub mod object;
pub mod query;
