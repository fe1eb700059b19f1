//! Execution: untrusted programs, run in a sandbox, judged from recorded evidence.
//!
//! [`execute::execute`] is the one way in: a plan and files go in, records of the live log come out while it runs, an outcome
//! at the end. Nothing here writes a row.

pub mod execute;
pub mod frame;
pub mod outcome;
pub mod plan;
pub mod python;
pub mod record;
pub mod sandbox;
pub mod syntax;
pub mod toolchain;
pub mod verdict;

mod assignment;
mod build;
mod exercise;
mod program;
mod session;
