//! The worker's side: starts a launcher, watches from outside, judges.
//!
//! * `start` makes the descriptors and the launcher process; `channel` speaks on the control socket.
//! * `pump` carries output while the program runs and counts it.
//! * `watch` follows a run from start to end and keeps the limits that are measured out here.
//! * `groups` keeps limits of whole runs by control groups.
//! * `features` tells people what of the kernel is there.

mod channel;
pub mod features;
pub mod groups;
mod pump;
mod start;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::{Class, Evidence, Output, Report, Spec, classify};

/// Runs programs, each once, each in namespaces of its own. Cheap to clone; holds no process and no descriptor.
#[derive(Clone, Debug)]
pub struct Sandbox {
    launcher: Arc<PathBuf>,
}

impl Sandbox {
    /// `launcher` is a program that, called with the one argument `sandbox-launcher`, does nothing but `launcher_main`: this binary, as
    /// `/proc/self/exe`.
    pub fn new(launcher: PathBuf) -> Self {
        Self { launcher: Arc::new(launcher) }
    }

    /// Runs `spec` to its end, and returns when nothing of it is left.
    ///
    /// Output goes to `output` while the program runs, at most `Limits::output_bytes` per stream; nobody need listen. `cancel` kills the
    /// program. Trouble is `Class::SandboxError` with its reason in the evidence; nothing ever runs outside of the sandbox. Dropping the
    /// future ends the run. Needs a tokio runtime with time and io.
    pub async fn run(&self, spec: Spec, output: UnboundedSender<Output>, cancel: CancellationToken) -> Report {
        let asked = Instant::now();
        let limits = spec.limits;
        let mut found = watch::run(&self.launcher, &spec, output, cancel).await;
        if let Some(started) = found.started {
            found.evidence.setup_us = started.saturating_duration_since(asked).as_micros() as u64;
        }
        let class = classify(&found.evidence, &limits);
        if class == Class::SandboxError {
            let reason = found.evidence.sandbox_error.get_or_insert_with(|| "the sandbox gave no status".to_owned());
            tracing::warn!(sandbox.error = %reason, "a run could not be sandboxed: {reason}");
        }
        Report { class, evidence: found.evidence, answer: found.answer, collected: found.collected }
    }

    /// Runs `/bin/true`. The error says in one line what is missing and what to do about it.
    pub async fn probe(&self) -> Result<(), String> {
        let mut spec = Spec::new(["/bin/true"]);
        spec.limits.wall = Duration::from_secs(5);
        // Nobody listens: the program says nothing.
        let (output, _) = unbounded_channel();
        let report = self.run(spec, output, CancellationToken::new()).await;
        match (report.class, report.evidence.sandbox_error) {
            (Class::Ok, _) => Ok(()),
            (_, Some(reason)) => Err(reason),
            (class, None) => Err(format!("/bin/true ended as {class:?} in the sandbox")),
        }
    }
}

/// What `watch` found out.
#[derive(Debug, Default)]
struct Found {
    evidence: Evidence,
    started: Option<Instant>,
    answer: Vec<u8>,
    collected: Vec<super::CollectedFile>,
}
