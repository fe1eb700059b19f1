//! What came of a run, and the evidence for it.

use serde::{Deserialize, Serialize};

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The class, computed from the evidence by `classify`.
    pub class: Class,
    /// What was seen. Kept with every result.
    pub evidence: Evidence,
    /// What was written to descriptor 3, at most `Limits::answer_bytes`.
    pub answer: Vec<u8>,
    /// The files that were asked for and could be had; the others are in `Evidence::not_collected`.
    pub collected: Vec<CollectedFile>,
}

/// How a run ended. Exactly one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Ended by itself with exit status 0.
    Ok,
    /// Ended by itself with another exit status.
    Nonzero,
    /// Ended by a signal that was not ours.
    Signal,
    /// Used up its processor time.
    CpuTimeLimit,
    /// Was still there when its time on the clock was over.
    WallTimeLimit,
    /// Had more memory than it may.
    MemoryLimit,
    /// Wrote more than it may to a stream or to descriptor 3.
    OutputLimit,
    /// Wanted more room for files than there was.
    DiskLimit,
    /// Wanted more processes than it may have.
    ProcessLimit,
    /// Was stopped by its owner.
    Cancelled,
    /// The sandbox could not be made or broke. Says nothing about the program.
    SandboxError,
}

/// Why the supervisor killed. The first cause is recorded before the kill, and no later one replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KillCause {
    /// Processor time.
    Cpu,
    /// Time on the clock.
    Wall,
    /// Memory.
    Memory,
    /// A stream or descriptor 3.
    Output,
    /// The owner.
    Cancelled,
}

/// By what means limits of memory, processes and processor time are kept. All others are kept alike in every tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// A control group of version 2: the kernel bounds and counts the run as a whole.
    CgroupV2,
    /// Control groups of version 1, of memory at least: the same for the controllers that are there, samples and rlimits for the others.
    CgroupV1,
    /// No control group: rlimits, and samples of processor time and memory every 20 ms or less.
    #[default]
    None,
}

/// What was seen of a run. Numbers that nobody could measure are absent, never 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Exit status of the program, if it ended by itself.
    pub exit_code: Option<i32>,
    /// Number of the signal that ended it.
    pub signal: Option<i32>,
    /// The first cause for which the supervisor killed it.
    pub kill_cause: Option<KillCause>,
    /// Processor time of all processes, in microseconds.
    pub cpu_us: u64,
    /// Time on the clock from `execve` to the program's end, in microseconds.
    pub wall_us: u64,
    /// From the order to run to `execve`, in microseconds. Never part of a limit.
    pub setup_us: u64,
    /// The most memory that was seen: the larger of the samples over all processes and the peak of the largest process, in bytes; where a group
    /// counts, never more than was charged. Without one, a program that ends before the first sample shows some MiB that are not its own.
    pub peak_memory_bytes: u64,
    /// The most memory that was charged to the run's group beyond what was there before, in bytes: also files, pages of program files that nobody
    /// had read before, and what the kernel needed. Absent where there is no group that counts it.
    pub charged_peak_bytes: Option<u64>,
    /// The most processes and threads that were alive in one sample. Absent if the program ended before the first.
    pub processes_peak: Option<u64>,
    /// Processes killed by the kernel because the run's group had no memory left. Absent where there is no group that counts them.
    pub oom_kills: Option<u64>,
    /// Times that a process or thread was refused because the run's group had its number. Absent where there is no group that counts them.
    pub process_limit_hits: Option<u64>,
    /// Whether the folders for files had no free page or no free entry left at the end.
    pub disk_full: bool,
    /// Bytes written to standard output, those over the limit included as far as they were seen.
    pub stdout_bytes: u64,
    /// Bytes written to standard error, likewise.
    pub stderr_bytes: u64,
    /// Bytes written to descriptor 3, likewise.
    pub answer_bytes: u64,
    /// Files that were asked for and could not be had, with the reason.
    pub not_collected: Vec<NotCollected>,
    /// By what means the limits were kept.
    pub tier: Tier,
    /// Why the sandbox could not be made, or how it broke, and what to do about it.
    pub sandbox_error: Option<String>,
}

/// A file that was asked for and could not be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotCollected {
    /// Its name.
    pub name: String,
    /// Why: absent, not a plain file, more than one name, too large.
    pub reason: String,
}

/// A file brought out of the work folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectedFile {
    /// Its name, as asked for.
    pub name: String,
    /// Its content, at most `Limits::collect_bytes`.
    pub bytes: Vec<u8>,
    /// Whether its owner may execute it.
    pub executable: bool,
}

/// A piece of output. Pieces of one stream come in order; each holds at most 32 KiB and is at most 8 ms old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where it was written.
    pub stream: Stream,
    /// What was written: bytes, cut anywhere, also within a character.
    pub bytes: Vec<u8>,
}

/// A stream of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Descriptor 1.
    Stdout,
    /// Descriptor 2.
    Stderr,
}
