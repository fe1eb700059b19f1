//! The live log of a run: what its watchers see while it goes on.

use serde::{Deserialize, Serialize};

/// A piece of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub kind: Kind,
    /// Index of the step, from 0.
    pub step: u32,
    /// Bytes as the program wrote them: not always UTF-8, cut anywhere.
    pub bytes: Vec<u8>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// We, to everybody: a whole line that announces a step or says how it ended.
    Console,
    /// The program, on standard output.
    Stdout,
    /// The program, on standard error.
    Stderr,
    /// We, to staff only: why the sandbox did not work.
    Internal,
}
