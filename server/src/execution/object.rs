//! Runs as the schema shows them. What staff alone may see of a run (hidden tests, evidence) is null for others.

use actors::execution::outcome::{Outcome, Step};
use async_graphql::{Context, Description, Enum, ID, Json, Object, Result};
use entity::execution::record;
use entity::execution::run;
use entity::execution::verdict;
use entity::id::{self, Kind};

pub use super::language::Language;
use super::record::{RunRecord, may_see};
pub use super::test_result::TestFeedback;
use super::test_result::TestResult;
use crate::content::object::Exercise;
use crate::course::object::Course;
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::quick::Quick;
use crate::graphql::scalar::{DateTime, Decimal};
use crate::identity::object::User;
use crate::job::cursor;
use crate::job::loader::JobAbout;
use crate::job::object::Job;
use crate::submission::object::backup::Backup;
use crate::submission::object::{SourceFile, Submission};

/// One execution in the sandbox.
#[derive(Description)]
pub struct Run(pub run::Model);

/// Where a run is. Its job says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "run::RunState")]
pub enum RunState {
    /// Waits, or is being worked on.
    Queued,
    /// Has a verdict.
    Done,
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "verdict::Verdict")]
pub enum Verdict {
    /// Ran to its end, and every check passed.
    Passed,
    /// Ran to its end, and a check did not pass.
    Failed,
    /// Could not be built.
    BuildFailed,
    /// Ended by itself with an exit status other than 0, or by an exception.
    Nonzero,
    /// Ended by a signal.
    Signal,
    /// Used up its processor time.
    CpuTimeLimit,
    /// Was still there when its wall time was over.
    WallTimeLimit,
    /// Wanted more memory than it may have.
    MemoryLimit,
    /// Wrote more than is kept.
    OutputLimit,
    /// Wanted more room for files than it may have.
    DiskLimit,
    /// Wanted more processes than it may have.
    ProcessLimit,
    /// Was stopped by somebody who may.
    Cancelled,
    /// The sandbox did not work; says nothing about the program.
    SandboxError,
    /// A test broke; says nothing about the program, which is graded when the test is mended.
    TestError,
}

/// Who is to answer for a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "verdict::Blame")]
pub enum Blame {
    /// The program that was handed in.
    Student,
    /// The test itself.
    Test,
    /// The site. Costs nobody anything.
    Infrastructure,
}

impl Run {
    fn outcome(&self) -> Result<Option<Outcome>> {
        let outcome = self.0.outcome.as_deref().map(serde_json::from_slice).transpose();
        outcome.map_err(error::internal)
    }

    fn shown_steps(&self, ctx: &Context<'_>) -> Result<Vec<RunStep>> {
        let staff = self.0.may_review(&request(ctx)?.viewer);
        let steps = self.outcome()?.map(|outcome| outcome.steps).unwrap_or_default();
        let shown = steps.into_iter().filter(|step| staff || !step.hidden).map(|mut step| {
            // Like the records of that kind: why the sandbox did not work is about the site.
            step.evidence.sandbox_error.take_if(|_| !staff);
            RunStep(step)
        });
        Ok(shown.collect())
    }
}

