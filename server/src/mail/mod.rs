//! Letters, as their recipients see them.

pub mod object;
