//! Grading: what work is worth.

pub mod late;
pub mod score;
