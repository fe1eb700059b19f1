//! What a verdict changes: the run, and the score with its letter or the progress that follow from it.

use entity::content::{exercise, progress};
use entity::execution::run::{self, Ending};
use entity::execution::verdict::Verdict;
use entity::grading::score::{self, Given};
use entity::id::{self, Kind};
use entity::job::event::Stream;
use entity::points::Points;
use futures_util::future::BoxFuture;
use sea_orm::{DbErr, EntityTrait};
use serde_json::json;

use super::outcome::Outcome;
use crate::effect::Effect;
use crate::mail::{self, letters};
use crate::problem::Fault;
use crate::write::Write;

/// The kind of the score that is the sum of the tests.
const TOTAL: &str = "total";

/// Gives a run its verdict, and everything that depends on it.
#[derive(Debug)]
pub(super) struct FinishRun {
    ending: Ending,
    earned: Points,
    maximum: Points,
}

impl FinishRun {
    pub fn new(run: i64, outcome: &Outcome) -> Result<Self, Fault> {
        let ending =
            Ending { run, verdict: outcome.verdict, blame: outcome.blame, outcome: serde_json::to_vec(outcome)? };
        Ok(Self { ending, earned: outcome.earned, maximum: outcome.maximum })
    }

    async fn finish(&self, write: &mut Write) -> Result<(), DbErr> {
        if !run::finish(write.tx(), &self.ending, write.now).await? {
            return Ok(());
        }
        let run = run::Entity::find_by_id(self.ending.run).one(write.tx()).await?;
        let Some(run) = run else { return Ok(()) };
        write.ring_run(run.id);
        let data = json!({ "run": id::encode(Kind::Run, run.id), "verdict": self.ending.verdict });
        write.emit(Stream::Course(run.course_id), "run.finished", data);
        if let Some(exercise) = run.exercise_id {
            self.record_progress(write, &run, exercise).await?;
        }
        match run.submission_id {
            // A broken sandbox is nobody's zero.
            Some(submission) if self.ending.verdict != Verdict::SandboxError => {
                self.score(write, &run, submission).await
            }
            _ => Ok(()),
        }
    }

    async fn record_progress(&self, write: &Write, run: &run::Model, exercise: i64) -> Result<(), DbErr> {
        if self.ending.verdict == Verdict::SandboxError {
            return Ok(());
        }
        let Some(exercise) = exercise::Entity::find_by_id(exercise).one(write.tx()).await? else { return Ok(()) };
        let passed_at = (self.ending.verdict == Verdict::Passed).then_some(write.now);
        progress::record(write.tx(), run.requester_id, exercise.screen_id, run.course_id, passed_at).await
    }

    async fn score(&self, write: &mut Write, run: &run::Model, submission: i64) -> Result<(), DbErr> {
        let given = Given { submission, run: run.id, course: run.course_id, owner: run.requester_id, kind: TOTAL };
        let Some(score) = score::give(write.tx(), &given, self.earned, self.maximum, write.now).await? else {
            return Ok(());
        };
        let cause = id::encode(Kind::Score, score);
        let data = json!({
            "submission": id::encode(Kind::Submission, submission),
            "score": cause,
            "value": self.earned,
            "maximum": self.maximum,
        });
        write.emit(Stream::Course(run.course_id), "score.stored", data);
        mail::post(write, cause, run.requester_id, letters::SCORE, Some(run.course_id)).await
    }
}

impl Effect for FinishRun {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(self.finish(write))
    }
}
