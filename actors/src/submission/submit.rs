//! Handing in work on an assignment.

use entity::assignment;
use entity::clock::Timestamp;
use entity::file::{self, Content};
use entity::id::{self, Kind};
use entity::job::event::Stream;
use entity::submission::accept::Batch;
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use serde_json::json;

use super::files;
use super::intake::{self, Taken, take_in};
use crate::deps::Deps;
use crate::lanes;
use crate::problem::Problem;
use crate::write::Write;

pub use super::files::MAX_BYTES;

/// What is handed in.
#[derive(Debug)]
pub struct Submit {
    pub assignment: i64,
    /// Names and bytes.
    pub files: Vec<(String, Vec<u8>)>,
    pub client_created_at: Option<Timestamp>,
    /// What makes two requests with the same files one; without it, the client's time does.
    pub idempotency_key: Option<String>,
    /// When the head of the request had been read.
    pub received_at: Timestamp,
}

/// Why it was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitCode {
    /// There is no such assignment, or it is not for this viewer.
    AssignmentUnknown,
    /// Nobody is signed in whose work it could be.
    NotAPerson,
    TooLarge,
    /// A file that the assignment does not ask for, one that is there twice, or the main one missing.
    FileName,
    /// It came too late, and was kept as a backup.
    Locked,
    /// No attempt is left, and it was kept as a backup.
    AttemptsUsed,
    /// Only the `ok` client hands it in.
    UploadsClosed,
}

/// Hands in. Durable when it returns; the grading follows by itself.
///
/// # Errors
/// When the viewer may not, the files are not those that are asked for, or something breaks.
pub async fn submit(deps: &Deps, viewer: &ViewerScope, input: Submit) -> Result<Taken, Problem<SubmitCode>> {
    let (person, assignment) = begin(deps, viewer, &input).await?;
    if assignment.is_run() && !input.files.iter().any(|(name, _)| *name == assignment.main) {
        let message = format!("`{}` is missing: it is the file that is run.", assignment.main);
        return Err(Problem::refused_at(SubmitCode::FileName, message, &["files"]));
    }
    Ok(take_in(deps, person, &assignment, work(person, input, true)).await?)
}

/// Keeps it as a backup, which nobody grades; whether there is still time makes no difference. Durable when it returns.
///
/// # Errors
/// As [`submit`].
pub async fn save_backup(deps: &Deps, viewer: &ViewerScope, input: Submit) -> Result<Taken, Problem<SubmitCode>> {
    let (person, assignment) = begin(deps, viewer, &input).await?;
    Ok(take_in(deps, person, &assignment, work(person, input, false)).await?)
}

/// Who brings what for which assignment.
async fn begin(
    deps: &Deps,
    viewer: &ViewerScope,
    input: &Submit,
) -> Result<(i64, assignment::Model), Problem<SubmitCode>> {
    let person = viewer.user().ok_or_else(|| Problem::refused(SubmitCode::NotAPerson, "Sign in to hand in work."))?;
    let assignment = assignment::Entity::visible(viewer).by_key(deps.db.read(), input.assignment).await?;
    let unknown =
        || Problem::refused_at(SubmitCode::AssignmentUnknown, "There is no such assignment.", &["assignment"]);
    let assignment = assignment.ok_or_else(unknown)?;
    if !assignment.uploads_enabled {
        let message = "This is handed in by the `ok` client alone: run it where your work is.";
        return Err(Problem::refused_at(SubmitCode::UploadsClosed, message, &["assignment"]));
    }
    files::check(&assignment, &input.files).map_err(|unfit| {
        let code = if unfit.too_large { SubmitCode::TooLarge } else { SubmitCode::FileName };
        let path: Vec<&str> = unfit.path.iter().map(String::as_str).collect();
        Problem::refused_at(code, unfit.message, &path)
    })?;
    Ok((person, assignment))
}

fn work(person: i64, input: Submit, submit: bool) -> intake::Work {
    let said = (input.idempotency_key.as_ref(), input.client_created_at.filter(|_| input.idempotency_key.is_none()));
    let files: Vec<(String, Content)> = input.files.into_iter().map(|(name, bytes)| (name, bytes.into())).collect();
    intake::Work {
        operation_key: operation_key(person, input.assignment, &files, submit, said),
        files,
        messages: Vec::new(),
        client_created_at: input.client_created_at,
        received_at: input.received_at,
        submit,
        tried: None,
    }
}

/// What makes two requests the same hand-in: who, what for, which bytes, and what the client says about it.
fn operation_key(
    person: i64,
    assignment: i64,
    files: &[(String, Content)],
    submit: bool,
    said: (Option<&String>, Option<Timestamp>),
) -> String {
    let mut files: Vec<(&str, String)> =
        files.iter().map(|(name, content)| (name.as_str(), content.digest())).collect();
    files.sort();
    let parts = json!([person, assignment, if submit { "submit" } else { "backup" }, files, said]);
    file::digest(parts.to_string().as_bytes())
}

/// The events of a batch of hand-ins, for the courses' staff and for whoever follows the jobs. Of backups there are none: a client makes one
/// with each run of its tests.
pub(crate) fn announce(write: &mut Write, batch: &Batch) {
    for accepted in batch.accepted.iter().filter(|accepted| accepted.handed_in && !accepted.repeated) {
        let data = json!({
            "submission": id::encode(Kind::Submission, accepted.submission),
            "assignment": id::encode(Kind::Assignment, accepted.assignment),
            "submitter": id::encode(Kind::User, accepted.submitter),
        });
        write.emit(Stream::Course(accepted.course), "submission.received", data);
    }
    write.enqueued(lanes::EXECUTION, &batch.jobs);
}
