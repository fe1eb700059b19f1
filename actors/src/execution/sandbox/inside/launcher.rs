//! The launcher: forks zygotes for as long as the worker lives, and does nothing else.
//!
//! It keeps what the worker may and zygotes may not: root, if the worker has it. It never has a second thread, opens no file and reads nothing
//! that a program has written.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::sys::prctl::set_dumpable;
use nix::sys::stat::{Mode, umask};

use super::super::wire::{self, Message};
use super::{sys, zygote};

/// The body of `lectern sandbox-launcher`, to be called first in `main`, before there is a second thread or a secret.
///
/// Descriptor 0 is the socket to the worker. There is nobody to tell about trouble but the worker, so nothing is printed.
pub fn launcher_main() -> ! {
    let status = i32::from(serve().is_err());
    sys::leave(status)
}

/// Forks a zygote for each message, until the worker closes its socket.
fn serve() -> std::io::Result<()> {
    sys::close_from(3)?;
    let control = sys::lift(std::io::stdin().as_fd())?;
    // Number 0 would keep the socket open in every zygote; make it what 1 is, /dev/null.
    sys::place(std::io::stdout().as_fd(), 0)?;
    std::env::set_current_dir("/")?;
    // What is made here must be as programs expect it, however careful whoever started us is with files.
    umask(Mode::from_bits_truncate(0o022));
    // For the short time until it is needed otherwise; for good, and checked, when the namespaces are made.
    let _ = set_dumpable(false);
    sys::reset_signals()?;
    sys::leave_session_keyring()?;
    sys::ignore_children()?;
    loop {
        let mut byte = [0];
        let (count, descriptors) = sys::receive(control.as_raw_fd(), &mut byte)?;
        match (count, byte[0]) {
            (0, _) => return Ok(()),
            (_, wire::CELL) => start(&control, descriptors)?,
            _ => return Err(std::io::Error::other("an unknown message")),
        }
    }
}

/// Forks a zygote.
fn start(control: &OwnedFd, descriptors: Vec<OwnedFd>) -> std::io::Result<()> {
    let mut descriptors = descriptors.into_iter();
    let socket = descriptors.next().ok_or_else(|| std::io::Error::other("a message without a socket"))?;
    let mut socket = UnixStream::from(socket);
    match sys::fork() {
        Ok(None) => {
            // Ours: as long as a zygote had it, the worker would not hear of the launcher's end. Nothing drops it twice: the child never returns.
            nix::unistd::close(control.as_raw_fd())?;
            zygote::main(socket, descriptors.collect())
        }
        Ok(Some(_)) => Ok(()),
        // Should the worker be gone as well, nobody is left to be told.
        Err(error) => {
            let _ = wire::write(&mut socket, &Message::Failed(format!("cannot fork: {error}")));
            Ok(())
        }
    }
}
