//! Names of leaves, which tell whose they are, so that what a dead process left can be told from what a living one uses.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU64, Ordering};

/// What every leaf's name begins with.
const PREFIX: &str = "lectern-";

/// A process, as one can tell it from a later one with the same number, also on a machine whose containers count processes from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    /// The namespace in which the process has its number.
    namespace: u64,
    process: u32,
    /// In ticks since the machine's start.
    started: u64,
}

impl Owner {
    fn ourselves() -> io::Result<Self> {
        let process = std::process::id();
        Ok(Self { namespace: namespace()?, process, started: start_of(process).ok_or_else(no_proc)? })
    }
}

/// The next name, different from all others.
pub fn next(name: &str) -> io::Result<String> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let Owner { namespace, process, started } = Owner::ourselves()?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Ok(format!("{PREFIX}{namespace}-{process}-{started}-{number}-{name}"))
}

/// Whether the folder of that name is a leaf that nobody will use any more. One of another namespace of processes is not ours to judge.
pub fn is_left_over(name: &str) -> bool {
    let (Some(owner), Ok(ours)) = (parse(name), namespace()) else { return false };
    owner.namespace == ours && start_of(owner.process) != Some(owner.started)
}

fn parse(name: &str) -> Option<Owner> {
    let mut parts = name.strip_prefix(PREFIX)?.splitn(5, '-');
    let owner = Owner {
        namespace: parts.next()?.parse().ok()?,
        process: parts.next()?.parse().ok()?,
        started: parts.next()?.parse().ok()?,
    };
    parts.next()?.parse::<u64>().ok()?;
    parts.next().map(|_| owner)
}

fn namespace() -> io::Result<u64> {
    Ok(fs::metadata("/proc/self/ns/pid")?.ino())
}

fn start_of(process: u32) -> Option<u64> {
    let stat = fs::read(format!("/proc/{process}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // The name comes second, in parentheses, and may hold anything. The start is field 22; behind the name comes field 3.
    stat[stat.rfind(')')? + 1..].split_whitespace().nth(22 - 3)?.parse().ok()
}

fn no_proc() -> io::Error {
    io::Error::other("/proc/self/stat can't be read: without /proc, control groups are not used")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_owner() {
        let (one, other) = (next("cell").expect("proc"), next("cell").expect("proc"));
        assert_ne!(one, other);
        assert_eq!(parse(&one), Some(Owner::ourselves().expect("proc")));
        assert!(!is_left_over(&one));
    }

    #[test]
    fn only_leaves_of_the_dead_are_left_over() {
        let Owner { namespace, process, started } = Owner::ourselves().expect("proc");
        // The same number, but it was another process.
        assert!(is_left_over(&format!("lectern-{namespace}-{process}-{}-0-cell", started + 1)));
        // No process has so high a number.
        assert!(is_left_over(&format!("lectern-{namespace}-{}-{started}-0-cell", u32::MAX)));
        assert!(!is_left_over(&format!("lectern-{}-{process}-{}-0-cell", namespace + 1, started + 1)));
        for foreign in ["lectern.service", "lectern-1-2-3", "lectern-a-2-3-4-cell", "worker", "lectern-1-2-3-x-cell"] {
            assert!(!is_left_over(foreign), "{foreign}");
        }
    }
}
