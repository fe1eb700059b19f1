//! How much processor time and memory all processes of the namespace use, as far as `/proc` tells.

use std::fs;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::unistd::Pid;

use super::super::Limits;
use super::sys;

/// The longest time between two samples.
const LAZY: Duration = Duration::from_millis(20);
/// The time between two samples when more than half of the memory is in use.
const KEEN: Duration = Duration::from_millis(2);

/// One look at all processes.
#[derive(Debug, Default)]
pub struct Sample {
    /// Processor time of the living and of those that were waited for, in microseconds.
    pub cpu_us: u64,
    /// Anonymous and shared memory and page tables, in bytes. Pages of files are the machine's, not the program's.
    pub memory_bytes: u64,
    /// Processes and threads, without us.
    pub processes: u64,
}

impl Sample {
    /// When to look again: before a limit can be passed by much.
    pub fn next(&self, limits: &Limits, processors: u64) -> Duration {
        let left = (limits.cpu.as_micros() as u64).saturating_sub(self.cpu_us);
        let soon = Duration::from_micros(left / processors.max(1)).max(Duration::from_millis(1));
        let often = if self.memory_bytes > limits.memory_bytes / 2 { KEEN } else { LAZY };
        soon.min(often)
    }
}

/// How often a look that finds too much is repeated before it is believed.
const LOOKS: usize = 3;

/// Looks at all processes but ourselves.
pub fn take(limits: &Limits) -> Sample {
    let mut sample = Sample { cpu_us: reaped_cpu_us(), ..Sample::default() };
    for process in processes() {
        let stat = read(&format!("/proc/{process}/stat"));
        let Some((ticks, threads)) = stat.as_deref().and_then(parse_stat) else { continue };
        sample.cpu_us += ticks * 1_000_000 / sys::ticks_per_second();
        sample.processes += threads;
    }
    sample.memory_bytes = sum(processes().filter_map(Holder::of));
    // Pages shared between processes were counted once for each. If it matters, look closer; and not only once, for while processes end
    // their shares go over to those not yet looked at, and would be counted again there.
    for _ in 0..LOOKS {
        if sample.memory_bytes > limits.memory_bytes {
            sample.memory_bytes = sample.memory_bytes.min(sum(distinct().into_iter().filter_map(Holder::fair_share)));
        }
    }
    sample
}

/// Processes and threads but ourselves.
pub fn alive() -> u64 {
    let stats = processes().filter_map(|process| read(&format!("/proc/{process}/stat")));
    stats.filter_map(|stat| parse_stat(&stat)).map(|(_, threads)| threads).sum()
}

fn processes() -> impl Iterator<Item = i32> {
    numbers("/proc").filter(|&process| process != 1)
}

/// A task that has memory, and how much: its own, and what it shares on purpose.
struct Holder {
    task: i32,
    private: u64,
    shared: u64,
    /// The kernel's lists of which page is where, which can be large where next to nothing is.
    tables: u64,
}

impl Holder {
    /// The memory of a process, as one of its threads has it: the first may have ended and left it to the others.
    fn of(process: i32) -> Option<Self> {
        Self::read(process, "status", "RssAnon:", "RssShmem:").or_else(|| {
            let mut threads = numbers(&format!("/proc/{process}/task"));
            threads.find_map(|thread| Self::read(thread, "status", "RssAnon:", "RssShmem:"))
        })
    }

    fn read(task: i32, what: &str, private: &str, shared: &str) -> Option<Self> {
        let text = read(&format!("/proc/{task}/{what}"))?;
        let tables = kib(&text, "VmPTE:").unwrap_or(0);
        Some(Self { task, private: kib(&text, private)?, shared: kib(&text, shared)?, tables })
    }

    /// The same with what several processes share divided by their number. One that does not let itself be looked at counts in full;
    /// one that has ended in the meantime doesn't count.
    fn fair_share(self) -> Option<Self> {
        let tables = self.tables;
        Self::read(self.task, "smaps_rollup", "Pss_Anon:", "Pss_Shmem:")
            .map(|share| Self { tables, ..share })
            .or_else(|| Self::read(self.task, "status", "RssAnon:", "RssShmem:"))
    }
}

/// Each memory once, also if two processes live in it, as they do between `vfork` and `execve`.
fn distinct() -> Vec<Holder> {
    let mut distinct: Vec<Holder> = Vec::new();
    for holder in processes().filter_map(Holder::of) {
        let same = |other: &Holder| sys::share_memory(Pid::from_raw(holder.task), Pid::from_raw(other.task));
        if !distinct.iter().any(same) {
            distinct.push(holder);
        }
    }
    distinct
}

/// Segments may be attached, and are counted then as shared memory of processes, or not.
fn sum(holders: impl Iterator<Item = Holder>) -> u64 {
    let (private, shared) =
        holders.fold((0, 0), |sum, holder| (sum.0 + holder.private + holder.tables, sum.1 + holder.shared));
    private + shared.max(sys::shared_segments())
}

/// Processor time of all children that we have waited for, and of those that they had, in microseconds.
pub fn reaped_cpu_us() -> u64 {
    getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0, |usage| {
        let (user, system) = (usage.user_time(), usage.system_time());
        let microseconds = (user.tv_sec() + system.tv_sec()) * 1_000_000 + user.tv_usec() + system.tv_usec();
        u64::try_from(microseconds).unwrap_or(0)
    })
}

/// The most memory that the largest of them had, in bytes.
pub fn reaped_peak_bytes() -> u64 {
    getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0, |usage| u64::try_from(usage.max_rss()).unwrap_or(0) << 10)
}

/// The entries of a folder that are numbers.
fn numbers(folder: &str) -> impl Iterator<Item = i32> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn read(path: &str) -> Option<String> {
    // A program may call itself what it likes, also in no known encoding.
    Some(String::from_utf8_lossy(&fs::read(path).ok()?).into_owned())
}

/// Ticks of the process and of the children it waited for, and its number of threads.
fn parse_stat(stat: &str) -> Option<(u64, u64)> {
    // The name comes second, in parentheses, and may hold anything, also parentheses and spaces.
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some((number(14)? + number(15)? + number(16)? + number(17)?, number(20)?))
}

/// The value of a line like `RssAnon:   123 kB`, in bytes.
fn kib(text: &str, label: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_fool_the_reader() {
        let stat = "7 (a) R 1 (b\n) S 1 7 7 0 -1 4194304 100 0 0 0 11 12 13 14 20 0 3 0 5 6 7";
        assert_eq!(parse_stat(stat), Some((50, 3)));
        assert_eq!(parse_stat("7 (a"), None);
        assert_eq!(parse_stat("7 (a) S"), None);
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(kib("VmRSS: 1 kB\nRssAnon:\t  12 kB\n", "RssAnon:"), Some(12 << 10));
        assert_eq!(kib("", "RssAnon:"), None);
    }

    #[test]
    fn looks_come_closer_as_limits_do() {
        let limits = Limits { cpu: Duration::from_millis(100), memory_bytes: 100, ..Limits::default() };
        let next = |cpu_us, memory_bytes| Sample { cpu_us, memory_bytes, processes: 1 }.next(&limits, 2);
        assert_eq!(next(0, 0), LAZY);
        assert_eq!(next(0, 51), KEEN);
        assert_eq!(next(90_000, 0), Duration::from_millis(5));
        assert_eq!(next(200_000, 0), Duration::from_millis(1));
    }
}
