//! Whom the kernel takes when memory runs out, in the group or the machine: the program and what it begets, and nobody else of ours.
//!
//! Size alone doesn't tell: the memory of full pipes and sockets belongs to no process, and all that a small program has left may be smaller than init.

use std::fs::File;
use std::io::{Read, Write};

use nix::sys::prctl::set_dumpable;

use super::{Step, cannot};

/// Taken before all others.
const FIRST: &str = "1000";

/// Init's place in the order, which a process that it forks begins with.
pub struct Place {
    file: File,
    own: String,
}

impl Place {
    /// To be called while `/proc` may still be written.
    pub fn open() -> Step<Self> {
        // What is in /proc/self belongs to root while we are not dumpable.
        set_dumpable(true).map_err(cannot("become dumpable"))?;
        let file = File::options().read(true).write(true).open("/proc/self/oom_score_adj");
        set_dumpable(false).map_err(cannot("become undumpable"))?;
        let mut file = file.map_err(cannot("open oom_score_adj"))?;
        let mut own = String::new();
        file.read_to_string(&mut own).map_err(cannot("read oom_score_adj"))?;
        Ok(Self { file, own })
    }

    /// First in the order; so is whoever is forked now.
    pub fn first(&mut self) -> Step<()> {
        self.file.write_all(FIRST.as_bytes()).map_err(cannot("write oom_score_adj"))
    }

    /// Back to where we were, which needs no right: only below that would.
    pub fn back(&mut self) -> Step<()> {
        self.file.write_all(self.own.trim().as_bytes()).map_err(cannot("write oom_score_adj"))
    }
}
