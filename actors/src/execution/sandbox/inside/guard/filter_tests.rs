//! The compiled filters, run by a small machine of our own, so that those for the other machine are tried as well.

use seccompiler::{SeccompAction, sock_filter};

use super::super::calls::{Arch, Rule, all};
use super::{X32, compile, narrow, wide};

const BOTH: [Arch; 2] = [Arch::X86_64, Arch::Aarch64];

/// What a program answers to a call.
fn run(program: &[sock_filter], machine: u32, number: u32, arguments: &[u64]) -> u32 {
    let word = |offset: u32| match offset {
        0 => number,
        4 => machine,
        _ => {
            let argument = arguments.get((offset as usize - 16) / 8).copied().unwrap_or(0);
            (argument >> (8 * (offset % 8))) as u32
        }
    };
    let (mut at, mut accumulator) = (0, 0);
    loop {
        let sock_filter { code, jt, jf, k } = program[at];
        at += 1;
        let hop = |holds: bool| usize::from(if holds { jt } else { jf });
        match u32::from(code) {
            0x20 => accumulator = word(k),
            0x54 => accumulator &= k,
            0x05 => at += k as usize,
            0x15 => at += hop(accumulator == k),
            0x25 => at += hop(accumulator > k),
            0x35 => at += hop(accumulator >= k),
            0x06 => return k,
            other => panic!("an instruction that filters don't have: {other:#x}"),
        }
    }
}

fn number(arch: Arch, name: &str) -> u32 {
    let calls = all(arch).expect("readable");
    calls.iter().find(|call| call.name == name).map(|call| call.number).expect(name)
}

fn answer(error: i32) -> u32 {
    if error == 0 { SeccompAction::Allow.into() } else { SeccompAction::Errno(error.cast_unsigned()).into() }
}

/// An error that is none, which is not the same as letting the kernel do it.
const PRETENDED: u32 = 0x0005_0000;

#[test]
fn the_wide_one_knows_the_table_and_nothing_else() {
    for arch in BOTH {
        let program = compile(arch, wide).expect("compiles");
        assert!(program.len() < 4096);
        let calls = all(arch).expect("readable");
        for number in 0..1000 {
            let expected = match calls.iter().find(|call| call.number == number).map(|call| call.rule) {
                None => answer(libc::ENOSYS),
                Some(Rule::Pretend) => PRETENDED,
                Some(Rule::Look) => continue,
                Some(Rule::Allow | Rule::LookLater | Rule::SetUp(_)) => answer(0),
            };
            assert_eq!(run(&program, arch.audit(), number, &[]), expected, "{arch:?} {number}");
        }
        assert_eq!(run(&program, arch.audit(), u32::MAX, &[]), answer(libc::ENOSYS));
    }
}

#[test]
fn numbers_of_another_machine_end_the_process() {
    const I386: u32 = 0x4000_0003;
    let kill: u32 = SeccompAction::KillProcess.into();
    for arch in BOTH {
        for program in [compile(arch, wide), compile(arch, narrow)].map(|program| program.expect("compiles")) {
            for other in [I386, 0, if arch == Arch::X86_64 { Arch::Aarch64 } else { Arch::X86_64 }.audit()] {
                assert_eq!(run(&program, other, 0, &[]), kill);
            }
            if arch == Arch::X86_64 {
                for number in [X32, X32 + 59, X32 + 512, u32::MAX - 1] {
                    assert_eq!(run(&program, arch.audit(), number, &[]), kill);
                }
            }
        }
    }
}

#[test]
fn the_narrow_one_takes_away_what_the_set_up_needed() {
    for arch in BOTH {
        let program = compile(arch, narrow).expect("compiles");
        for call in all(arch).expect("readable") {
            let expected = match call.rule {
                Rule::Allow | Rule::Look | Rule::Pretend => 0,
                Rule::SetUp(error) => error,
                Rule::LookLater => continue,
            };
            assert_eq!(run(&program, arch.audit(), call.number, &[]), answer(expected), "{arch:?} {}", call.name);
        }
    }
}

