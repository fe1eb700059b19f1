//! The table of system calls, as it is read.

use super::super::Step;

const TABLE: &str = include_str!("calls.txt");

/// A machine that the table has numbers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    X86_64,
    Aarch64,
}

impl Arch {
    /// The machine that this was compiled for.
    pub fn own() -> Step<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Ok(Self::X86_64),
            "aarch64" => Ok(Self::Aarch64),
            other => Err(format!("there is no table of system calls for {other}; run Lectern on x86_64 or aarch64")),
        }
    }

    /// What the kernel calls it, in the argument of a filter.
    pub fn audit(self) -> u32 {
        match self {
            Self::X86_64 => 0xc000_003e,
            Self::Aarch64 => 0xc000_00b7,
        }
    }
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Everybody may.
    Allow,
    /// It depends on the arguments.
    Look,
    /// It will depend on the arguments when the sandbox is made.
    LookLater,
    /// Answered as if it had been done.
    Pretend,
    /// Refused with this error when the sandbox is made.
    SetUp(i32),
}

/// A system call.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub name: &'static str,
    pub number: u32,
    pub rule: Rule,
}

/// All calls that this machine has.
pub fn all(arch: Arch) -> Step<Vec<Call>> {
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| call(line, arch).transpose()).collect()
}

/// The call of a line; none if this machine doesn't have it.
fn call(line: &'static str, arch: Arch) -> Step<Option<Call>> {
    let fault = || format!("the table of system calls has a line that cannot be read: {line:?}");
    let words: Vec<&str> = line.split_whitespace().collect();
    let &[name, x86_64, aarch64, rule] = words.as_slice() else { return Err(fault()) };
    let rule = match rule {
        "allow" => Rule::Allow,
        "look" => Rule::Look,
        "later" => Rule::LookLater,
        "pretend" => Rule::Pretend,
        "eperm" => Rule::SetUp(libc::EPERM),
        "enosys" => Rule::SetUp(libc::ENOSYS),
        _ => return Err(fault()),
    };
    match if arch == Arch::X86_64 { x86_64 } else { aarch64 } {
        "-" => Ok(None),
        number => Ok(Some(Call { name, number: number.parse().map_err(|_| fault())?, rule })),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Arch, all};

    /// What no program gets, whatever else changes.
    const NEVER: &str = "
        acct add_key adjtimex bpf cachestat clock_adjtime clock_settime create_module delete_module fanotify_init fanotify_mark
        finit_module fsetxattr init_module inotify_add_watch inotify_init inotify_init1 io_cancel io_destroy io_getevents
        io_setup io_submit io_uring_enter io_uring_register io_uring_setup ioperm iopl kexec_file_load kexec_load keyctl
        lookup_dcookie mbind memfd_create memfd_secret migrate_pages modify_ldt move_pages mq_open mq_timedsend msgget msgsnd
        name_to_handle_at nfsservctl open_by_handle_at perf_event_open pidfd_getfd process_madvise process_mrelease
        process_vm_readv process_vm_writev ptrace quotactl quotactl_fd reboot remap_file_pages request_key set_mempolicy
        settimeofday setxattr splice stime swapoff swapon sysfs syslog tee uselib userfaultfd vhangup vmsplice
    ";

    #[test]
    fn the_table_is_readable_and_names_and_numbers_are_there_once() {
        for arch in [Arch::X86_64, Arch::Aarch64] {
            let calls = all(arch).expect("readable");
            assert!(calls.len() > 200, "{arch:?}");
            let names: HashSet<_> = calls.iter().map(|call| call.name).collect();
            let numbers: HashSet<_> = calls.iter().map(|call| call.number).collect();
            assert_eq!((names.len(), numbers.len()), (calls.len(), calls.len()), "{arch:?}");
            let found: Vec<_> = NEVER.split_whitespace().filter(|name| names.contains(name)).collect();
            assert!(found.is_empty(), "{arch:?}: {found:?}");
        }
    }

    #[test]
    fn numbers_are_those_of_this_machine() {
        let calls = all(Arch::own().expect("a table")).expect("readable");
        for (name, number) in [
            ("read", libc::SYS_read),
            ("mmap", libc::SYS_mmap),
            ("clone", libc::SYS_clone),
            ("clone3", libc::SYS_clone3),
            ("socket", libc::SYS_socket),
            ("mount", libc::SYS_mount),
            ("prctl", libc::SYS_prctl),
            ("seccomp", libc::SYS_seccomp),
            ("openat2", libc::SYS_openat2),
            ("landlock_restrict_self", libc::SYS_landlock_restrict_self),
        ] {
            let call = calls.iter().find(|call| call.name == name).expect(name);
            assert_eq!(i64::from(call.number), number, "{name}");
        }
    }
}
