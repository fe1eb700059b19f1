//! The program: pid 2. From fork to `execve`, and whether it succeeded.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::SigSet;
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, execve, setsid};

use super::super::wire::Plan;
use super::{Step, cannot, sys};

/// Bytes of the main thread's stack.
const PROGRAM_STACK: u64 = 16 << 20;
/// Bytes that one process may reserve beyond twice its limit, where no group keeps it.
const RESERVED: u64 = 1 << 30;
/// More bytes than a program can have addresses for: what sanitizers mark out is not refused.
const ADDRESSES: u64 = 1 << 47;
/// Open descriptors of one process.
const DESCRIPTORS: u64 = 256;

/// Bytes of stack that are enough on the way to `execve`.
pub const STACK_TO_EXEC: usize = 128 << 10;

/// Starts the program. Returns when its `execve` has succeeded. `stack` is for the way there.
pub fn start(plan: &Plan, descriptors: &[OwnedFd], stack: &mut [u8]) -> Step<Pid> {
    let texts = |texts: Vec<String>| texts.into_iter().map(CString::new).collect::<Result<Vec<_>, _>>();
    let argv = texts(plan.argv.clone()).map_err(|_| "an argument holds a NUL byte")?;
    let env = texts(plan.env.iter().map(|(name, value)| format!("{name}={value}")).collect());
    let env = env.map_err(|_| "a variable holds a NUL byte")?;
    // Written by the child, in the memory that we share until it has become the program.
    let mut failure = None;
    let program = sys::vfork(stack, &mut || {
        failure = Some(become_program(&argv, &env, descriptors, plan));
        127
    });
    let program = program.map_err(cannot("fork"))?;
    match failure {
        None => Ok(program),
        Some(reason) => {
            // It says no more than the reason does.
            let _ = waitpid(program, None);
            Err(reason)
        }
    }
}

/// Never comes back but with the reason why.
fn become_program(argv: &[CString], env: &[CString], descriptors: &[OwnedFd], plan: &Plan) -> String {
    match prepare(descriptors, plan) {
        Err(reason) => reason,
        Ok(()) => {
            let path = argv.first().cloned().unwrap_or_default();
            let Err(errno) = execve(&path, argv, env);
            format!("cannot execute {path:?}: {}", std::io::Error::from(errno))
        }
    }
}

fn prepare(descriptors: &[OwnedFd], plan: &Plan) -> Step<()> {
    setsid().map_err(cannot("start a session"))?;
    umask(Mode::from_bits_truncate(0o022));
    for (number, descriptor) in (0..).zip(descriptors) {
        sys::place(descriptor.as_fd(), number).map_err(cannot("place a descriptor"))?;
    }
    sys::close_on_exec_from(4).map_err(cannot("close the other descriptors"))?;
    for (resource, value) in rlimits(plan) {
        let (_, most) = getrlimit(resource).map_err(cannot("read a limit"))?;
        let (soft, hard) = (value.0.min(most), value.1.min(most));
        setrlimit(resource, soft, hard).map_err(cannot(format!("set the limit {resource:?}")))?;
    }
    sys::keep_capabilities(0).map_err(cannot("give up all capabilities"))?;
    // Init blocks one; handlers it has none.
    SigSet::empty().thread_set_mask().map_err(cannot("let all signals through"))
}

/// Limits per process that hold without any help of ours: a net under the samples, and what samples can't see.
fn rlimits(plan: &Plan) -> [(Resource, (u64, u64)); 11] {
    let limits = &plan.limits;
    let both = |value: u64| (value, value);
    // SIGXCPU first, SIGKILL a second later. One second more than the limit, so that a sample comes first.
    let cpu = limits.cpu.as_millis().div_ceil(1000) as u64 + 1;
    // Zygote and init are of the same user. Some room more, where a group is to refuse, and to count how often.
    let others = if plan.kept.processes { 18 } else { 2 };
    // What is reserved and never touched is not used, and what is touched is seen by samples or the group. Only where there is no group, and
    // between two samples, this is what stops a program.
    let reservation =
        if plan.kept.memory { ADDRESSES } else { limits.memory_bytes.saturating_mul(2).saturating_add(RESERVED) };
    [
        (Resource::RLIMIT_CPU, (cpu, cpu + 1)),
        (Resource::RLIMIT_DATA, both(reservation)),
        (Resource::RLIMIT_STACK, both(PROGRAM_STACK.min(limits.memory_bytes))),
        // A page more than there is, so that a file that fills the disk finds it full, and only one with a hole in it is too long.
        (Resource::RLIMIT_FSIZE, both(limits.disk_bytes + 4096)),
        (Resource::RLIMIT_NPROC, both(limits.processes + others)),
        (Resource::RLIMIT_NOFILE, both(DESCRIPTORS)),
        // Not 0: a kernel that pipes dumps to a program of the host's does so whatever the limit is, but for 1, which is too short for any dump.
        (Resource::RLIMIT_CORE, both(1)),
        (Resource::RLIMIT_MSGQUEUE, both(0)),
        (Resource::RLIMIT_MEMLOCK, both(0)),
        (Resource::RLIMIT_RTPRIO, both(0)),
        (Resource::RLIMIT_SIGPENDING, both(limits.processes + 64)),
    ]
}
