//! The job that carries out a run.

use std::time::Duration;

use entity::execution::run::{self, RunState};
use entity::execution::verdict::{Blame, Verdict};
use entity::file;
use entity::job::Model as JobRow;
use entity::job::queue::{Class, Repeat};
use entity::points::Points;
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::unbounded_channel;

use super::execute::execute;
use super::finish::FinishRun;
use super::outcome::Outcome;
use super::plan::{Plan, SourceFile};
use super::recorder::Recorder;
use crate::effect::Effects;
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;

/// Carry out the run with this key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    pub run: i64,
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
        let plan: Plan = serde_json::from_slice(&row.plan)
            .map_err(|error| BodyFault::GiveUp(format!("its plan cannot be read: {error}")))?;
        let files = files(&work, &row).await?;
        let outcome = carry_out(&work, &row, &plan, &files).await?;
        match outcome.verdict {
            Verdict::SandboxError => Err(BodyFault::Retry(why(&outcome))),
            Verdict::Cancelled => Err(BodyFault::Release("it was stopped before its end".into())),
            _ => Ok(Effects::none().and(FinishRun::new(self.run, &outcome)?)),
        }
    }

    fn given_up(self, _: &JobRow, _: &str) -> Effects {
        let outcome = Outcome {
            verdict: Verdict::SandboxError,
            blame: Some(Blame::Infrastructure),
            exit_code: None,
            signal: None,
            // Why is for the site's staff, who find it with the job.
            message: "This could not be run, which is not your fault. The site's staff can see why.".to_owned(),
            steps: Vec::new(),
            tests: Vec::new(),
            observed: None,
            earned: Points::ZERO,
            maximum: Points::ZERO,
        };
        FinishRun::new(self.run, &outcome).map_or_else(|_| Effects::none(), |finish| Effects::none().and(finish))
    }
}

async fn files(work: &Work, row: &run::Model) -> Result<Vec<SourceFile>, BodyFault> {
    let entries = &row.files.0;
    let bytes = file::read(work.deps.db.read(), entries).await?;
    Ok(entries.iter().zip(bytes).map(|(entry, bytes)| SourceFile { name: entry.name.clone(), bytes }).collect())
}

/// Runs, with the log going out beside it; returns when both have ended.
async fn carry_out(work: &Work, row: &run::Model, plan: &Plan, files: &[SourceFile]) -> Result<Outcome, BodyFault> {
    let (output, records) = unbounded_channel();
    let executed = async move { execute(&work.deps.workshop, plan, files, &output, work.stop.clone()).await };
    let recorded = Recorder::new(work, row.id).record(records);
    let (outcome, recorded) = tokio::join!(executed, recorded);
    recorded.map(|()| outcome)
}

fn why(outcome: &Outcome) -> String {
    let reason = outcome.steps.iter().rev().find_map(|step| step.evidence.sandbox_error.clone());
    reason.unwrap_or_else(|| outcome.message.clone())
}
