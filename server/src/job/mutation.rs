//! Steering jobs and lanes.

use actors::jobs::{cancel_job as cancels, pause_lane as lanes, resume_lane, retry_job as retries, retry_jobs as bulk};
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use entity::id::{self, Kind};
use entity::identity::scope::Scope;

use super::object::Job;
use super::object::lane::{self, LaneWaiting};
use crate::graphql::context::acting;
use crate::graphql::error;
use crate::graphql::page::HEAVY;

/// Steering jobs and lanes.
#[derive(Default)]
pub struct JobMutation;

/// A job to be tried again.
#[derive(InputObject)]
pub struct RetryJobInput {
    /// The global id of the job.
    job: ID,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct RetryJobPayload {
    /// The job, queued again.
    job: Option<Job>,
    /// Why it is not tried again.
    problems: Vec<RetryJobProblem>,
}

/// Why a job is not tried again.
#[derive(SimpleObject)]
pub struct RetryJobProblem {
    /// What kind of problem it is.
    code: RetryJobProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

/// The problems of trying a job again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "retries::RetryCode")]
pub enum RetryJobProblemCode {
    /// There is no such job for you.
    JobUnknown,
    /// You may see it, and no more.
    NotAllowed,
    /// It has not ended, or has ended well.
    NotGivenUp,
    /// This version does not know its kind.
    KindUnknown,
    /// Another job about the same is queued.
    Superseded,
}

/// Which dead jobs are to be tried again; all that are given must hold.
#[derive(InputObject)]
pub struct RetryJobsInput {
    /// Those of this lane.
    lane: Option<String>,
    /// Those of this kind.
    kind: Option<String>,
    /// Those of this course, by its global id. Must be given by whoever does not run the site.
    course: Option<ID>,
    /// Only count them.
    #[graphql(default)]
    dry_run: bool,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct RetryJobsPayload {
    /// How many were queued again; of a dry run, how many would be tried.
    retried: i32,
    /// How many stay dead: another about the same is queued, or this version does not know their kind.
    skipped: i32,
    /// Whether there are more, so that one has to ask again.
    more: bool,
    /// Why none is tried again.
    problems: Vec<RetryJobsProblem>,
}

/// Why no job is tried again.
#[derive(SimpleObject)]
pub struct RetryJobsProblem {
    /// What kind of problem it is.
    code: RetryJobsProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

/// The problems of trying many jobs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "bulk::RetryAllCode")]
pub enum RetryJobsProblemCode {
    /// You do not run the site, and named no course in which you review work.
    NotAllowed,
    /// There is no such lane.
    LaneUnknown,
}

/// A job to be stopped.
#[derive(InputObject)]
pub struct CancelJobInput {
    /// The global id of the job.
    job: ID,
}

/// What came of it.
#[derive(SimpleObject)]
pub struct CancelJobPayload {
    /// The job: cancelled, or still leased until its worker stops it.
    job: Option<Job>,
    /// Why it is not stopped.
    problems: Vec<CancelJobProblem>,
}

/// Why a job is not stopped.
#[derive(SimpleObject)]
pub struct CancelJobProblem {
    /// What kind of problem it is.
    code: CancelJobProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

/// The problems of stopping a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "cancels::CancelJobCode")]
pub enum CancelJobProblemCode {
    /// There is no such job for you.
    JobUnknown,
    /// It has ended already.
    Ended,
}

/// A lane to be paused.
#[derive(InputObject)]
pub struct PauseLaneInput {
    /// Its name.
    lane: String,
    /// Why, for everybody whose jobs wait; at most 200 characters.
    #[graphql(default)]
    reason: String,
}

/// A lane to be resumed.
#[derive(InputObject)]
pub struct ResumeLaneInput {
    /// Its name.
    lane: String,
}

/// What came of steering a lane.
#[derive(SimpleObject)]
pub struct LanePayload {
    /// The lane as it is now.
    lane: Option<LaneWaiting>,
    /// Why nothing has changed.
    problems: Vec<LaneProblem>,
}

/// Why a lane is not paused or resumed.
#[derive(SimpleObject)]
pub struct LaneProblem {
    /// What kind of problem it is.
    code: LaneProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

/// The problems of steering a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "lanes::LaneCode")]
pub enum LaneProblemCode {
    /// Only who runs the site may.
    NotAllowed,
    /// There is no such lane.
    LaneUnknown,
    /// The reason is longer than 200 characters or has more than one line.
    ReasonUnusable,
}

#[Object]
impl JobMutation {
    /// Has a job tried again that was given up or stopped: the same job, queued anew. For those who review work in its course.
    async fn retry_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job.")] input: RetryJobInput,
    ) -> Result<RetryJobPayload> {
        let request = acting(ctx, Scope::Grade)?;
        let key = id::decode_as(Kind::Job, &input.job).unwrap_or(0);
        let outcome = retries::retry_job(&request.deps, &request.viewer, key).await;
        Ok(match error::expected(outcome)? {
            Ok(job) => RetryJobPayload { job: Some(Job(job)), problems: Vec::new() },
            Err(refused) => {
                let problem =
                    RetryJobProblem { code: refused.code.into(), message: refused.message, path: refused.path };
                RetryJobPayload { job: None, problems: vec![problem] }
            }
        })
    }

