//! The system calls that `nix` lacks, or whose safe form would cost more than it gives. All of the sandbox's unsafe code is here.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::path::Path;

use nix::sched::CloneFlags;
use nix::sys::signal::{SigHandler, Signal};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid};

/// Attributes of a mount, as `mount_setattr` knows them.
pub const RDONLY: u64 = 0x1;
pub const NOSUID: u64 = 0x2;
pub const NODEV: u64 = 0x4;
pub const NOEXEC: u64 = 0x8;

/// The capability to look into processes of one's own user namespace: what init keeps, to read how much memory is shared.
pub const CAP_SYS_PTRACE: u64 = 1 << 19;

const SHM_INFO: libc::c_int = 14;

fn check(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn c_path(path: &Path) -> io::Result<CString> {
    use std::os::unix::ffi::OsStrExt;
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

/// Closes every descriptor from `first` on. Nothing that this process still uses may be among them.
pub fn close_from(first: RawFd) -> io::Result<()> {
    // SAFETY: takes numbers only; the caller owns no descriptor in the range.
    check(unsafe { libc::syscall(libc::SYS_close_range, first as libc::c_uint, libc::c_uint::MAX, 0) }).map(drop)
}

/// Marks every descriptor from `first` on to be closed by `execve`.
pub fn close_on_exec_from(first: RawFd) -> io::Result<()> {
    let flag = libc::CLOSE_RANGE_CLOEXEC;
    // SAFETY: takes numbers only, and closes nothing now.
    check(unsafe { libc::syscall(libc::SYS_close_range, first as libc::c_uint, libc::c_uint::MAX, flag) }).map(drop)
}

/// Makes `number` a copy of `descriptor` that survives `execve`.
pub fn place(descriptor: BorrowedFd, number: RawFd) -> io::Result<()> {
    // SAFETY: whatever `number` was before is meant to be replaced; only called on 0 to 3 in the child that is about to `execve`.
    check(unsafe { libc::dup2(descriptor.as_raw_fd(), number) }.into()).map(drop)
}

/// A copy of `descriptor` with a number of at least 10, closed by `execve`, so that the low numbers are free to be placed.
pub fn lift(descriptor: BorrowedFd) -> io::Result<OwnedFd> {
    // SAFETY: `F_DUPFD_CLOEXEC` returns a new descriptor that nobody else owns.
    unsafe {
        let number = libc::fcntl(descriptor.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 10);
        check(number.into())?;
        Ok(OwnedFd::from_raw_fd(number))
    }
}

/// Receives bytes and the descriptors that came with them.
pub fn receive(socket: RawFd, bytes: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut buffers = [io::IoSliceMut::new(bytes)];
    let mut space = nix::cmsg_space!([RawFd; super::super::wire::DESCRIPTORS]);
    let message = recvmsg::<()>(socket, &mut buffers, Some(&mut space), MsgFlags::MSG_CMSG_CLOEXEC)?;
    let mut descriptors = Vec::new();
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(numbers) = control {
            // SAFETY: the kernel has just made these numbers for this message; nobody else owns them.
            descriptors.extend(numbers.into_iter().map(|number| unsafe { OwnedFd::from_raw_fd(number) }));
        }
    }
    Ok((message.bytes, descriptors))
}

/// Forks. `None` in the child.
pub fn fork() -> io::Result<Option<Pid>> {
    // SAFETY: launcher and init have one thread, so no lock can be held by another and the child may run ordinary code.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Some(child)),
        ForkResult::Child => Ok(None),
    }
}

/// Runs `body` in a child that shares our memory, and waits until it has called `execve` or ended. Copies no page table and no page, which is most
/// of what a fork costs.
pub fn vfork(stack: &mut [u8], body: &mut dyn FnMut() -> i32) -> io::Result<Pid> {
    let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK;
    let body = Box::new(|| isize::try_from(body()).unwrap_or(1));
    // SAFETY: we have one thread and sleep until the child lets go of our memory, so it is alone there; it has a stack of its own, and `body`
    // may write to what it writes to.
    Ok(unsafe { nix::sched::clone(body, stack, flags, Some(libc::SIGCHLD)) }?)
}

/// Runs `body` in a child that shares our memory and is the first in `namespaces`, and waits until it has ended. A child that ends otherwise than by
/// coming back from `body` may leave our memory unusable.
///
/// Not by `CLONE_VFORK`: a process that sleeps there counts as load of the machine, and this sleep is long.
pub fn run_clone(namespaces: CloneFlags, stack: &mut [u8], body: &mut dyn FnMut() -> i32) -> io::Result<WaitStatus> {
    extern "C" fn enter(body: *mut libc::c_void) -> libc::c_int {
        // SAFETY: it is what `run_clone` gives to `clone`, and outlives the child.
        let body = unsafe { &mut *body.cast::<&mut dyn FnMut() -> i32>() };
        body()
    }
    let mut body = body;
    let flags = namespaces.bits() | libc::CLONE_VM | libc::SIGCHLD;
    let top = stack.as_mut_ptr_range().end.map_addr(|address| address & !15);
    // SAFETY: we have one thread, and from here on until the child has ended it does nothing but to wait: it writes to no memory but its own stack,
    // and neither `body` nor the child's stack is let go.
    let child = check(unsafe { libc::clone(enter, top.cast(), flags, (&raw mut body).cast()) }.into())?;
    loop {
        match waitpid(Pid::from_raw(child as libc::pid_t), None) {
            Err(nix::errno::Errno::EINTR) => {}
            ended => return Ok(ended?),
        }
    }
}

/// Lets the kernel reap our children by itself.
pub fn ignore_children() -> io::Result<()> {
    // SAFETY: no handler is set.
    unsafe { nix::sys::signal::signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
    Ok(())
}

/// Ends this process at once, without destructors or buffers that it shares with its parent.
pub fn leave(status: i32) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(status) }
}

