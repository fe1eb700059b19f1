//! Handing in work.

use actors::submission::submit;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use entity::execution::run;
use entity::id::{self, Kind};
use entity::visible::Viewable;
use entity::{job, submission};
use sea_orm::ColumnTrait;

pub use actors::submission::submit::MAX_BYTES;
use entity::identity::scope::Scope;

use super::object::Submission;
use crate::execution::object::Run;
use crate::graphql::context::{Request, acting};
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::scalar::{DateTime, Upload};
use crate::job::object::Job;

/// Handing in work.
#[derive(Default)]
pub struct SubmissionMutation;

/// What is handed in.
#[derive(InputObject)]
pub struct SubmitInput {
    /// The global id of the assignment.
    assignment: ID,
    /// The files that the assignment asks for.
    files: Vec<SourceFileInput>,
    /// When the work was done by the client's clock.
    client_created_at: Option<DateTime>,
    /// Makes two requests with the same files one: repeat a request with the same key, and nothing happens twice.
    idempotency_key: Option<String>,
}

/// A file: its name, and either `text` or `upload`.
#[derive(InputObject)]
pub struct SourceFileInput {
    /// Its name, as the assignment asks for it.
    name: String,
    /// Its text.
    text: Option<String>,
    /// Its bytes, whatever they are, from a part of the request.
    upload: Option<Upload>,
}

impl SourceFileInput {
    fn named(self) -> Result<(String, Vec<u8>)> {
        match (self.text, self.upload) {
            (Some(text), None) => Ok((self.name, text.into_bytes())),
            (None, Some(Upload(bytes))) => Ok((self.name, bytes.into())),
            (Some(_), Some(_)) | (None, None) => Err(error::bad_input(format!(
                "The file `{}` must have either `text` or `upload`.",
                self.name.chars().take(128).collect::<String>()
            ))),
        }
    }
}

/// What came of handing in.
#[derive(SimpleObject)]
pub struct SubmitPayload {
    /// The submission, durable. The same when the same was handed in before (its grading begins anew if a broken sandbox had ended
    /// it); null when there are problems.
    submission: Option<Submission>,
    /// The run that grades it. Follow it by the subscription `runOutput`.
    run: Option<Run>,
    /// The job of that run. Follow it by the subscription `job`.
    job: Option<Job>,
    /// Why it was not accepted.
    problems: Vec<SubmitProblem>,
}

/// Why something was not accepted.
#[derive(SimpleObject)]
pub struct SubmitProblem {
    /// What kind of problem it is.
    code: SubmitProblemCode,
    /// The same for a person.
    message: String,
    /// The part of the input that it is about.
    path: Vec<String>,
}

/// The problems of handing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "submit::SubmitCode")]
pub enum SubmitProblemCode {
    /// There is no such assignment for you.
    AssignmentUnknown,
    /// Only people hand in work.
    NotAPerson,
    /// The files are too large.
    TooLarge,
    /// A file that is not asked for, one that is there twice, or the main one missing.
    FileName,
}

#[Object]
impl SubmissionMutation {
    /// Hands in work. When this answers, the work is durable; its grading follows by itself.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is handed in, and what for.")] input: SubmitInput,
    ) -> Result<SubmitPayload> {
        let request = acting(ctx, Scope::Submit)?;
        let work = submit::Submit {
            // An id of another kind names no assignment, like one of none.
            assignment: id::decode_as(Kind::Assignment, &input.assignment).unwrap_or(0),
            files: input.files.into_iter().map(SourceFileInput::named).collect::<Result<_>>()?,
            client_created_at: input.client_created_at.map(|time| time.0),
            idempotency_key: input.idempotency_key,
            received_at: request.received_at,
        };
        match error::expected(submit::submit(&request.deps, &request.viewer, work).await)? {
            Ok(accepted) => show(request, accepted.submission).await,
            Err(refused) => Ok(SubmitPayload {
                submission: None,
                run: None,
                job: None,
                problems: vec![SubmitProblem {
                    code: refused.code.into(),
                    message: refused.message,
                    path: refused.path,
                }],
            }),
        }
    }
}

async fn show(request: &Request, key: i64) -> Result<SubmitPayload> {
    let db = request.deps.db.read();
    let row = submission::Entity::visible(&request.viewer).by_key(db, key).await.map_err(error::database)?;
    let runs = run::Entity::visible(&request.viewer).filter(run::Column::SubmissionId.eq(key));
    let run = runs.one(db).await.map_err(error::database)?;
    let subject = run.as_ref().map(|run| id::encode(Kind::Run, run.id)).unwrap_or_default();
    // The newest: a run that was begun anew has another job.
    let jobs = job::Entity::visible(&request.viewer).filter(job::Column::Subject.eq(subject));
    let job = jobs.all(db, job::Column::Id).await.map_err(error::database)?.pop();
    Ok(SubmitPayload { submission: row.map(Submission), run: run.map(Run), job: job.map(Job), problems: Vec::new() })
}
