//! What `lectern sandbox-launcher` becomes: launcher, zygotes, inits and, until its `execve`, the program.
//!
//! Single-threaded throughout, so a fork may be followed by ordinary code. Everything here may block: the worker watches from outside, and ends
//! what takes too long. Every step that fails ends the run with the reason; none is skipped.
//!
//! * `launcher` forks a `zygote` for each cell.
//! * `zygote` becomes nobody in particular (`identity`), makes the namespaces that programs can have one after the other, builds the root (`root`,
//!   `verify`), and clones an init for each program.
//! * `init` is pid 1: it adds what is the program's alone (`root`, `files`), starts the `program`, watches it (`sample`), brings files out (`collect`).
//! * `guard` reduces what a program inside can ask of the kernel at all.
//! * `sys` holds the system calls that `nix` lacks and all that is unsafe; `remedy` says what to do when a kernel refuses.

mod collect;
mod files;
mod guard;
mod identity;
mod init;
mod launcher;
mod oom;
mod program;
mod remedy;
mod root;
mod sample;
pub(super) mod sys;
mod verify;
mod zygote;

pub use launcher::launcher_main;

/// A step of the set-up: the error is a sentence for the operator.
type Step<T> = Result<T, String>;

/// Turns the failure of a step into its sentence.
fn cannot<E: Into<std::io::Error>>(what: impl std::fmt::Display) -> impl FnOnce(E) -> String {
    move |error| format!("cannot {what}: {}", error.into())
}
