//! The sandbox: one program, once, in Linux namespaces of its own.
//!
//! # Who is who
//!
//! ```text
//! worker (tokio)  ──spawns──▶  launcher  ──forks──▶  zygote  ──clones──▶  init, pid 1  ──vforks──▶  program, pid 2
//!  output, cancelling;          keeps root,           a user of its own,    /proc and folders,       no capabilities, only
//!  judges                       if there is any       namespaces, root      limits, reaps            descriptors 0 to 3
//!                               one per worker        one per cell          one per run              ends when it likes
//! ```
//!
//! * `worker/` runs inside Lectern. It never opens a path of the program's: it has pipes, sockets and a descriptor of init.
//! * `inside/` is what `lectern sandbox-launcher` becomes: a single thread, an empty environment, no configuration, no secret.
//! * `wire` is what the two say to each other.
//! * `classify` turns recorded evidence into a class, and is the only place that does.
//!
//! # Cells and slots
//!
//! A **cell** is a zygote with all that programs may have one after the other: a user, a control group, a root, a network without devices. A **slot** is
//! an init that a zygote has cloned, used for one program and never again; a cell has at most one at a time. The worker keeps some cells, each with a
//! slot that waits: such a slot is *warm*, and to start a program in it costs little more than to start it outside. When a run is over, its cell
//! clones the next slot beside whatever else goes on.
//!
//! # State by state
//!
//! 1. *Set-up*: the zygote clones init; init adds its `/proc` and its folders, introduces itself with a descriptor of itself and waits.
//! 2. *Order*: the worker sends plan and files; init writes the files and starts the program. Any trouble up to here is `sandbox_error`.
//! 3. *Running*: begins when the program's `execve` has succeeded. Only now do the limits of time count. Whoever finds a limit crossed
//!    (the worker: output, cancelling; init: time on the clock, processor time, memory) records the cause first and kills then.
//! 4. *Ending*: pid 2 is gone. Init kills all that is left of the namespace and reaps it, and only then opens the files to bring out.
//! 5. *Ended*: init has sent its report and goes; the worker drains the pipes and judges; the cell gets a new slot.
//!
//! The end is init's report, never the end of a pipe, which a daemon may hold. A worker that dies closes its sockets; inits and zygotes then end, and
//! with them the namespaces. Mounts and files live in the mount namespace of the slot and go with it.
//!
//! # Deliberately not here
//!
//! Languages, checks and verdicts (they are `execution`'s and `grading`'s).

mod classify;
mod inside;
mod report;
mod spec;
mod wire;
mod worker;

pub use classify::classify;
pub use inside::launcher_main;
pub use report::{Class, CollectedFile, Evidence, KillCause, NotCollected, Output, Report, Stream, Tier};
pub use spec::{InputFile, Limits, Spec};
pub use worker::{Sandbox, features, groups};

/// Now, on the clock that all processes of the machine share and nobody sets, in microseconds.
fn monotonic_us() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC);
    // It cannot fail: the kernel has had this clock from the beginning.
    now.map_or(0, |now| now.tv_sec() as u64 * 1_000_000 + now.tv_nsec() as u64 / 1000)
}