/// A descriptor of a process. Take one of a child not yet waited for, or of oneself: other numbers may have been used again.
pub fn process_descriptor(pid: Pid) -> io::Result<OwnedFd> {
    // SAFETY: takes numbers only and returns a new descriptor that nobody else owns.
    unsafe {
        let number = check(libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0))?;
        Ok(OwnedFd::from_raw_fd(number as RawFd))
    }
}

/// Kills the process behind a descriptor.
pub fn kill_by_descriptor(process: BorrowedFd) -> io::Result<()> {
    let none = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null siginfo is allowed and means the same as `kill`.
    let result = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), libc::SIGKILL, none, 0) };
    check(result).map(drop)
}

/// Sets attributes of a mount and, if `recursive`, of every mount below it: of all or of none.
pub fn set_mount_attributes(path: &Path, attributes: u64, recursive: bool) -> io::Result<()> {
    /// `struct mount_attr` of the kernel.
    #[repr(C)]
    struct Attributes {
        set: u64,
        clear: u64,
        propagation: u64,
        user_namespace: u64,
    }
    let path = c_path(path)?;
    let change = Attributes { set: attributes, clear: 0, propagation: 0, user_namespace: 0 };
    let flags = if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: path and struct live until the call returns, and the size is the struct's.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            &raw const change,
            size_of::<Attributes>(),
        )
    })
    .map(drop)
}

/// Leaves the key ring of whoever started us for an empty one. A kernel or container without key rings has none to leave.
pub fn leave_session_keyring() -> io::Result<()> {
    const JOIN_SESSION_KEYRING: libc::c_int = 1;
    // SAFETY: a null name asks for a new anonymous key ring.
    let result = check(unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, std::ptr::null::<u8>()) });
    match result {
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => Ok(()),
        other => other.map(drop),
    }
}

/// Empties the bounding and the ambient set: no `execve` can give a capability back.
pub fn forbid_capabilities() -> io::Result<()> {
    // SAFETY: takes numbers only.
    check(unsafe { libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) }.into())?;
    for capability in 0..64 {
        // SAFETY: takes numbers only.
        let result = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
        match check(result.into()) {
            // The first number that the kernel doesn't know: all that exist are dropped.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) && capability > 0 => return Ok(()),
            other => drop(other?),
        }
    }
    Ok(())
}

/// Gives up every capability but those in `kept` (a bit per capability).
pub fn keep_capabilities(kept: u64) -> io::Result<()> {
    const VERSION_3: u32 = 0x2008_0522;
    #[repr(C)]
    struct Set {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    let header = [VERSION_3, 0];
    let half = |bits: u64| Set { effective: bits as u32, permitted: bits as u32, inheritable: 0 };
    let sets = [half(kept & 0xffff_ffff), half(kept >> 32)];
    // SAFETY: header and sets have the layout of version 3 (two halves) and live until the call returns.
    check(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr()) }).map(drop)
}

/// Gives every signal its default action and lets all through: what was ignored or blocked would outlive `execve`.
pub fn reset_signals() -> io::Result<()> {
    // The kernel's `struct sigaction`, whose fields in any order are at most four words: zeros mean the default action.
    let default = [0u64; 4];
    for signal in 1..=64 {
        if !matches!(signal, libc::SIGKILL | libc::SIGSTOP) {
            let (new, old) = (default.as_ptr(), std::ptr::null::<u64>());
            // SAFETY: the struct outlives the call and sets no handler. Not by the C library, which refuses the two signals of its own.
            check(unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, new, old, 8) })?;
        }
    }
    Ok(nix::sys::signal::SigSet::empty().thread_set_mask()?)
}

/// Bytes of System V shared memory in this IPC namespace, attached or not.
pub fn shared_segments() -> u64 {
    /// `struct shm_info` of the kernel.
    #[repr(C)]
    #[derive(Default)]
    struct Info {
        used: libc::c_int,
        total: libc::c_ulong,
        resident: libc::c_ulong,
        swapped: libc::c_ulong,
        attempts: libc::c_ulong,
        successes: libc::c_ulong,
    }
    let mut info = Info::default();
    // SAFETY: `SHM_INFO` writes a `shm_info`, which is what the pointer leads to.
    let result = unsafe { libc::shmctl(0, SHM_INFO, (&raw mut info).cast()) };
    if result < 0 { 0 } else { (info.resident + info.swapped) * page_size() }
}

/// Whether two tasks have the same memory, not merely equal memory. A kernel that can't tell says no.
pub fn share_memory(one: Pid, other: Pid) -> bool {
    const KCMP_VM: libc::c_int = 1;
    // SAFETY: takes numbers only.
    unsafe { libc::syscall(libc::SYS_kcmp, one.as_raw(), other.as_raw(), KCMP_VM, 0, 0) == 0 }
}

/// Bytes of a page.
pub fn page_size() -> u64 {
    configured(libc::_SC_PAGESIZE, 4096)
}

/// Clock ticks per second, the unit of `/proc/[pid]/stat`.
pub fn ticks_per_second() -> u64 {
    configured(libc::_SC_CLK_TCK, 100)
}

fn configured(name: libc::c_int, otherwise: u64) -> u64 {
    // SAFETY: takes a number only.
    u64::try_from(unsafe { libc::sysconf(name) }).unwrap_or(otherwise)
}

/// The version of Landlock that the kernel offers.
pub fn landlock_version() -> io::Result<i64> {
    const VERSION: libc::c_uint = 1;
    // SAFETY: with this flag the call takes no pointer and changes nothing; it only answers.
    check(unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0, VERSION) })
}
