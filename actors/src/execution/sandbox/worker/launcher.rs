//! The launcher process, as the worker has it.

use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use tokio::process::{Child, Command};

use super::super::wire;

/// A launcher that forks zygotes. It ends with this.
#[derive(Debug)]
pub struct Launcher {
    control: UnixStream,
    /// Reaped by the runtime when it has ended.
    _process: Child,
}

impl Launcher {
    /// Starts `program` as a launcher. It inherits nothing but one socket.
    pub fn start(program: &Path) -> io::Result<Self> {
        let (control, theirs) = UnixStream::pair()?;
        let process = Command::new(program)
            // Programs can read how init was started, and need not know where Lectern is.
            .arg0("lectern")
            .arg("sandbox-launcher")
            .env_clear()
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Not ours: Ctrl-C in a terminal must not reach it before we have drained.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self { control, _process: process })
    }

    /// Has a zygote forked that speaks on `socket` and joins `groups`.
    pub fn fork(&self, socket: &OwnedFd, groups: &[OwnedFd]) -> io::Result<()> {
        let descriptors: Vec<_> = [socket].into_iter().chain(groups).map(AsRawFd::as_raw_fd).collect();
        send(&self.control, &[wire::CELL], &descriptors)
    }
}

/// Sends bytes with descriptors. Both are few and the reader has taken all that was sent before, so this never waits.
pub fn send(socket: &impl AsRawFd, bytes: &[u8], descriptors: &[i32]) -> io::Result<()> {
    let rights = [ControlMessage::ScmRights(descriptors)];
    let sent = sendmsg::<()>(socket.as_raw_fd(), &[IoSlice::new(bytes)], &rights, MsgFlags::MSG_NOSIGNAL, None)?;
    if sent == bytes.len() { Ok(()) } else { Err(io::Error::from(io::ErrorKind::WriteZero)) }
}