    /// Has all dead jobs of a lane, kind or course tried again, at most 10,000 at a time.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn retry_jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] input: RetryJobsInput,
    ) -> Result<RetryJobsPayload> {
        let request = acting(ctx, Scope::Grade)?;
        let course = input.course.map(|course| id::decode_as(Kind::Course, &course).unwrap_or(0));
        let which = bulk::Which { lane: input.lane, kind: input.kind, course };
        let outcome = bulk::retry_jobs(&request.deps, &request.viewer, &which, input.dry_run).await;
        let count = |jobs| i32::try_from(jobs).unwrap_or(i32::MAX);
        Ok(match error::expected(outcome)? {
            Ok(bulk::Retried { retried, skipped, more }) => {
                RetryJobsPayload { retried: count(retried), skipped: count(skipped), more, problems: Vec::new() }
            }
            Err(refused) => {
                let problem =
                    RetryJobsProblem { code: refused.code.into(), message: refused.message, path: refused.path };
                RetryJobsPayload { retried: 0, skipped: 0, more: false, problems: vec![problem] }
            }
        })
    }

    /// Stops a job: at once when it waits, and soon when it is worked on. For whoever asked for it or reviews work in its course.
    async fn cancel_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job.")] input: CancelJobInput,
    ) -> Result<CancelJobPayload> {
        let request = acting(ctx, Scope::Submit)?;
        let key = id::decode_as(Kind::Job, &input.job).unwrap_or(0);
        let outcome = cancels::cancel_job(&request.deps, &request.viewer, key).await;
        Ok(match error::expected(outcome)? {
            Ok(job) => CancelJobPayload { job: Some(Job(job)), problems: Vec::new() },
            Err(refused) => {
                let problem =
                    CancelJobProblem { code: refused.code.into(), message: refused.message, path: refused.path };
                CancelJobPayload { job: None, problems: vec![problem] }
            }
        })
    }

    /// Pauses a lane: nothing of it is begun until somebody resumes it; what is worked on goes on. For those who run the site.
    async fn pause_lane(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lane and the reason.")] input: PauseLaneInput,
    ) -> Result<LanePayload> {
        let request = acting(ctx, Scope::Admin)?;
        let outcome = lanes::pause_lane(&request.deps, &request.viewer, &input.lane, &input.reason).await;
        Ok(match error::expected(outcome)? {
            Ok(()) => LanePayload { lane: lane::named(request, &input.lane).await?, problems: Vec::new() },
            Err(refused) => refusal(refused.code.into(), refused.message, refused.path),
        })
    }

    /// Resumes a lane that was paused. For those who run the site.
    async fn resume_lane(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lane.")] input: ResumeLaneInput,
    ) -> Result<LanePayload> {
        let request = acting(ctx, Scope::Admin)?;
        let outcome = resume_lane::resume_lane(&request.deps, &request.viewer, &input.lane).await;
        Ok(match error::expected(outcome)? {
            Ok(_) => LanePayload { lane: lane::named(request, &input.lane).await?, problems: Vec::new() },
            Err(refused) => refusal(refused.code.into(), refused.message, refused.path),
        })
    }
}

fn refusal(code: LaneProblemCode, message: String, path: Vec<String>) -> LanePayload {
    LanePayload { lane: None, problems: vec![LaneProblem { code, message, path }] }
}
