//! Execution: untrusted programs, run in a sandbox, judged from recorded evidence.

pub mod sandbox;
