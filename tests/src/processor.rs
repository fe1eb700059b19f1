//! How much of the processors was spent, by process, as the kernel counts it in hundredths of a second.

use std::time::Duration;

/// What the kernel says of a process.
struct Stat {
    name: String,
    group: u32,
    /// Its own time, and that of its children that have ended.
    spent: Duration,
}

impl Stat {
    fn of(process: u32) -> Option<Self> {
        let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name stands in parentheses, and may hold some.
        let (head, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
        let name = head.split_once('(')?.1.to_owned();
        Some(Self { name, group: fields.get(2)?.parse().ok()?, spent: Duration::from_millis(ticks * 10) })
    }

    fn all() -> impl Iterator<Item = Self> {
        let processes = std::fs::read_dir("/proc").expect("processes").flatten();
        processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter_map(Self::of)
    }
}

/// That of a process so far; nothing of one that has gone.
#[must_use]
pub fn of_process(process: u32) -> Duration {
    Stat::of(process).map_or(Duration::ZERO, |stat| stat.spent)
}

/// That of all processes of this name.
#[must_use]
pub fn of_name(name: &str) -> Duration {
    Stat::all().filter(|stat| stat.name == name).map(|stat| stat.spent).sum()
}

/// That of all processes of a group.
#[must_use]
pub fn of_group(group: u32) -> Duration {
    Stat::all().filter(|stat| stat.group == group).map(|stat| stat.spent).sum()
}
