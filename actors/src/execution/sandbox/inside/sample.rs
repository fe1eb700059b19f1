//! How much processor time and memory all processes of the namespace use, as far as `/proc` tells.

use std::fs;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

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
    /// Anonymous and shared memory, in bytes. Pages of files are the machine's, not the program's.
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

/// Looks at all processes but ourselves.
pub fn take(limits: &Limits) -> Sample {
    let processes = processes();
    let mut sample = Sample { cpu_us: reaped_cpu_us(), ..Sample::default() };
    let (mut private, mut shared) = (0, 0);
    for process in &processes {
        let Some((ticks, threads)) = read(process, "stat").as_deref().and_then(parse_stat) else { continue };
        sample.cpu_us += ticks * 1_000_000 / sys::ticks_per_second();
        sample.processes += threads;
        let status = read(process, "status").unwrap_or_default();
        private += kib(&status, "RssAnon:");
        shared += kib(&status, "RssShmem:");
    }
    let segments = sys::shared_segments();
    sample.memory_bytes = private + shared.max(segments);
    if sample.memory_bytes > limits.memory_bytes {
        // Pages shared between processes were counted once for each. Now that it matters, look closer.
        sample.memory_bytes = fair_share(&processes, segments).min(sample.memory_bytes);
    }
    sample
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

fn fair_share(processes: &[String], segments: u64) -> u64 {
    let (mut private, mut shared) = (0, 0);
    for process in processes {
        // One that does not let itself be looked at counts in full.
        let (text, anonymous, common) = match read(process, "smaps_rollup") {
            Some(text) => (text, "Pss_Anon:", "Pss_Shmem:"),
            None => (read(process, "status").unwrap_or_default(), "RssAnon:", "RssShmem:"),
        };
        private += kib(&text, anonymous);
        shared += kib(&text, common);
    }
    private + shared.max(segments)
}

/// All processes but pid 1, which is us.
fn processes() -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name != "1" && name.bytes().all(|byte| byte.is_ascii_digit())).collect()
}

fn read(process: &str, what: &str) -> Option<String> {
    let bytes = fs::read(format!("/proc/{process}/{what}")).ok()?;
    // A program may call itself what it likes, also in no known encoding.
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Ticks of the process and of the children it waited for, and its number of threads.
fn parse_stat(stat: &str) -> Option<(u64, u64)> {
    // The name comes second, in parentheses, and may hold anything, also parentheses and spaces.
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some((number(14)? + number(15)? + number(16)? + number(17)?, number(20)?))
}

/// The value of a line like `RssAnon:   123 kB`, in bytes.
fn kib(text: &str, label: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(label));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |value| value << 10)
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
        assert_eq!(kib("VmRSS: 1 kB\nRssAnon:\t  12 kB\n", "RssAnon:"), 12 << 10);
        assert_eq!(kib("", "RssAnon:"), 0);
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
