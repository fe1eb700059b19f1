//! Handing in work.

use actors::problem::Refused;
use actors::submission::intake::{KeptBack, Taken};
use actors::submission::submit;
use async_graphql::{Context, ID, InputObject, MergedObject, Object, Result, SimpleObject};
use entity::execution::run;
use entity::id::{self, Kind};
use entity::job;
use entity::submission::{self, backup};
use entity::visible::Viewable;
use sea_orm::ColumnTrait;

pub use actors::submission::submit::MAX_BYTES;
use entity::identity::scope::Scope;

use super::object::Submission;
use super::object::backup::Backup;
use super::object::receipt::Receipt;
use crate::execution::object::Run;
use crate::graphql::context::{Request, acting};
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::graphql::problem::problems;
use crate::graphql::scalar::{DateTime, Upload};
use crate::job::object::Job;

pub mod choice;
pub mod comment;
pub mod group;
pub mod run_backup;

/// What becomes of work.
#[derive(MergedObject, Default)]
pub struct SubmissionMutation(
    HandInMutation,
    choice::ChoiceMutation,
    comment::CommentMutation,
    group::GroupMutation,
    run_backup::RunBackupMutation,
);

/// Handing in work.
#[derive(Default)]
pub struct HandInMutation;

/// What is handed in.
#[derive(InputObject)]
pub struct SubmitInput {
    /// The global id of the assignment.
    assignment: ID,
    /// The files that the assignment asks for.
    files: Vec<SourceFileInput>,
    /// When the work was done by the client's clock.
    client_created_at: Option<DateTime>,
    /// Makes two requests with the same files one: repeat a request with the same key, and nothing happens twice. Without it, the time of the
    /// client does; without that, the same files are one until others have come.
    idempotency_key: Option<String>,
}

/// What is kept.
#[derive(InputObject)]
pub struct SaveBackupInput {
    /// The global id of the assignment.
    assignment: ID,
    /// The files that the assignment asks for, as far as there are any.
    files: Vec<SourceFileInput>,
    /// When the work was done by the client's clock.
    client_created_at: Option<DateTime>,
    /// Makes two requests with the same files one: repeat a request with the same key, and nothing happens twice. Without it, the time of the
    /// client does; without that, the same files are one until others have come.
    idempotency_key: Option<String>,
}

impl From<SaveBackupInput> for SubmitInput {
    fn from(input: SaveBackupInput) -> Self {
        let SaveBackupInput { assignment, files, client_created_at, idempotency_key } = input;
        Self { assignment, files, client_created_at, idempotency_key }
    }
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
    /// The submission, durable. The same when the same was handed in before (its grading begins anew if it had ended without a verdict: by
    /// a broken sandbox or test, or because it was cancelled); null when there are problems.
    submission: Option<Submission>,
    /// Where the work is: the backup that the submission marks, or, where it came too late or no attempt was left, the backup that is kept
    /// of it all the same.
    backup: Option<Backup>,
    /// The run that grades it. Follow it by the subscription `runOutput`.
    run: Option<Run>,
    /// The job of that run. Follow it by the subscription `job`.
    job: Option<Job>,
    /// Proof that it was taken in, handed in or kept; for the same again the same, letter by letter. Null for what came first before there
    /// were receipts, and when nothing was taken in.
    receipt: Option<Receipt>,
    /// Why it was not accepted.
    problems: Vec<SubmitProblem>,
}

/// What came of keeping work.
#[derive(SimpleObject)]
pub struct SaveBackupPayload {
    /// The backup, durable. The same when the same was kept before; null when there are problems.
    backup: Option<Backup>,
    /// Proof that it was taken in; for the same again the same, letter by letter.
    receipt: Option<Receipt>,
    /// Why it was not kept.
    problems: Vec<SaveBackupProblem>,
}

problems! {
    /// Why something was not accepted.
    SubmitProblem,
    /// The problems of handing in.
    SubmitProblemCode;
    /// Why something was not kept.
    SaveBackupProblem,
    /// The problems of keeping work. `LOCKED` and `ATTEMPTS_USED` do not come: a backup is kept at any time.
    SaveBackupProblemCode;
    = "submit::SubmitCode" as submit::SubmitCode => {
        /// There is no such assignment for you.
        AssignmentUnknown,
        /// Only people hand in work.
        NotAPerson,
        /// The files are too large.
        TooLarge,
        /// A file that is not asked for, one that is there twice, or the main one missing.
        FileName,
        /// It came when the assignment was closed to you. It was kept as a backup.
        Locked,
        /// All attempts are used. It was kept as a backup.
        AttemptsUsed,
        /// Only the `ok` client hands it in.
        UploadsClosed,
    }
}