#[test]
fn arguments_decide() {
    use libc::{EAFNOSUPPORT, EINVAL, ENOMEM, EPERM};
    let high = 1 << 32;
    let table: &[(&str, &[u64], i32)] = &[
        ("clone", &[0x0100_4111], 0),
        ("clone", &[0x1000_0011], EPERM),
        ("clone", &[0x0002_0000], EPERM),
        ("clone", &[high | 0x2000_0000], EPERM),
        ("fcntl", &[0, 3], 0),
        ("fcntl", &[0, 1031], EPERM),
        ("fcntl", &[0, high | 1024], EPERM),
        ("fcntl", &[0, 1026], EPERM),
        ("ioctl", &[0, 0x5401], 0),
        ("ioctl", &[0, 0x5412], EPERM),
        ("ioctl", &[0, high | 0x5412], EPERM),
        ("ioctl", &[0, 0x541c], EPERM),
        ("kcmp", &[1, 2, 1], 0),
        ("kcmp", &[1, 2, 0], EPERM),
        ("mmap", &[0, 4096, 3, 0x22], 0),
        ("mmap", &[0, 4096, 3, 0x4_0022], ENOMEM),
        ("msync", &[0, 1, 1], 0),
        ("shmget", &[0, 4096, 0o1600], 0),
        ("shmget", &[0, 4096, 0o5600], EPERM),
        ("personality", &[0], 0),
        ("personality", &[0xffff_ffff], 0),
        ("personality", &[0x0040_0000], EPERM),
        ("personality", &[8], EPERM),
        ("prctl", &[15], 0),
        ("prctl", &[35], EPERM),
        ("prctl", &[0x5961_6d61], EPERM),
        ("prctl", &[62], EPERM),
        ("prctl", &[22, 2], EINVAL),
        ("prlimit64", &[0, 7, 1], 0),
        ("prlimit64", &[2, 7, 1], 0),
        ("prlimit64", &[1, 7, 1], EPERM),
        ("prlimit64", &[high | 1, 7, 1], EPERM),
        ("sched_setaffinity", &[0, 8], 0),
        ("sched_setaffinity", &[1, 8], EPERM),
        ("sched_setattr", &[1], EPERM),
        ("sched_setparam", &[1], EPERM),
        ("sched_setscheduler", &[5, 5], 0),
        ("sched_setscheduler", &[1, 5], EPERM),
        ("semget", &[0, 64], 0),
        ("semget", &[0, 65], EINVAL),
        ("setpriority", &[0, 0, 5], 0),
        ("setpriority", &[0, 1, 5], EPERM),
        ("setpriority", &[1, 1, 5], EPERM),
        ("setpriority", &[2, 1000, 5], EPERM),
        ("setsockopt", &[0, 1, 2], 0),
        ("setsockopt", &[0, 1, 7], EPERM),
        ("setsockopt", &[0, 6, 7], 0),
        ("setsockopt", &[0, 6, 31], EPERM),
        ("socket", &[1, 5, 0], 0),
        ("socket", &[2, 0o2_000_001, 0], 0),
        ("socket", &[10, 2, 17], 0),
        ("socket", &[2, 3, 1], EAFNOSUPPORT),
        ("socket", &[2, 1, 132], EAFNOSUPPORT),
        ("socket", &[2, 1, 262], EAFNOSUPPORT),
        ("socket", &[2, 2, 1], EAFNOSUPPORT),
        ("socket", &[16, 3, 0], EAFNOSUPPORT),
        ("socket", &[17, 3, 0], EAFNOSUPPORT),
        ("socket", &[38, 5, 0], EAFNOSUPPORT),
        ("socket", &[40, 1, 0], EAFNOSUPPORT),
        ("socketpair", &[1, 1, 0], 0),
        ("socketpair", &[2, 1, 0], EAFNOSUPPORT),
    ];
    for arch in BOTH {
        let (wide, narrow) = (compile(arch, wide).expect("compiles"), compile(arch, narrow).expect("compiles"));
        // As the kernel does: of two answers the one that lets less through.
        let run = |number: u32, arguments: &[u64]| match run(&wide, arch.audit(), number, arguments) {
            allowed if allowed == answer(0) => run(&narrow, arch.audit(), number, arguments),
            refused => refused,
        };
        for (name, arguments, error) in table {
            let found = run(number(arch, name), arguments);
            assert_eq!(found, answer(*error), "{arch:?} {name} {arguments:x?}");
        }
        assert_eq!(run(number(arch, "msync"), &[0, 1, 4]), PRETENDED);
        let looked =
            all(arch).expect("readable").into_iter().filter(|call| matches!(call.rule, Rule::Look | Rule::LookLater));
        for call in looked {
            assert!(table.iter().any(|(name, ..)| *name == call.name), "{} is not tried", call.name);
        }
    }
}
