//! The calls of which some uses are allowed and some are not.
//!
//! Only numbers in registers can be looked at: what a pointer leads to may change between the look and the call.

use libc::{EAFNOSUPPORT, EINVAL, ENOMEM, EPERM};
use seccompiler::{SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};

use super::super::{Step, cannot};

/// What becomes of a call: the first case whose conditions all hold decides, else `otherwise`.
pub struct Cases {
    pub cases: Vec<(SeccompRule, SeccompAction)>,
    pub otherwise: SeccompAction,
}

/// A flag of `clone` that makes a namespace.
const NAMESPACES: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;
/// Its number in the namespace. It is of the same user as the program, who could slow it down or give it limits to die of.
const INIT: i32 = 1;
/// Semaphores in one set. The kernel would give 32 000, and nobody could measure them.
const SEMAPHORES: u32 = 64;
/// `kcmp`: whether two processes live in the same memory. The other questions tell where the kernel keeps things.
const KCMP_VM: u32 = 1;
/// `prctl`: what a processor may run beside us. It would keep others off it.
const PR_SCHED_CORE: i32 = 62;
/// `prctl`: merging equal pages, which lets one time what others have in theirs.
const PR_SET_MEMORY_MERGE: i32 = 67;

/// Options of sockets that cost memory of the kernel's, bring code into it, or change what a protocol is.
const OPTIONS: [(i32, i32); 11] = [
    (libc::SOL_SOCKET, libc::SO_SNDBUF),
    (libc::SOL_SOCKET, libc::SO_RCVBUF),
    (libc::SOL_SOCKET, libc::SO_SNDBUFFORCE),
    (libc::SOL_SOCKET, libc::SO_RCVBUFFORCE),
    (libc::SOL_SOCKET, libc::SO_ATTACH_FILTER),
    (libc::SOL_SOCKET, libc::SO_ATTACH_BPF),
    (libc::SOL_SOCKET, libc::SO_ATTACH_REUSEPORT_CBPF),
    (libc::SOL_SOCKET, libc::SO_ATTACH_REUSEPORT_EBPF),
    (libc::SOL_SOCKET, libc::SO_BUSY_POLL),
    (libc::SOL_SOCKET, libc::SO_ZEROCOPY),
    (libc::IPPROTO_TCP, libc::TCP_ULP),
];

/// The cases of a call of the table's that is to be looked at.
pub fn of(call: &str) -> Step<Cases> {
    match call {
        "clone" => Ok(only(vec![rule(vec![bits(0, NAMESPACES as u32, 0)?])?], EPERM)),
        "fcntl" => Ok(all_but(any_of(1, [libc::F_SETPIPE_SZ, libc::F_SETLEASE, libc::F_NOTIFY])?, EPERM)),
        // Compared as the kernel does: it looks at the lower half only.
        "ioctl" => Ok(all_but(any_of(1, [libc::TIOCSTI as i32, libc::TIOCLINUX as i32])?, EPERM)),
        "kcmp" => Ok(only(vec![rule(vec![is(2, KCMP_VM)?])?], EPERM)),
        // Huge pages are a store that the machine has put aside for others.
        "mmap" => Ok(all_but(vec![rule(vec![bits(3, libc::MAP_HUGETLB as u32, libc::MAP_HUGETLB as u32)?])?], ENOMEM)),
        "shmget" => Ok(all_but(vec![rule(vec![bits(2, libc::SHM_HUGETLB as u32, libc::SHM_HUGETLB as u32)?])?], EPERM)),
        "personality" => Ok(only(any_of(0, [0, -1])?, EPERM)),
        "prctl" => {
            let mut cases =
                all_but(any_of(0, [libc::PR_SET_MM, libc::PR_SET_PTRACER, PR_SCHED_CORE, PR_SET_MEMORY_MERGE])?, EPERM);
            // As if the kernel had no filters: who asks for one can do without.
            cases.cases.push((rule(vec![is(0, libc::PR_SET_SECCOMP as u32)?])?, errno(EINVAL)));
            Ok(cases)
        }
        "prlimit64" | "sched_setaffinity" | "sched_setattr" | "sched_setparam" | "sched_setscheduler" => {
            Ok(all_but(any_of(0, [INIT])?, EPERM))
        }
        "semget" => Ok(only(vec![rule(vec![compare(1, SeccompCmpOp::Le, SEMAPHORES)?])?], EINVAL)),
        "setpriority" => {
            let mut cases = all_but(any_of(1, [INIT])?, EPERM);
            cases.cases.push((rule(vec![is(0, libc::PRIO_USER)?])?, errno(EPERM)));
            Ok(cases)
        }
        "setsockopt" => {
            let option = |(level, name): (i32, i32)| rule(vec![is(1, level as u32)?, is(2, name as u32)?]);
            Ok(all_but(OPTIONS.into_iter().map(option).collect::<Step<_>>()?, EPERM))
        }
        "socket" => Ok(only(sockets()?, EAFNOSUPPORT)),
        "socketpair" => Ok(only(any_of(0, [libc::AF_UNIX])?, EAFNOSUPPORT)),
        _ => Err(format!("it is not said which uses of the system call {call} are allowed")),
    }
}