#[Object]
impl HandInMutation {
    /// Hands in work. When this answers, the work is durable; its grading follows by itself. What comes too late, or when no attempt is
    /// left, is kept as a backup.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is handed in, and what for.")] input: SubmitInput,
    ) -> Result<SubmitPayload> {
        let request = acting(ctx, Scope::Submit)?;
        let work = work(request, input)?;
        match error::expected(submit::submit(&request.deps, &request.viewer, work).await)? {
            Ok(Taken { accepted, kept_back: None, receipt }) => {
                Ok(SubmitPayload { receipt: receipt.map(Receipt), ..show(request, accepted.submission).await? })
            }
            Ok(Taken { accepted, kept_back: Some(why), receipt }) => {
                let backup = find_backup(request, accepted.submission).await?;
                let code = match why {
                    KeptBack::Locked { .. } => submit::SubmitCode::Locked,
                    KeptBack::AttemptsUsed(_) => submit::SubmitCode::AttemptsUsed,
                    KeptBack::MainMissing(_) => submit::SubmitCode::FileName,
                };
                let refused = Refused { code, message: why.to_string(), path: Vec::new() };
                Ok(SubmitPayload { backup, receipt: receipt.map(Receipt), ..refusal(refused) })
            }
            Err(refused) => Ok(refusal(refused)),
        }
    }

    /// Keeps work without handing it in: nobody grades it, and it is kept at any time. When this answers, it is durable.
    #[graphql(complexity = "HEAVY + child_complexity")]
    async fn save_backup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is kept, and what for.")] input: SaveBackupInput,
    ) -> Result<SaveBackupPayload> {
        let request = acting(ctx, Scope::Submit)?;
        let work = work(request, input.into())?;
        match error::expected(submit::save_backup(&request.deps, &request.viewer, work).await)? {
            Ok(taken) => {
                let backup = find_backup(request, taken.accepted.submission).await?;
                Ok(SaveBackupPayload { backup, receipt: taken.receipt.map(Receipt), problems: Vec::new() })
            }
            Err(refused) => Ok(SaveBackupPayload { backup: None, receipt: None, problems: vec![refused.into()] }),
        }
    }
}

fn work(request: &Request, input: SubmitInput) -> Result<submit::Submit> {
    Ok(submit::Submit {
        // An id of another kind names no assignment, like one of none.
        assignment: id::decode_as(Kind::Assignment, &input.assignment).unwrap_or(0),
        files: input.files.into_iter().map(SourceFileInput::named).collect::<Result<_>>()?,
        client_created_at: input.client_created_at.map(|time| time.0),
        idempotency_key: input.idempotency_key,
        received_at: request.received_at,
    })
}

fn refusal(refused: Refused<submit::SubmitCode>) -> SubmitPayload {
    let problems = vec![refused.into()];
    SubmitPayload { submission: None, backup: None, run: None, job: None, receipt: None, problems }
}

async fn find_backup(request: &Request, key: i64) -> Result<Option<Backup>> {
    let row = backup::Entity::visible(&request.viewer).by_key(request.deps.db.read(), key).await;
    Ok(row.map_err(error::database)?.map(Backup))
}

async fn find_submission(request: &Request, key: i64) -> Result<Option<Submission>> {
    let row = submission::Entity::visible(&request.viewer).by_key(request.deps.db.read(), key).await;
    Ok(row.map_err(error::database)?.map(Submission))
}

async fn show(request: &Request, key: i64) -> Result<SubmitPayload> {
    let db = request.deps.db.read();
    let (submission, backup) = (find_submission(request, key).await?, find_backup(request, key).await?);
    let runs = run::Entity::visible(&request.viewer).filter(run::Column::SubmissionId.eq(key));
    let run = runs.one(db).await.map_err(error::database)?;
    let subject = run.as_ref().map(|run| id::encode(Kind::Run, run.id)).unwrap_or_default();
    // The newest: a run that was begun anew has another job.
    let jobs = job::Entity::visible(&request.viewer).filter(job::Column::Subject.eq(subject));
    let job = jobs.all(db, job::Column::Id).await.map_err(error::database)?.pop();
    let (run, job) = (run.map(Run), job.map(Job));
    Ok(SubmitPayload { submission, backup, run, job, receipt: None, problems: Vec::new() })
}
