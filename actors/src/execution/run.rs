//! The job that carries out a run.

use std::time::Duration;

use entity::execution::run::{self, RunState};
use entity::execution::verdict::{Blame, Verdict};
use entity::execution::{guest, record};
use entity::file;
use entity::id::{self, Kind};
use entity::job::Model as JobRow;
use entity::job::lease;
use entity::job::queue::{Class, NewJob, Repeat};
use futures_util::future::BoxFuture;
use sea_orm::{DbErr, EntityTrait};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::conclusion::{self, Cut, OUTPUT_BYTES, not_run};
use super::execute::execute;
use super::finish::FinishRun;
use super::outcome::Outcome;
use super::plan::{Plan, SourceFile};
use super::program_input::unpack;
use super::recorder::{Manner, Recorder};
use super::rerun::Again;
use crate::effect::{Effect, Effects};
use crate::grading::author::AuthorFile;
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;
use crate::write::Write;

/// How long all steps of a guest's run together may take.
const GUEST: Duration = Duration::from_secs(30);

/// Carry out the run with this key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    pub run: i64,
    /// How often it was begun anew by itself, after the site had given it up.
    #[serde(default)]
    pub reruns: u8,
}

impl Job for Run {
    const KIND: &'static str = "execution.run";
    const LANE: &'static str = lanes::EXECUTION;
    const POLICY: Policy = Policy {
        class: Class::Interactive,
        // Only the platform can make it fail: whatever a program does is a verdict.
        max_failures: 3,
        backoff: Duration::from_millis(500),
        timeout: Duration::from_secs(3600),
        repeat: Repeat::Keep,
    };

    async fn run(self, work: Work) -> Result<Effects, BodyFault> {
        let row = run::Entity::find_by_id(self.run).one(work.deps.db.read()).await?;
        let row = row.ok_or_else(|| BodyFault::GiveUp("there is no such run".into()))?;
        if row.state == RunState::Done {
            return Ok(Effects::none());
        }
        let guest = guest::Entity::find_by_id(self.run).one(work.deps.db.read()).await?;
        if guest.is_some() && work.job.attempt > 1 && !begin_anew(&work, self.run).await? {
            // What was shown cannot be taken back, and a second beginning would contradict it.
            return self.failed("The machine that ran this program has stopped. Run it again.");
        }
        let plan = plan(&work, &row).await?;
        let files = match &guest {
            Some(guest) => unpack(&guest.sources)?,
            None => files(&work, &row).await?,
        };
        let (outcome, cut) = carry_out(&work, &row, &plan, &files, guest.is_some()).await?;
        match outcome.verdict {
            _ if work.stop.is_cancelled() => Err(BodyFault::Release("it was stopped before its end".into())),
            // A guest's log cannot begin anew.
            Verdict::SandboxError if guest.is_none() => Err(BodyFault::Retry(why(&outcome))),
            _ => self.end(&row, outcome, cut),
        }
    }

    fn given_up(self, _: &JobRow, _: &str) -> Effects {
        // Why is for the site's staff, who find it with the job.
        let ending = self.failed("This could not be run, which is not your fault. The site's staff can see why.");
        ending.unwrap_or_else(|_| Effects::none()).and(Again { run: self.run, reruns: self.reruns })
    }

    fn cancelled(self, _: &JobRow) -> Effects {
        let (outcome, conclusion) = not_run(Verdict::Cancelled, None, CANCELLED);
        let finish = FinishRun::concluded(self.run, &outcome, conclusion);
        finish.map_or_else(|_| Effects::none(), |finish| Effects::none().and(finish))
    }

    fn retried(self, _: &JobRow) -> Effects {
        Effects::none().and(Reopen(self.run))
    }
}

/// Opens a run that the platform or somebody ended, so that it can be carried out after all.
#[derive(Debug)]
struct Reopen(i64);

impl Effect for Reopen {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            run::reopen(write.tx(), self.0).await?;
            write.ring_run(self.0);
            Ok(())
        })
    }
}

/// What is said of a run that somebody stopped.
pub(super) const CANCELLED: &str = "The run was cancelled";

impl Run {
    /// The job of a run, with what it is about.
    #[must_use]
    pub fn job(run: i64) -> NewJob {
        NewJob { subject: Some(id::encode(Kind::Run, run)), ..Self { run, reruns: 0 }.new() }
    }

    fn end(&self, row: &run::Model, outcome: Outcome, cut: Option<Cut>) -> Result<Effects, BodyFault> {
        let Some(mode) = &row.mode else { return Ok(Effects::none().and(FinishRun::new(self.run, &outcome)?)) };
        let (outcome, conclusion) = conclusion::conclude(outcome, mode, cut);
        Ok(Effects::none().and(FinishRun::concluded(self.run, &outcome, conclusion)?))
    }

