//! Init, pid 1 of the namespace: builds what is its program's alone, waits for the order, starts the program, watches it, ends everything, reports.
//!
//! It ends at once when the worker closes the control socket, and with it, by the kernel's rule, every process of the namespace.

use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};

use super::super::wire::{self, Ended, Message, Plan, Slot};
use super::super::{KillCause, monotonic_us};
use super::guard::filter::Filter;
use super::guard::landlock;
use super::oom::Place;
use super::sample::{self, Sample};
use super::{Step, cannot, collect, files, program, root, sys};

/// What a zygote has for all of its inits.
pub struct Heritage {
    /// The filter of system calls that is to come on top of the zygote's.
    pub narrow: Filter,
    /// How many processors the program can use at once.
    pub processors: u64,
    /// A stack for the program, until it has its own.
    pub stack: Vec<u8>,
    pub place: Place,
}

/// The body of pid 1. `descriptors` are 0 to 3 of the program.
///
/// Runs in the memory of the zygote, which sleeps meanwhile: whatever is taken must be given back, so nothing here may leave but by returning.
pub fn main(mut control: UnixStream, descriptors: &[OwnedFd], slot: Slot, heritage: &mut Heritage) {
    match set_up(descriptors, slot, heritage).and_then(|ready| hello(&control).map(|()| ready)) {
        // An error means that the worker is gone, or wants no program after all: there is nobody to tell.
        Ok(ready) => drop(serve(control, descriptors, ready, heritage)),
        Err(reason) => {
            let _ = control.write_all(&[wire::NO_INIT]);
            fail(&mut control, reason);
        }
    }
}

/// Waits for the order and carries it out. An error means that the worker is gone.
fn serve(
    mut control: UnixStream,
    descriptors: &[OwnedFd],
    children: SignalFd,
    heritage: &mut Heritage,
) -> std::io::Result<()> {
    let plan: Plan = wire::read(&mut control)?;
    let mut contents = Vec::new();
    for file in &plan.files {
        let mut bytes = vec![0; file.length as usize];
        control.read_exact(&mut bytes)?;
        contents.push(bytes);
    }
    match files::write(&plan.files, contents).and_then(|()| program::start(&plan, descriptors, &mut heritage.stack)) {
        // Our descriptors stay open to the end: the worker would be woken for each pipe that the program closes, and learn nothing from it.
        Ok(program) => Watch::new(control, children, plan, program, heritage).run(),
        Err(reason) => {
            fail(&mut control, reason);
            Ok(())
        }
    }
}

fn fail(control: &mut UnixStream, reason: String) {
    let _ = wire::write(control, &Message::Failed(reason));
}

/// Hands the worker a descriptor of ourselves, by which it can kill us whatever we do.
fn hello(control: &UnixStream) -> Step<()> {
    let me = sys::process_descriptor(getpid()).map_err(cannot("make a descriptor of init"))?;
    let descriptors = [me.as_raw_fd()];
    let bytes = [std::io::IoSlice::new(&[wire::HELLO])];
    let rights = [ControlMessage::ScmRights(&descriptors)];
    sendmsg::<()>(control.as_raw_fd(), &bytes, &rights, MsgFlags::MSG_NOSIGNAL, None)
        .map(drop)
        .map_err(cannot("send the descriptor of init"))
}

/// Makes the world and gives up what is needed only for that. Returns the descriptor that tells of children.
fn set_up(descriptors: &[OwnedFd], slot: Slot, heritage: &Heritage) -> Step<SignalFd> {
    if descriptors.len() != 4 {
        return Err("the worker sent no descriptors".to_owned());
    }
    // The zygote has one thread, so its end is what this waits for. It ends early only if somebody kills it.
    set_pdeathsig(Signal::SIGKILL).map_err(cannot("tie init to the zygote"))?;
    root::furnish(slot)?;
    landlock::restrict(&root::WRITABLE)?;
    sys::keep_capabilities(sys::CAP_SYS_PTRACE).map_err(cannot("give up capabilities"))?;
    heritage.narrow.install()?;
    let mut children = SigSet::empty();
    children.add(Signal::SIGCHLD);
    children.thread_block().map_err(cannot("block SIGCHLD"))?;
    SignalFd::with_flags(&children, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
        .map_err(cannot("make a descriptor for SIGCHLD"))
}

/// A running program.
struct Watch<'h> {
    control: UnixStream,
    children: SignalFd,
    plan: Plan,
    program: Pid,
    started: Instant,
    ended: Ended,
    /// The worker has killed for a cause of its own; ours would come second.
    told_to_kill: bool,
    next_sample: Instant,
    processors: u64,
    place: &'h mut Place,
}

