//! Limits of whole runs, kept by the kernel's control groups: version 2 where a subtree is delegated, version 1 where its hierarchies can be
//! written, none otherwise.
//!
//! # One leaf for one cell
//!
//! A `Leaf` is a group that holds one cell: the process that makes slots, and with it every slot that it makes. It joins once, by
//! `Leaf::join`, so its slots are born in the group and nothing is moved while a run waits: a move takes the kernel milliseconds. At
//! most one run is in a leaf at a time, so what it used is the difference to what `Leaf::arm` read before it.
//!
//! * `detect` finds what this process may use; `version1` and `version2` know the control files of each.
//! * `leaf` bounds and measures; `name` says whose a folder is; `janitor` removes it when it is empty.
//! * `control_file` reads and writes one file.
//!
//! # Deliberately not here
//!
//! Limits of time, output and files, which have no group; choosing what comes of the numbers (`classify`); bounds on the share of the
//! processors: a run gets all that nobody else wants.

mod control_file;
mod detect;
mod janitor;
mod leaf;
mod name;
mod version1;
mod version2;

use std::io;
use std::sync::Once;
use std::time::Duration;

pub use detect::Finding;
pub use leaf::{Leaf, OVERHEAD_BYTES, Usage};
use version1::Hierarchies;
use version2::Subtree;

use crate::execution::sandbox::Tier;

/// The control groups that this process may use.
#[derive(Clone, Debug)]
pub enum Groups {
    /// None: limits are kept by other means.
    None,
    /// Hierarchies of version 1, of memory at least.
    V1(Hierarchies),
    /// A delegated subtree of version 2, with memory at least.
    V2(Subtree),
}

impl Groups {
    /// Finds what there is, and tries it by making and removing one leaf. In version 2 it also makes the subtree ready: it moves this
    /// process into a group below and switches controllers on, or leaves everything as it was if that is refused. Takes a few
    /// milliseconds of plain file operations; meant for once per process.
    pub fn detect() -> (Self, Finding) {
        detect::detect()
    }

    /// By what means limits are kept.
    pub fn tier(&self) -> Tier {
        match self {
            Self::None => Tier::None,
            Self::V1(_) => Tier::CgroupV1,
            Self::V2(_) => Tier::CgroupV2,
        }
    }

    /// A new, empty, unbounded leaf; none where there are no groups. The first one of this process also sweeps. `name` is for people who look
    /// at the groups: letters, digits and underscores, not unique.
    ///
    /// # Errors
    /// Those of `mkdir` and `open`; nothing is left then.
    pub fn leaf(&self, name: &str) -> io::Result<Option<Leaf>> {
        static SWEPT: Once = Once::new();
        SWEPT.call_once(|| self.sweep());
        self.make(name)
    }

    fn make(&self, name: &str) -> io::Result<Option<Leaf>> {
        match self {
            Self::None => Ok(None),
            Self::V1(hierarchies) => hierarchies.leaf(&name::next(name)?).map(Some),
            Self::V2(subtree) => subtree.leaf(&name::next(name)?).map(Some),
        }
    }

    /// Removes leaves whose process is gone, with what is still in them. Those that can't be removed stay, with a line in the log.
    pub fn sweep(&self) {
        match self {
            Self::None => {}
            Self::V1(hierarchies) => hierarchies.folders().into_iter().for_each(janitor::sweep),
            Self::V2(subtree) => janitor::sweep(subtree.folder()),
        }
    }
}

/// Waits until the leaves that were dropped are removed, but no longer than `patience`: for the end of a process, which would leave them to
/// the next one otherwise. Blocks its thread.
pub fn settle(patience: Duration) {
    janitor::settle(patience);
}
