//! Grading: from what a program did to what it is worth.
//!
//! All of this is pure: data in, data out. Programs are run in [`crate::execution`]; rows and letters are written elsewhere.

pub mod check_call;
pub mod check_exercise;
pub mod check_stdio;
pub mod compare;
pub mod score;
pub mod stdout;
pub mod test_case;
pub mod value;

mod excerpt;
