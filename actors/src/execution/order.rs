//! One command of a run, ready for the sandbox.

use super::sandbox::{InputFile, Limits};
use super::verdict::Who;

/// A command of ours or the student's, ready for the sandbox.
pub struct Order<'n> {
    pub name: &'n str,
    pub who: Who,
    pub argv: Vec<String>,
    pub files: Vec<InputFile>,
    pub stdin: Vec<u8>,
    pub limits: Limits,
    pub collect: Vec<String>,
    /// Watchers see that it runs, not what it prints.
    pub hidden: bool,
}