    /// Ended by what is not the program's fault.
    fn failed(&self, reason: &str) -> Result<Effects, BodyFault> {
        let (outcome, conclusion) = not_run(Verdict::SandboxError, Some(Blame::Infrastructure), reason);
        Ok(Effects::none().and(FinishRun::concluded(self.run, &outcome, conclusion)?))
    }
}

/// What is to be done, with the files of authors that it names.
async fn plan(work: &Work, row: &run::Model) -> Result<Plan, BodyFault> {
    let mut plan: Plan = serde_json::from_slice(&row.plan)
        .map_err(|error| BodyFault::GiveUp(format!("its plan cannot be read: {error}")))?;
    let files = plan.author_files();
    let entry = |file: &&mut AuthorFile| file::Entry { name: file.name.clone(), digest: file.digest.clone(), size: 0 };
    let entries: Vec<file::Entry> = files.iter().map(entry).collect();
    if !entries.is_empty() {
        let bytes = file::read(work.deps.db.read(), &entries).await?;
        files.into_iter().zip(bytes).for_each(|(file, bytes)| file.bytes = bytes);
    }
    Ok(plan)
}

async fn files(work: &Work, row: &run::Model) -> Result<Vec<SourceFile>, BodyFault> {
    let entries = &row.files.0;
    let bytes = file::read(work.deps.db.read(), entries).await?;
    Ok(entries.iter().zip(bytes).map(|(entry, bytes)| SourceFile { name: entry.name.clone(), bytes }).collect())
}

/// Throws away what a guest's run wrote when it was begun before. False if somebody has seen some of it, or it was lost twice.
async fn begin_anew(work: &Work, run: i64) -> Result<bool, BodyFault> {
    let write = Write::begin(&work.deps).await?;
    let held = (work.job.id, work.job.lease_token.unwrap_or_default());
    if lease::held(write.tx(), &[held]).await?.is_empty() {
        return Err(BodyFault::Release("its lease is lost".into()));
    }
    if work.job.losses > 1 || !guest::unseen(write.tx(), run).await? {
        return Ok(false);
    }
    record::forget(write.tx(), [run]).await?;
    write.commit().await?;
    Ok(true)
}

/// Runs, with the log going out beside it; returns when both have ended.
async fn carry_out(
    work: &Work,
    row: &run::Model,
    plan: &Plan,
    files: &[SourceFile],
    guest: bool,
) -> Result<(Outcome, Option<Cut>), BodyFault> {
    let (output, records) = unbounded_channel();
    let (stop, full) = (work.stop.child_token(), CancellationToken::new());
    let room = usize::try_from(OUTPUT_BYTES).unwrap_or(usize::MAX);
    let manner = row.mode.is_some().then(|| Manner { room, full: full.clone(), guest });
    let (cancel, deadline) = (stop.clone(), Instant::now() + GUEST);
    let executed = async move { execute(&work.deps.workshop, plan, files, &output, cancel).await };
    let guarded = async {
        let mut late = false;
        let mut executed = std::pin::pin!(executed);
        let outcome = loop {
            tokio::select! {
                outcome = &mut executed => break outcome,
                () = full.cancelled(), if !stop.is_cancelled() => stop.cancel(),
                () = sleep_until(deadline), if guest && !stop.is_cancelled() => {
                    late = true;
                    stop.cancel();
                }
            }
        };
        (outcome, late)
    };
    let recorded = Recorder::new(work, row.id, manner).record(records);
    let ((outcome, late), recorded) = tokio::join!(guarded, recorded);
    let dropped = recorded?;
    let cut = match row.mode {
        Some(_) if late => Some(Cut::Time(GUEST.as_secs())),
        Some(_) => Some(dropped + over(&outcome)).filter(|bytes| *bytes > 0).map(Cut::Output),
        None => None,
    };
    Ok((outcome, cut))
}

/// Bytes that the sandbox saw and did not pass on.
fn over(outcome: &Outcome) -> u64 {
    let streams = outcome.steps.iter().flat_map(|step| [step.evidence.stdout_bytes, step.evidence.stderr_bytes]);
    streams.map(|bytes| bytes.saturating_sub(OUTPUT_BYTES)).sum()
}

fn why(outcome: &Outcome) -> String {
    let reason = outcome.steps.iter().rev().find_map(|step| step.evidence.sandbox_error.clone());
    reason.unwrap_or_else(|| outcome.message.clone())
}
