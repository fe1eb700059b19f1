//! The zygote: makes once what one program after the other can have, and clones an init for each.
//!
//! At most one init lives at a time: the next is cloned when the last, and with it every process of its namespace, has been reaped. So all that
//! the programs of a zygote share by turns (user, control group, network) is one program's at any moment.
//!
//! An init runs in the zygote's own memory, and the zygote sleeps as long as it lives: so nothing need be copied for an init, and what one has
//! touched the next has at hand. Programs are no part of this: `execve` gives them memory of their own.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::sched::CloneFlags;
use nix::sys::prctl::set_no_new_privs;
use nix::sys::wait::WaitStatus;

use super::super::wire::{self, Cell, Message, Slot};
use super::guard::filter::Filter;
use super::init::{self, Heritage};
use super::oom::Place;
use super::program::STACK_TO_EXEC;
use super::{Step, cannot, identity, root, sys, verify};

/// What an init does not share with the one before.
const NAMESPACES: CloneFlags = CloneFlags::CLONE_NEWPID.union(CloneFlags::CLONE_NEWNS).union(CloneFlags::CLONE_NEWIPC);
/// Bytes of an init's stack.
const STACK: usize = 1 << 20;

/// The body of a zygote. `groups` are files that take the number of a process which is to join a group.
pub fn main(mut control: UnixStream, groups: Vec<OwnedFd>) -> ! {
    let status = match prepare(groups) {
        Ok((cell, mut heritage)) => {
            let told = wire::write(&mut control, &Message::Cell(cell));
            i32::from(told.and_then(|()| serve(&control, &mut heritage)).is_err())
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
    let (narrow, stack, place) = (Filter::narrow()?, vec![0; STACK_TO_EXEC], Place::open()?);
    Ok((Cell { user }, Heritage { narrow, processors, stack, place }))
}

/// Clones an init for each order, until the worker closes the socket.
fn serve(control: &UnixStream, heritage: &mut Heritage) -> std::io::Result<()> {
    let mut stack = vec![0; STACK];
    loop {
        let mut order = [0; Slot::LENGTH];
        let (count, descriptors) = sys::receive(control.as_raw_fd(), &mut order)?;
        match count {
            0 => return Ok(()),
            Slot::LENGTH => {
                let slot = Slot::from_bytes(order);
                heritage.place.first()?;
                let body = &mut || become_init(control, slot, &descriptors, heritage);
                // A refusal reaches the worker as the end of init's socket.
                match sys::run_clone(NAMESPACES, &mut stack, body)? {
                    WaitStatus::Exited(..) => {}
                    // It has not come back, and left our memory as it was in the middle of something.
                    _ => return Err(std::io::Error::other("an init that was killed")),
                }
            }
            _ => return Err(std::io::Error::other("half an order")),
        }
    }
}

/// What the clone does in our memory, while we sleep. Descriptors are copied with a process, so ours stay open for us to close.
fn become_init(zygote: &UnixStream, slot: Slot, descriptors: &[OwnedFd], heritage: &mut Heritage) -> i32 {
    // As long as init had it, the worker would not hear of our end. An error says that it is closed.
    let _ = nix::unistd::close(zygote.as_raw_fd());
    let Some((control, descriptors)) = descriptors.split_first() else { return 1 };
    let Ok(control) = control.try_clone() else { return 1 };
    init::main(UnixStream::from(control), descriptors, slot, heritage);
    0
}
