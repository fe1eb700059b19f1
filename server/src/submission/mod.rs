//! Submissions: handing in, and looking at what was handed in.

pub mod loader;
pub mod mutation;
pub mod object;