/// Unix sockets of any kind; TCP and UDP, each by its own number or by none. No family that speaks to the kernel, to the machine around
/// this one, or past the network namespace.
fn sockets() -> Step<Vec<SeccompRule>> {
    /// Of the type, without the flags that may come with it.
    const KIND: u32 = 0xf;
    let mut rules = any_of(0, [libc::AF_UNIX])?;
    for family in [libc::AF_INET, libc::AF_INET6] {
        for (kind, protocol) in [(libc::SOCK_STREAM, libc::IPPROTO_TCP), (libc::SOCK_DGRAM, libc::IPPROTO_UDP)] {
            for protocol in [0, protocol] {
                rules.push(rule(vec![is(0, family as u32)?, bits(1, KIND, kind as u32)?, is(2, protocol as u32)?])?);
            }
        }
    }
    Ok(rules)
}

/// These are allowed, the rest is refused.
fn only(rules: Vec<SeccompRule>, error: i32) -> Cases {
    Cases { cases: rules.into_iter().map(|rule| (rule, SeccompAction::Allow)).collect(), otherwise: errno(error) }
}

/// These are refused, the rest is allowed.
fn all_but(rules: Vec<SeccompRule>, error: i32) -> Cases {
    Cases { cases: rules.into_iter().map(|rule| (rule, errno(error))).collect(), otherwise: SeccompAction::Allow }
}

/// One rule for each value of an argument.
fn any_of<const N: usize>(argument: u8, values: [i32; N]) -> Step<Vec<SeccompRule>> {
    values.into_iter().map(|value| rule(vec![is(argument, value as u32)?])).collect()
}

fn is(argument: u8, value: u32) -> Step<SeccompCondition> {
    compare(argument, SeccompCmpOp::Eq, value)
}

/// Of the bits in `mask`, exactly those in `set` are 1.
fn bits(argument: u8, mask: u32, set: u32) -> Step<SeccompCondition> {
    compare(argument, SeccompCmpOp::MaskedEq(mask.into()), set)
}

fn compare(argument: u8, how: SeccompCmpOp, value: u32) -> Step<SeccompCondition> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, how, value.into());
    condition.map_err(std::io::Error::other).map_err(cannot("make a condition of the filter"))
}

fn rule(conditions: Vec<SeccompCondition>) -> Step<SeccompRule> {
    SeccompRule::new(conditions).map_err(std::io::Error::other).map_err(cannot("make a rule of the filter"))
}

fn errno(number: i32) -> SeccompAction {
    SeccompAction::Errno(number.cast_unsigned())
}
