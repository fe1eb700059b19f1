//! The sandbox: one program, once, in Linux namespaces of its own.
//!
//! # Who is who
//!
//! ```text
//! worker (tokio)  ──spawns──▶  launcher  ──forks──▶  init, pid 1  ──forks──▶  program, pid 2
//!  limits of wall time,         drops to a uid        builds the root,         no capabilities, only
//!  output, cancelling;          of its own, makes     measures cpu and         descriptors 0 to 3,
//!  judges                       the namespaces        memory, reaps            ends when it likes
//! ```
//!
//! * `worker/` runs inside Lectern. It never opens a path of the program's: it has pipes, one control socket and a descriptor of init.
//! * `inside/` is what `lectern sandbox-launcher` becomes: a single thread, an empty environment, no configuration, no secret.
//! * `wire` is what the two say to each other.
//! * `classify` turns recorded evidence into a class, and is the only place that does.
//!
//! # State by state
//!
//! 1. *Set-up*: the worker sends the four descriptors of the program and the plan; the launcher makes namespaces and forks init; init
//!    introduces itself with a descriptor of itself, builds the root, checks it and forks the program. Any trouble is `sandbox_error`.
//! 2. *Running*: begins when the program's `execve` has succeeded. Only now do the limits of time count. Whoever finds a limit crossed
//!    (the worker: wall time, output, cancelling; init: processor time, memory) records the cause first and kills then.
//! 3. *Ending*: pid 2 is gone. Init kills all that is left of the namespace and reaps it, and only then opens the files to bring out.
//! 4. *Ended*: init has sent its report and is gone, the launcher after it; the worker drains the pipes and judges.
//!
//! The end is init's report, never the end of a pipe, which a daemon may hold. A worker that dies closes its control socket; init then ends, and
//! with it the namespace. Mounts and files live in the mount namespace and go with it.
//!
//! # Deliberately not here
//!
//! Languages, checks and verdicts (they are `execution`'s and `grading`'s); a filter of system calls, control groups, Landlock and warm slots.

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
