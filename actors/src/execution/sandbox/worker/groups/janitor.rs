//! Removing leaves. The kernel removes a group only when the last process in it is gone, which may be a moment after everybody has let go of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::name;

/// How long to wait between two attempts.
const AGAIN: Duration = Duration::from_millis(20);
/// How long to go on.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many groups the thread has yet to remove, and a bell for when it is done.
static WAITING: Mutex<usize> = Mutex::new(0);
static DONE: Condvar = Condvar::new();

/// Removes a group now if it is empty, and otherwise as soon as it is, from a thread of its own.
pub fn remove(folder: PathBuf) {
    match attempt(&folder) {
        Ok(()) => {}
        Err(error) if is_busy(&error) => {
            static THREAD: OnceLock<Option<Sender<PathBuf>>> = OnceLock::new();
            let thread = THREAD.get_or_init(start);
            count(|waiting| waiting + 1);
            if thread.as_ref().is_none_or(|thread| thread.send(folder.clone()).is_err()) {
                count(|waiting| waiting - 1);
                left(&folder, &error);
            }
        }
        Err(error) => left(&folder, &error),
    }
}

/// Waits until nothing is left to remove, but no longer than `patience`.
pub fn settle(patience: Duration) {
    let waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    // Whether it was in time makes no difference to anybody.
    let _ = DONE.wait_timeout_while(waiting, patience, |waiting| *waiting > 0);
}

fn count(change: impl FnOnce(usize) -> usize) {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    *waiting = change(*waiting);
    DONE.notify_all();
}

/// Removes what dead processes left among the groups below `folder`.
pub fn sweep(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let leaves = entries.filter(|entry| entry.file_name().to_str().is_some_and(name::is_left_over));
    for leaf in leaves.map(|entry| entry.path()) {
        kill_all(&leaf);
        remove(leaf);
    }
}

/// Kills what is in a leaf whose owner is dead. It ends by itself when its owner does, so there is seldom anything.
fn kill_all(leaf: &Path) {
    // Version 2 since Linux 5.14 does it in one step.
    if fs::write(leaf.join("cgroup.kill"), "1").is_ok() {
        return;
    }
    let processes = fs::read_to_string(leaf.join("cgroup.procs")).unwrap_or_default();
    // 0 stands for a process that has no number here: it is of another namespace, and we would hit ourselves.
    for process in processes.lines().filter_map(|line| line.parse().ok()).filter(|&process: &i32| process > 0) {
        // An error says that it is dead already.
        let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
    }
}

fn attempt(folder: &Path) -> io::Result<()> {
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn is_busy(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EBUSY)
}

fn start() -> Option<Sender<PathBuf>> {
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::Builder::new().name("group-janitor".to_owned()).spawn(move || work(&receiver));
    thread.ok().map(|_| sender)
}

/// Nobody tells when a group of version 1 becomes empty, so this asks again.
fn work(folders: &Receiver<PathBuf>) {
    let mut waiting: Vec<(PathBuf, Instant)> = Vec::new();
    loop {
        let next = if waiting.is_empty() {
            folders.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            folders.recv_timeout(AGAIN)
        };
        match next {
            Ok(folder) => waiting.push((folder, Instant::now() + PATIENCE)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        waiting.retain(|(folder, until)| {
            let attempt = attempt(folder);
            if attempt.as_ref().is_err_and(is_busy) && Instant::now() < *until {
                return true;
            }
            if let Err(error) = attempt {
                left(folder, &error);
            }
            count(|waiting| waiting - 1);
            false
        });
    }
}

fn left(folder: &Path, error: &io::Error) {
    let folder = folder.display();
    tracing::warn!(group.folder = %folder, "the control group {folder} could not be removed: {error}; the next start tries again");
}
