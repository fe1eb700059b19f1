//! Execution: untrusted programs, run in a sandbox, judged from recorded evidence.

pub mod frame;
pub mod plan;
pub mod python;
pub mod sandbox;
pub mod toolchain;
