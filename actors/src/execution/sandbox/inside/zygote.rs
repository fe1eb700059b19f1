//! The zygote: makes once what one program after the other can have, and clones an init for each.
//!
//! At most one init lives at a time: the next is cloned when the last, and with it every process of its namespace, has been reaped. So all that
//! the programs of a zygote share by turns (user, control group, network) is one program's at any moment.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::sched::CloneFlags;
use nix::sys::prctl::set_no_new_privs;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::super::wire::{self, Cell, Message, Slot};
use super::guard::filter::Filter;
use super::init::{self, Heritage};
use super::{Step, cannot, identity, root, sys, verify};

/// The body of a zygote. `groups` are files that take the number of a process which is to join a group.
pub fn main(mut control: UnixStream, groups: Vec<OwnedFd>) -> ! {
    let status = match prepare(groups) {
        Ok((cell, heritage)) => {
            let told = wire::write(&mut control, &Message::Cell(cell));
            i32::from(told.and_then(|()| serve(&control, &heritage)).is_err())
        }
        Err(reason) => {
            let _ = wire::write(&mut control, &Message::Failed(reason));
            1
        }
    };
    sys::leave(status)
}

fn prepare(groups: Vec<OwnedFd>) -> Step<(Cell, Heritage)> {
    sys::reset_signals().map_err(cannot("reset signals"))?;
    for group in groups {
        // The rights of whoever opened the file count, so this works for any user that the worker chose to run as.
        File::from(group).write_all(b"0").map_err(cannot("join a control group"))?;
    }
    let user = identity::drop_root()?;
    identity::make_namespaces()?;
    root::build()?;
    verify::mounts()?;
    sys::forbid_capabilities().map_err(cannot("forbid capabilities"))?;
    set_no_new_privs().map_err(cannot("set no_new_privs"))?;
    Filter::wide()?.install()?;
    let processors = std::thread::available_parallelism().map_or(1, |number| number.get() as u64);
    Ok((Cell { user }, Heritage { narrow: Filter::narrow()?, processors }))
}

/// Clones an init for each order, until the worker closes the socket.
fn serve(control: &UnixStream, heritage: &Heritage) -> std::io::Result<()> {
    let mut last = None;
    loop {
        let mut order = [0; Slot::LENGTH];
        let (count, descriptors) = sys::receive(control.as_raw_fd(), &mut order)?;
        match count {
            0 => return Ok(()),
            Slot::LENGTH => last = start(control, last, Slot::from_bytes(order), descriptors, heritage)?,
            _ => return Err(std::io::Error::other("half an order")),
        }
    }
}

fn start(
    control: &UnixStream,
    last: Option<Pid>,
    slot: Slot,
    descriptors: Vec<OwnedFd>,
    heritage: &Heritage,
) -> std::io::Result<Option<Pid>> {
    let mut descriptors = descriptors.into_iter();
    let socket = descriptors.next().ok_or_else(|| std::io::Error::other("an order without a socket"))?;
    let mut socket = UnixStream::from(socket);
    if let Some(last) = last {
        waitpid(last, None)?;
    }
    match sys::clone_into(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWIPC) {
        Ok(None) => {
            // Else the worker would not hear of the zygote's end. Nothing drops it twice: the child never returns.
            nix::unistd::close(control.as_raw_fd())?;
            init::main(socket, descriptors.collect(), slot, heritage)
        }
        Ok(child) => Ok(child),
        Err(error) => {
            let _ = socket.write_all(&[wire::NO_INIT]);
            let _ = wire::write(&mut socket, &Message::Failed(format!("cannot clone: {error}")));
            Ok(None)
        }
    }
}
