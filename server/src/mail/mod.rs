//! Letters, as their recipients see them.

pub mod loader;
pub mod object;
