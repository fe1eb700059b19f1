//! Control groups of version 1: a hierarchy per controller, each with folders of its own.

use std::io;
use std::path::{Path, PathBuf};

use super::control_file::ControlFile;
use super::leaf::{Counters, Files as LeafFiles, Leaf};

/// The group of this process in each hierarchy that can be written. Leaves are made below. Two controllers may share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hierarchies {
    /// `memory`.
    pub(super) memory: PathBuf,
    /// `pids`.
    pub(super) processes: Option<PathBuf>,
    /// `cpuacct`.
    pub(super) cpu: Option<PathBuf>,
}

impl Hierarchies {
    /// Each folder once.
    pub fn folders(&self) -> Vec<&Path> {
        let mut folders: Vec<&Path> = vec![&self.memory];
        for folder in self.processes.iter().chain(&self.cpu) {
            if !folders.contains(&folder.as_path()) {
                folders.push(folder);
            }
        }
        folders
    }

    pub(super) fn leaf(&self, name: &str) -> io::Result<Leaf> {
        let folders = self.folders().into_iter().map(|folder| folder.join(name)).collect();
        Leaf::make(folders, || Files::open(&self.leaves(name)).map(LeafFiles::V1))
    }

    fn leaves(&self, name: &str) -> Self {
        let within = |folder: &PathBuf| folder.join(name);
        Self {
            memory: within(&self.memory),
            processes: self.processes.as_ref().map(within),
            cpu: self.cpu.as_ref().map(within),
        }
    }
}

/// What may be swapped out all the same. The kernel looks at the bound with swap first, and newer ones count hits of the other only: so that is
/// to be the one that is hit.
const SWAP_BYTES: u64 = 256 << 10;

/// The control files of a leaf.
#[derive(Debug)]
pub struct Files {
    memory: ControlFile,
    /// The bound of memory and swap together; only kernels with swap have it.
    memory_and_swap: Option<ControlFile>,
    memory_now: ControlFile,
    memory_peak: ControlFile,
    /// How often the bound was in the way.
    hits: ControlFile,
    oom: ControlFile,
    processes: Option<(ControlFile, ControlFile)>,
    cpu: Option<ControlFile>,
}

impl Files {
    fn open(leaves: &Hierarchies) -> io::Result<Self> {
        let memory = &leaves.memory;
        let processes = leaves.processes.as_deref().map(|folder| {
            Ok::<_, io::Error>((
                ControlFile::to_write(folder, "pids.max")?,
                ControlFile::to_read(folder, "pids.events")?,
            ))
        });
        Ok(Self {
            memory: ControlFile::to_write(memory, "memory.limit_in_bytes")?,
            memory_and_swap: ControlFile::to_write_if_there(memory, "memory.memsw.limit_in_bytes")?,
            memory_now: ControlFile::to_read(memory, "memory.usage_in_bytes")?,
            memory_peak: ControlFile::to_write(memory, "memory.max_usage_in_bytes")?,
            hits: ControlFile::to_read(memory, "memory.failcnt")?,
            oom: ControlFile::to_read(memory, "memory.oom_control")?,
            processes: processes.transpose()?,
            cpu: leaves.cpu.as_deref().map(|folder| ControlFile::to_read(folder, "cpuacct.usage")).transpose()?,
        })
    }

    /// Refused as busy by the kernel itself if more is in use.
    pub fn bound_memory(&self, bytes: u64) -> io::Result<()> {
        // The bound of both together may never be the smaller one, on the way neither.
        if let Some(both) = &self.memory_and_swap {
            both.write("-1")?;
        }
        self.memory.write(&bytes.to_string())?;
        let with_swap = bytes.saturating_add(SWAP_BYTES).to_string();
        self.memory_and_swap.as_ref().map_or(Ok(()), |both| both.write(&with_swap))
    }

    pub fn bound_processes(&self, processes: u64) -> io::Result<()> {
        self.processes.as_ref().map_or(Ok(()), |(bound, _)| bound.write(&processes.to_string()))
    }

    pub fn set_back_peak(&self) -> bool {
        self.memory_peak.write("0").is_ok()
    }

    pub fn counters(&self) -> Counters {
        Counters {
            cpu_us: self.cpu.as_ref().and_then(ControlFile::number).map(|nanoseconds| nanoseconds / 1000),
            memory_peak: self.memory_peak.number(),
            memory_now: self.memory_now.number(),
            // Linux before 4.13 doesn't count them.
            oom_kills: self.oom.keyed("oom_kill"),
            own_bound_hits: self.hits.number(),
            process_limit_hits: self.processes.as_ref().and_then(|(_, events)| events.keyed("max")),
        }
    }
}
