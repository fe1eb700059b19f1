//! Grading: from what a program did to what it is worth, and what people say that work is worth.
//!
//! What compares is pure: data in, data out. Programs are run in [`crate::execution`]; rows and letters of runs are written elsewhere. Scores
//! by people are given here ([`give_score`], [`import_scores`]), and read as a table ([`export_grades`]).

pub mod author;
pub mod check_call;
pub mod check_example;
pub mod check_exercise;
pub mod check_stdio;
pub mod compare;
pub mod example;
pub mod export_grades;
pub mod give_score;
pub mod grader_result;
pub mod import_scores;
pub mod junit;
pub mod line_diff;
pub mod report;
pub mod score;
pub mod score_sheet;
pub mod stdout;
pub mod tap;
pub mod test_case;
pub mod value;

pub mod excerpt;
mod xml;
