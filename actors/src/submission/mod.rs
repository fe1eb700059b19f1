//! Submissions: work that is handed in.

pub mod submit;