#[Object(use_type_description)]
impl Run {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Run, self.0.id))
    }

    /// Where it is.
    async fn state(&self) -> RunState {
        self.0.state.into()
    }

    /// What the program is written in.
    async fn language(&self) -> Language {
        (&self.0.language).into()
    }

    /// What is done with a program of one's own: `run`, `compile`, `submit`, `prove` …; null for everything else.
    async fn mode(&self) -> Option<&str> {
        self.0.mode.as_deref()
    }

    /// What came of it; null until it is done.
    async fn verdict(&self) -> Option<Verdict> {
        self.0.verdict.map(Into::into)
    }

    /// Who is to answer for the verdict; null when it passed.
    async fn blame(&self) -> Option<Blame> {
        self.0.blame.map(Into::into)
    }

    /// What there is to say about it: which check did not pass, with which input, and why.
    async fn message(&self) -> Result<Option<String>> {
        Ok(self.outcome()?.map(|outcome| outcome.message))
    }

    /// The exit status of the last step, if it ended by itself.
    async fn exit_code(&self) -> Result<Option<i32>> {
        Ok(self.outcome()?.and_then(|outcome| outcome.exit_code))
    }

    /// The number of the signal that ended the last step, if one did.
    async fn signal(&self) -> Result<Option<i32>> {
        Ok(self.outcome()?.and_then(|outcome| outcome.signal))
    }

    /// The points that its tests gave; null unless it grades a submission or tries a backup.
    async fn earned(&self) -> Result<Option<Decimal>> {
        let graded = self.0.submission_id.is_some() || self.0.backup_id.is_some();
        Ok(self.outcome()?.filter(|_| graded).map(|outcome| Decimal(outcome.earned)))
    }

    /// How each test went, in their order. Others than staff learn of each what its `feedback` says, and nothing of those of which it says so.
    #[graphql(complexity = "child_complexity.saturating_mul(10)")]
    async fn tests(&self, ctx: &Context<'_>) -> Result<Vec<TestResult>> {
        let staff = self.0.may_review(&request(ctx)?.viewer);
        let tests = self.outcome()?.map(|outcome| outcome.tests).unwrap_or_default();
        Ok(TestResult::shown(tests, staff))
    }

    /// The steps with the evidence that the verdict was computed from. Those of hidden tests, for staff.
    #[graphql(complexity = "child_complexity.saturating_mul(10)")]
    async fn steps(&self, ctx: &Context<'_>) -> Result<Vec<RunStep>> {
        self.shown_steps(ctx)
    }

    /// What the verdict was computed from: the evidence of the last step that one may see; null until there is one.
    async fn evidence(&self, ctx: &Context<'_>) -> Result<Option<Json<serde_json::Value>>> {
        let Some(RunStep(step)) = self.shown_steps(ctx)?.pop() else { return Ok(None) };
        serde_json::to_value(&step.evidence).map(|evidence| Some(Json(evidence))).map_err(error::internal)
    }

    /// The program.
    async fn files(&self) -> Vec<SourceFile> {
        self.0.files.0.iter().cloned().map(SourceFile).collect()
    }

    /// What it wrote, from the beginning or behind a cursor; 20 records by default, at most 100. Follow it live by `runOutput`.
    #[graphql(complexity = "crate::graphql::page::cost(first, child_complexity)")]
    async fn output(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Vec<RunRecord>> {
        let request = request(ctx)?;
        let page = crate::graphql::page::Page::parse(ctx, first, None)?;
        let place = cursor::decode_place(&request.deps.site.incarnation, after.as_deref())?;
        let records =
            record::after(request.deps.db.read(), self.0.id, place, page.wanted()).await.map_err(error::database)?;
        let staff = self.0.may_review(&request.viewer);
        let shown = records.into_iter().filter(|record| may_see(record, staff)).map(|record| match record.kind {
            record::RecordKind::End => RunRecord::Finished(Box::new(self.0.clone()), record.place()),
            _ => RunRecord::Written(record),
        });
        Ok(shown.collect())
    }

    /// Who asked for it; null for a guest.
    async fn requester(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        let Some(key) = self.0.requester_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(User).map(Quick))
    }

    /// The course that it belongs to; null for a program of somebody's own.
    async fn course(&self, ctx: &Context<'_>) -> Result<Option<Quick<Course>>> {
        let Some(key) = self.0.course_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Course).map(Quick))
    }

    /// The exercise that was tried, if it is an attempt.
    async fn exercise(&self, ctx: &Context<'_>) -> Result<Option<Exercise>> {
        let Some(key) = self.0.exercise_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Exercise))
    }

    /// The submission that it grades, if it does.
    async fn submission(&self, ctx: &Context<'_>) -> Result<Option<Quick<Submission>>> {
        let Some(key) = self.0.submission_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Submission).map(Quick))
    }

    /// The backup that staff tries by it, if it does; neither the work nor its owner hears of that.
    async fn backup(&self, ctx: &Context<'_>) -> Result<Option<Quick<Backup>>> {
        let Some(key) = self.0.backup_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Backup).map(Quick))
    }

    /// The job that does it.
    async fn job(&self, ctx: &Context<'_>) -> Result<Option<Job>> {
        Ok(request(ctx)?.load(JobAbout(id::encode(Kind::Run, self.0.id))).await?.map(Job))
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it had its verdict.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }
}

/// One use of a sandbox.
#[derive(Description)]
pub struct RunStep(Step);

#[Object(use_type_description)]
impl RunStep {
    /// `build`, `run`, or the name of a test.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How it ended, as the sandbox saw it.
    async fn class(&self) -> String {
        serde_json::to_value(self.0.class).ok().and_then(|class| class.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Processor time in seconds.
    async fn cpu(&self) -> f64 {
        seconds(self.0.evidence.cpu_us)
    }

    /// Wall time in seconds, without the making of the sandbox.
    async fn wall(&self) -> f64 {
        seconds(self.0.evidence.wall_us)
    }

    /// The most memory that it had, in bytes, as far as that was measured.
    async fn peak_memory(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a double is exact up to 8 PiB")]
        let bytes = self.0.evidence.peak_memory_bytes as f64;
        bytes
    }

    /// Everything that was recorded, by name.
    async fn evidence(&self) -> Result<Json<serde_json::Value>> {
        serde_json::to_value(&self.0.evidence).map(Json).map_err(error::internal)
    }
}

fn seconds(micros: u64) -> f64 {
    std::time::Duration::from_micros(micros).as_secs_f64()
}
