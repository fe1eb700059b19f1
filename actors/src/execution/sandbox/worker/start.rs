//! Making the launcher process and the descriptors that it and the program get.

use std::fs::File;
use std::io::{self, IoSlice, Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;

use nix::fcntl::{FcntlArg, OFlag, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::unistd::pipe2;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};

use super::super::wire;

/// A launcher that has the program's descriptors and waits for the plan.
pub struct Started {
    pub launcher: Child,
    pub control: tokio::net::UnixStream,
    pub stdout: Receiver,
    pub stderr: Receiver,
    pub answer: Receiver,
}

/// Starts a launcher. It inherits nothing but one socket; the program's descriptors are sent on that.
pub fn start(program: &Path, stdin: &[u8]) -> io::Result<Started> {
    let (ours, theirs) = UnixStream::pair()?;
    let (stdout, write_stdout) = pipe2(OFlag::O_CLOEXEC)?;
    let (stderr, write_stderr) = pipe2(OFlag::O_CLOEXEC)?;
    let (answer, write_answer) = pipe2(OFlag::O_CLOEXEC)?;
    let launcher = Command::new(program)
        .arg("sandbox-launcher")
        .env_clear()
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Not ours: Ctrl-C in a terminal must not reach it before we have drained.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    send(&ours, &[sealed(stdin)?, write_stdout, write_stderr, write_answer])?;
    ours.set_nonblocking(true)?;
    Ok(Started {
        launcher,
        control: tokio::net::UnixStream::from_std(ours)?,
        stdout: Receiver::from_owned_fd(stdout)?,
        stderr: Receiver::from_owned_fd(stderr)?,
        answer: Receiver::from_owned_fd(answer)?,
    })
}

/// One byte with the descriptors. The socket is new and empty, so this never waits.
fn send(control: &UnixStream, descriptors: &[OwnedFd; 4]) -> io::Result<()> {
    let numbers = descriptors.each_ref().map(AsRawFd::as_raw_fd);
    let rights = [ControlMessage::ScmRights(&numbers)];
    sendmsg::<()>(control.as_raw_fd(), &[IoSlice::new(&[wire::DESCRIPTORS])], &rights, MsgFlags::MSG_NOSIGNAL, None)?;
    Ok(())
}

/// Standard input as a file in memory that nobody can change: no writer that could block, nothing to reap.
fn sealed(bytes: &[u8]) -> io::Result<OwnedFd> {
    let memory = memfd_create("stdin", MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING)?;
    let mut file = File::from(memory);
    file.write_all(bytes)?;
    let seals = SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_SEAL;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
    file.rewind()?;
    Ok(OwnedFd::from(file))
}