impl<'h> Watch<'h> {
    fn new(control: UnixStream, children: SignalFd, plan: Plan, program: Pid, heritage: &'h mut Heritage) -> Self {
        let &mut Heritage { processors, ref mut place, .. } = heritage;
        let started = Instant::now();
        let first = Sample::default().next(&plan.limits, processors);
        let next_sample = started + first;
        let ended = Ended { started_us: monotonic_us(), ..Ended::default() };
        Self { control, children, plan, program, started, ended, told_to_kill: false, next_sample, processors, place }
    }

    /// Watches to the end. An error means that the worker is gone.
    fn run(mut self) -> std::io::Result<()> {
        while !self.reap()? {
            self.wait()?;
            if !self.killed() && self.started.elapsed() >= self.plan.limits.wall {
                self.kill_for(KillCause::Wall);
            } else if Instant::now() >= self.next_sample {
                self.sample();
            }
        }
        self.ended.wall_us = self.started.elapsed().as_micros() as u64;
        if self.ended.exit_code != Some(0) {
            // A program that was refused a process often ends at once, and leaves those that it had.
            self.ended.processes_peak = self.ended.processes_peak.max(Some(1 + sample::alive()));
        }
        self.end_all()?;
        self.report()
    }

    /// Waits for a child, the worker or the time of the next sample.
    fn wait(&mut self) -> std::io::Result<()> {
        let end = if self.killed() { self.next_sample } else { self.started + self.plan.limits.wall };
        let next = self.next_sample.min(end);
        let left = next.saturating_duration_since(Instant::now());
        // Rounded up, or the last millisecond would be spent in a loop.
        let timeout = u16::try_from((left + Duration::from_micros(999)).as_millis()).unwrap_or(u16::MAX);
        let mut watched = [
            PollFd::new(self.control.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.children.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut watched, PollTimeout::from(timeout)) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let spoken = watched[0].any().unwrap_or(false);
        while self.children.read_signal()?.is_some() {}
        if spoken { self.listen() } else { Ok(()) }
    }

    /// The worker asks to kill, or is gone.
    fn listen(&mut self) -> std::io::Result<()> {
        let mut byte = [0];
        self.control.read_exact(&mut byte)?;
        if byte[0] == wire::KILL {
            self.told_to_kill = true;
            kill_all();
        }
        Ok(())
    }

    /// Reaps whoever is dead, adopted processes too. True if the program is among them.
    fn reap(&mut self) -> std::io::Result<bool> {
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => return Ok(false),
                Ok(WaitStatus::Exited(pid, code)) if pid == self.program => {
                    self.ended.exit_code = Some(code);
                    return Ok(true);
                }
                Ok(WaitStatus::Signaled(pid, signal, _)) if pid == self.program => {
                    self.ended.signal = Some(signal as i32);
                    return Ok(true);
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn sample(&mut self) {
        if self.place.is_first() && !sys::share_memory(getpid(), self.program) {
            // An error leaves us where we are, which matters only should memory run out.
            let _ = self.place.back();
        }
        let limits = self.plan.limits;
        let sample = sample::take(&limits);
        let ended = &mut self.ended;
        ended.cpu_us = ended.cpu_us.max(sample.cpu_us);
        ended.peak_memory_bytes = ended.peak_memory_bytes.max(sample.memory_bytes);
        ended.processes_peak = ended.processes_peak.max(Some(sample.processes));
        let cause = if u128::from(sample.cpu_us) >= limits.cpu.as_micros() {
            Some(KillCause::Cpu)
        } else if sample.memory_bytes > limits.memory_bytes {
            Some(KillCause::Memory)
        } else {
            None
        };
        if let Some(cause) = cause {
            self.kill_for(cause);
        }
        self.next_sample = Instant::now() + sample.next(&limits, self.processors);
    }

    /// Kills for a cause of ours, unless there was one before: recorded first, done then.
    fn kill_for(&mut self, cause: KillCause) {
        if !self.killed() {
            self.ended.kill_cause = Some(cause);
            kill_all();
        }
    }

    fn killed(&self) -> bool {
        self.told_to_kill || self.ended.kill_cause.is_some()
    }

    /// Kills and reaps until nobody else is left in the namespace.
    fn end_all(&mut self) -> std::io::Result<()> {
        loop {
            kill_all();
            match waitpid(None, None) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(Errno::ECHILD) => return Ok(()),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn report(mut self) -> std::io::Result<()> {
        let ended = &mut self.ended;
        ended.cpu_us = ended.cpu_us.max(sample::reaped_cpu_us());
        ended.peak_memory_bytes = ended.peak_memory_bytes.max(sample::reaped_peak_bytes());
        ended.disk_full = collect::disk_is_full();
        let most = self.plan.limits.collect_bytes;
        ended.not_collected = collect::send(&mut self.control, &self.plan.collect, most)?;
        wire::write(&mut self.control, &Message::Ended(self.ended))?;
        self.control.flush()
    }
}

/// Kills every process of the namespace but ourselves. The kernel does it in one go: no fork can slip through.
fn kill_all() {
    // An error says that there is nobody to kill.
    let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
}
