//! Grading: what work is worth.

pub mod grade;
pub mod late;
pub mod grades;
pub mod score;
