//! The launcher: reads the plan, makes the namespaces, forks init, waits for it.

use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::sys::prctl::set_dumpable;
use nix::sys::wait::waitpid;

use super::super::wire::{self, Message, Plan};
use super::{Step, cannot, identity, init, sys};

/// A run as the launcher got it.
pub struct Order {
    /// The socket to the worker.
    pub control: UnixStream,
    /// Descriptors 0 to 3 of the program.
    pub descriptors: Vec<OwnedFd>,
    /// What to run.
    pub plan: Plan,
    /// The bytes of the plan's files, in its order.
    pub files: Vec<Vec<u8>>,
}

/// The body of `lectern sandbox-launcher`, to be called first in `main`, before there is a second thread or a secret.
///
/// Descriptor 0 is the socket to the worker. There is nobody to tell about trouble but the worker, so nothing is printed.
pub fn launcher_main() -> ! {
    let Ok((mut control, order)) = take_over() else { sys::leave(2) };
    let status = match order.and_then(prepare) {
        Ok(order) => start_init(control, order),
        Err(reason) => {
            // Should the worker be gone as well, nobody is left to be told.
            let _ = control.write_all(&[wire::NO_INIT]);
            let _ = wire::write(&mut control, &Message::Failed(reason));
            1
        }
    };
    sys::leave(status)
}

/// Gets rid of all descriptors but the socket and reads the order from it.
fn take_over() -> std::io::Result<(UnixStream, Step<Order>)> {
    sys::close_from(3)?;
    let control = UnixStream::from(sys::lift(std::io::stdin().as_fd())?);
    // Number 0 would keep the socket open in us after init is gone; make it what 1 is, /dev/null.
    sys::place(std::io::stdout().as_fd(), 0)?;
    // For the short time until it is needed otherwise; for good, and checked, when the namespaces are made.
    let _ = set_dumpable(false);
    let order = read_order(control.try_clone()?);
    Ok((control, order))
}

fn read_order(mut control: UnixStream) -> Step<Order> {
    std::env::set_current_dir("/").map_err(cannot("go to /"))?;
    let mut byte = [0];
    let (count, received) = sys::receive(control.as_raw_fd(), &mut byte).map_err(cannot("receive descriptors"))?;
    if (count, byte[0], received.len()) != (1, wire::DESCRIPTORS, 4) {
        return Err("the worker sent no descriptors".to_owned());
    }
    let lift = |descriptor: &OwnedFd| sys::lift(descriptor.as_fd()).map_err(cannot("move a descriptor"));
    let descriptors = received.iter().map(lift).collect::<Step<_>>()?;
    let plan: Plan = wire::read(&mut control).map_err(cannot("read the plan"))?;
    let mut files = Vec::new();
    for file in &plan.files {
        let mut bytes = Vec::new();
        let count = (&mut control).take(file.length).read_to_end(&mut bytes).map_err(cannot("read the files"))?;
        if count as u64 != file.length {
            return Err("the worker went away".to_owned());
        }
        files.push(bytes);
    }
    Ok(Order { control, descriptors, plan, files })
}

fn prepare(order: Order) -> Step<Order> {
    identity::drop_root(&order.descriptors)?;
    identity::make_namespaces()?;
    Ok(order)
}

/// Forks init and stays until it is gone, which is when the kernel has emptied its namespace. The status says nothing: the worker goes by init's report.
fn start_init(mut control: UnixStream, order: Order) -> i32 {
    match sys::fork() {
        Ok(None) => init::main(order),
        Ok(Some(init)) => {
            // From here on the socket is init's alone: its end tells the worker that init is gone, and the worker's end tells init.
            drop((control, order));
            i32::from(waitpid(init, None).is_err())
        }
        Err(error) => {
            let _ = control.write_all(&[wire::NO_INIT]);
            let _ = wire::write(&mut control, &Message::Failed(format!("cannot fork: {error}")));
            1
        }
    }
}
