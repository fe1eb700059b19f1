//! One group for one cell: bounded before a run, read after it, removed when it is dropped.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use super::control_file::naming;
use super::{janitor, version1, version2};
use crate::execution::sandbox::Limits;

/// Memory for what is not the program's: the process that makes slots, the init of the slot, and the kernel's own records of them all (page
/// tables, stacks, pipes).
pub const OVERHEAD_BYTES: u64 = 16 << 20;

/// A group in every hierarchy that is used. Dropped, it is removed as soon as no process is in it.
#[derive(Debug)]
pub struct Leaf {
    folders: Vec<PathBuf>,
    files: Files,
    bounds: Option<Bounds>,
    before: Counters,
}

/// The open control files of a leaf.
#[derive(Debug)]
pub(super) enum Files {
    V1(version1::Files),
    V2(version2::Files),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bounds {
    memory_bytes: u64,
    processes: u64,
}

/// What the kernel has counted since the leaf was made. Absent: nobody counts it here.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    pub cpu_us: Option<u64>,
    /// The most memory, since the counter was last set back.
    pub memory_peak: Option<u64>,
    pub memory_now: Option<u64>,
    /// Killed for want of memory, whosever bound it was for.
    pub oom_kills: Option<u64>,
    /// Times that the leaf's own bound was in the way.
    pub own_bound_hits: Option<u64>,
    pub process_limit_hits: Option<u64>,
}

/// What a run used, as the kernel counted it. Absent: this hierarchy, or this kernel, doesn't tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time of everything in the leaf, also of children that nobody waited for, in microseconds.
    pub cpu_us: Option<u64>,
    /// The most memory at once that was not there before, in bytes: also files written, pages of program files that nobody had read before,
    /// and what the kernel itself needed.
    pub memory_peak: Option<u64>,
    /// Processes that the kernel killed because the leaf had no memory left.
    pub oom_kills: Option<u64>,
    /// Processes in the leaf that the kernel killed because a group around it, or the machine, had no memory left. Says nothing about the program.
    pub outer_oom_kills: Option<u64>,
    /// Processes and threads that were refused because the leaf had its number.
    pub process_limit_hits: Option<u64>,
}

impl Leaf {
    /// Makes the folders and opens their files. If anything fails, the folders are removed again.
    pub(super) fn make(folders: Vec<PathBuf>, open: impl FnOnce() -> io::Result<Files>) -> io::Result<Self> {
        let mut made = Made(Vec::new());
        for folder in folders {
            fs::create_dir(&folder).map_err(|error| naming(&folder, &error))?;
            made.0.push(folder);
        }
        let files = open()?;
        Ok(Self { folders: std::mem::take(&mut made.0), files, bounds: None, before: Counters::default() })
    }

    /// Descriptors to each of which a process writes `0` to join with all its threads. The kernel asks what *we* may do, who opened them, not the
    /// one who writes. Whoever joins should have no memory to speak of yet: what a process has is charged where it was when it got it.
    ///
    /// # Errors
    /// Those of `open`.
    pub fn join(&self) -> io::Result<Vec<OwnedFd>> {
        let files = self.folders.iter().map(|folder| folder.join("cgroup.procs"));
        let open = |path: PathBuf| File::options().write(true).open(&path).map_err(|error| naming(&path, &error));
        files.map(|path| open(path).map(OwnedFd::from)).collect()
    }

    /// Sets the bounds of the next run and begins to count for it. Memory is bounded to the program's, plus that of its files, which the kernel
    /// counts as memory too, plus `OVERHEAD_BYTES`; no swap. `overhead_processes` are those in the leaf that are not the program's.
    ///
    /// # Errors
    /// `ResourceBusy` if the leaf holds more memory than it may from now on: the last run's isn't all given back yet, or never will be. Otherwise
    /// those of `write`. After an error the bounds are unknown; the next call sets them all.
    pub fn arm(&mut self, limits: &Limits, overhead_processes: u64) -> io::Result<()> {
        let bounds = Bounds {
            memory_bytes: limits.memory_bytes.saturating_add(limits.disk_bytes).saturating_add(OVERHEAD_BYTES),
            processes: limits.processes.saturating_add(overhead_processes),
        };
        let was = self.bounds.take();
        if was.map(|was| was.memory_bytes) != Some(bounds.memory_bytes) {
            self.files.bound_memory(bounds.memory_bytes)?;
        }
        if was.map(|was| was.processes) != Some(bounds.processes) {
            self.files.bound_processes(bounds.processes)?;
        }
        self.bounds = Some(bounds);
        let is_set_back = self.files.set_back_peak();
        self.before = self.files.counters();
        if is_set_back {
            self.before.memory_peak = None;
        }
        Ok(())
    }

