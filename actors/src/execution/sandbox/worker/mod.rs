//! The worker's side: keeps cells, orders runs, watches from outside, judges.
//!
//! * `launcher` has the launcher process; `pool` keeps the cells that it has forked.
//! * `cell` is a zygote, `slot` an init that waits; `inbox` reads what they say.
//! * `pump` carries output while the program runs and counts it.
//! * `watch` follows a run from order to end and keeps the limits that are measured out here.
//! * `groups` keeps limits of whole runs by control groups.
//! * `features` tells people what of the kernel is there.

mod cell;
pub mod features;
pub mod groups;
mod inbox;
mod launcher;
mod pool;
mod pump;
mod slot;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::{Class, Evidence, KillCause, Output, Report, Spec, classify, monotonic_us};
use pool::Pool;
use watch::Run;

/// Runs programs, each once, each in namespaces of its own. Cheap to clone; the launcher is started by the first run, and all that it has forked
/// ends with the last clone of this.
#[derive(Clone, Debug)]
pub struct Sandbox {
    pool: Arc<Pool>,
}

impl Sandbox {
    /// `launcher` is a program that, called with the one argument `sandbox-launcher`, does nothing but `launcher_main`: this binary, as
    /// `/proc/self/exe`. Two more slots are kept than there are processors: as many runs can begin without a delay.
    pub fn new(launcher: PathBuf) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self { pool: Arc::new(Pool::new(launcher, processors + 2)) }
    }

    /// Makes the slots that wait, in the background. Without this they come with the first runs. Needs a tokio runtime.
    pub fn warm_up(&self) {
        self.pool.fill();
    }

    /// Runs `spec` to its end, and returns when no process of it is left.
    ///
    /// Output goes to `output` while the program runs, at most `Limits::output_bytes` per stream; nobody need listen. `cancel` kills the
    /// program. Trouble is `Class::SandboxError` with its reason in the evidence; nothing ever runs outside of the sandbox. Dropping the
    /// future ends the run. Needs a tokio runtime with time and io; all runs of one `Sandbox` in the same.
    pub async fn run(&self, spec: Spec, output: UnboundedSender<Output>, cancel: CancellationToken) -> Report {
        let asked_us = monotonic_us();
        let mut found = Found::default();
        match spec.fault() {
            Some(fault) => found.broken(fault),
            None => self.carry_out(&spec, output, &cancel, &mut found).await,
        }
        if let Some(started_us) = found.started_us {
            found.evidence.setup_us = started_us.saturating_sub(asked_us);
        }
        let class = classify(&found.evidence, &spec.limits);
        if class == Class::SandboxError {
            let reason = found.evidence.sandbox_error.get_or_insert_with(|| "the sandbox gave no status".to_owned());
            tracing::warn!(sandbox.error = %reason, "a run could not be sandboxed: {reason}");
        }
        Report { class, evidence: found.evidence, answer: found.answer, collected: found.collected }
    }

    async fn carry_out(
        &self,
        spec: &Spec,
        output: UnboundedSender<Output>,
        cancel: &CancellationToken,
        found: &mut Found,
    ) {
        let taken = tokio::select! {
            taken = self.pool.take_armed(&spec.limits) => taken,
            () = cancel.cancelled() => {
                found.evidence.kill_cause = Some(KillCause::Cancelled);
                return;
            }
        };
        let (cell, slot, kept) = match taken {
            Ok(taken) => taken,
            Err(reason) => return found.broken(reason),
        };
        let remains = watch::run(Run { spec, cell: &cell, kept }, slot, output, cancel, found).await;
        found.evidence.tier = pool::GROUPS.tier();
        if let Some(usage) = cell.usage() {
            found.count(&usage);
        }
        match remains {
            Some(remains) => self.pool.give_back(cell, spec.limits, remains),
            None => cell.kill(),
        }
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

/// What was found out about a run.
#[derive(Debug, Default)]
struct Found {
    evidence: Evidence,
    /// When `execve` had succeeded.
    started_us: Option<u64>,
    answer: Vec<u8>,
    collected: Vec<super::CollectedFile>,
}

impl Found {
    /// Adds what the kernel has counted.
    fn count(&mut self, usage: &groups::Usage) {
        let evidence = &mut self.evidence;
        evidence.oom_kills = usage.oom_kills;
        evidence.process_limit_hits = usage.process_limit_hits;
        evidence.charged_peak_bytes = usage.memory_peak;
        if let Some(charged) = usage.memory_peak {
            // What is known of a small program before its first sample is what init has, in whose memory it began.
            evidence.peak_memory_bytes = evidence.peak_memory_bytes.min(charged);
        }
        evidence.cpu_us = evidence.cpu_us.max(watch::cpu_of_program_us(usage));
        if usage.oom_kills.is_some_and(|kills| kills > 0) {
            // Should init have been taken along, that says nothing but how much memory was wanted.
            evidence.sandbox_error = None;
        } else if usage.outer_oom_kills.is_some_and(|kills| kills > 0) && evidence.kill_cause.is_none() {
            self.broken(
                "a group around this one, or the machine, was out of memory, and the kernel took what was here"
                    .to_owned(),
            );
        }
    }

    /// The first reason is the one.
    fn broken(&mut self, reason: String) {
        self.evidence.sandbox_error.get_or_insert(reason);
    }
}
