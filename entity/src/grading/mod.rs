//! Grading: what work is worth.

pub mod score;