    /// What has been used since the last `arm`.
    pub fn usage(&self) -> Usage {
        self.files.counters().since(&self.before)
    }

    /// Kills everything in the leaf, the process that joined it too: the end of the cell. Does nothing where the kernel can't (version 1, and
    /// Linux before 5.14); init's end takes its namespace along in any case.
    pub fn kill(&self) {
        if let Files::V2(files) = &self.files {
            files.kill();
        }
    }

    /// Where it is, one folder per hierarchy.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(PathBuf::as_path)
    }
}

impl Drop for Leaf {
    fn drop(&mut self) {
        self.folders.drain(..).for_each(janitor::remove);
    }
}

/// Folders to be removed if what follows goes wrong.
struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        self.0.drain(..).for_each(janitor::remove);
    }
}

impl Files {
    fn bound_memory(&self, bytes: u64) -> io::Result<()> {
        match self {
            Self::V1(files) => files.bound_memory(bytes),
            Self::V2(files) => files.bound_memory(bytes),
        }
    }

    fn bound_processes(&self, processes: u64) -> io::Result<()> {
        match self {
            Self::V1(files) => files.bound_processes(processes),
            Self::V2(files) => files.bound_processes(processes),
        }
    }

    /// Whether the peak counts from now on; an older kernel counts from the leaf's beginning.
    fn set_back_peak(&self) -> bool {
        match self {
            Self::V1(files) => files.set_back_peak(),
            Self::V2(files) => files.set_back_peak(),
        }
    }

    fn counters(&self) -> Counters {
        match self {
            Self::V1(files) => files.counters(),
            Self::V2(files) => files.counters(),
        }
    }
}

impl Counters {
    fn since(&self, before: &Self) -> Usage {
        let difference = |now: Option<u64>, then: Option<u64>| Some(now?.saturating_sub(then?));
        // A peak that wasn't set back tells something about this run only if it has grown.
        let peak = self.memory_peak.filter(|&peak| before.memory_peak.is_none_or(|then| peak > then));
        let kills = difference(self.oom_kills, before.oom_kills);
        // The kernel counts kills for any bound together. Where it doesn't count hits of this one, the program has no better excuse.
        let is_own = difference(self.own_bound_hits, before.own_bound_hits).is_none_or(|hits| hits > 0);
        Usage {
            cpu_us: difference(self.cpu_us, before.cpu_us),
            memory_peak: difference(peak, before.memory_now),
            oom_kills: kills.map(|kills| if is_own { kills } else { 0 }),
            outer_oom_kills: kills.map(|kills| if is_own { 0 } else { kills }),
            process_limit_hits: difference(self.process_limit_hits, before.process_limit_hits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_a_difference() {
        let before = Counters {
            cpu_us: Some(100),
            memory_now: Some(1000),
            oom_kills: Some(1),
            process_limit_hits: None,
            memory_peak: None,
            own_bound_hits: None,
        };
        let after = Counters {
            cpu_us: Some(150),
            memory_now: Some(900),
            oom_kills: Some(3),
            process_limit_hits: Some(1),
            memory_peak: Some(5000),
            own_bound_hits: None,
        };
        let usage = Usage {
            cpu_us: Some(50),
            memory_peak: Some(4000),
            oom_kills: Some(2),
            outer_oom_kills: Some(0),
            process_limit_hits: None,
        };
        assert_eq!(after.since(&before), usage);
    }

    #[test]
    fn a_kill_is_the_leafs_if_its_bound_was_hit() {
        let kills = |then, now| {
            let of = |own_bound_hits, kills| Counters { own_bound_hits, oom_kills: Some(kills), ..Counters::default() };
            let usage = of(now, 5).since(&of(then, 3));
            (usage.oom_kills, usage.outer_oom_kills)
        };
        assert_eq!(kills(Some(7), Some(8)), (Some(2), Some(0)));
        assert_eq!(kills(Some(7), Some(7)), (Some(0), Some(2)));
        assert_eq!(kills(None, None), (Some(2), Some(0)));
    }

    #[test]
    fn a_peak_that_was_there_before_says_nothing() {
        let peak = |then, now| {
            let of = |memory_peak| Counters { memory_peak, memory_now: Some(100), ..Counters::default() };
            of(Some(now)).since(&of(then)).memory_peak
        };
        assert_eq!(peak(Some(700), 700), None);
        assert_eq!(peak(Some(700), 800), Some(700));
        assert_eq!(peak(None, 700), Some(600));
        // Less than there was at the beginning: the run itself added nothing.
        assert_eq!(peak(None, 50), Some(0));
    }
}
