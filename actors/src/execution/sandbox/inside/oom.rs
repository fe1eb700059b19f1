//! Whom the kernel takes when memory runs out, in the group or the machine: programs and what they beget, before anybody else of ours.
//!
//! Size alone doesn't tell: the memory of full pipes and sockets belongs to no process, and all that a small program has left may be smaller than init.
//!
//! A place belongs to memory: zygote and init have the same. Both stand first when init is cloned, so that its program begins there, and step back
//! when it has run for a while; for one that ends sooner nobody has to move.

use std::fs::File;
use std::io::{self, Read, Write};

use nix::sys::prctl::set_dumpable;

use super::{Step, cannot};

/// Taken before all others.
const FIRST: &str = "1000";

/// The place of zygote and init in the order, which a process that they fork begins with.
pub struct Place {
    file: File,
    own: String,
    is_first: bool,
}

impl Place {
    /// To be called by the zygote, while `/proc` may still be written.
    pub fn open() -> Step<Self> {
        // What is in /proc/self belongs to root while we are not dumpable.
        set_dumpable(true).map_err(cannot("become dumpable"))?;
        let file = File::options().read(true).write(true).open("/proc/self/oom_score_adj");
        set_dumpable(false).map_err(cannot("become undumpable"))?;
        let mut file = file.map_err(cannot("open oom_score_adj"))?;
        let mut own = String::new();
        file.read_to_string(&mut own).map_err(cannot("read oom_score_adj"))?;
        Ok(Self { file, own, is_first: false })
    }

    /// First in the order.
    pub fn first(&mut self) -> io::Result<()> {
        if !self.is_first {
            self.file.write_all(FIRST.as_bytes())?;
            self.is_first = true;
        }
        Ok(())
    }

    /// Back to where we were, which needs no right: only below that would. The program must have memory of its own by now, or it comes along.
    pub fn back(&mut self) -> io::Result<()> {
        if self.is_first {
            self.file.write_all(self.own.trim().as_bytes())?;
            self.is_first = false;
        }
        Ok(())
    }

    /// Whether there is a way back to go.
    pub fn is_first(&self) -> bool {
        self.is_first
    }
}
