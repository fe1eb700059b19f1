//! Grading: what work is worth.

pub mod grade;
pub mod grades;
pub mod late;
pub mod score;
pub mod statistics;
