//! Handing in work on an assignment.

use std::sync::Arc;

use entity::clock::Timestamp;
use entity::file::{self, Content};
use entity::id::{self, Kind};
use entity::identity::audit::{Action, Entry};
use entity::job::event::Stream;
use entity::submission::accept::{Accepted, Batch};
use entity::viewer::ViewerScope;
use sea_orm::DbErr;
use serde_json::json;

use super::files;
use super::intake::{self, Taken, other_before, take_in};
use super::posted::{self, Named, Posted};
use crate::deps::Deps;
use crate::identity::audit::by_oneself;
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
    /// What makes two requests with the same files one; without it, the client's time does, and without that, that nothing else came between.
    pub idempotency_key: Option<String>,
    /// When the request came: when its head had been read, and later by the pauses of its body.
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
    let (person, posted) = begin(deps, viewer, &input).await?;
    let assignment = &posted.assignment;
    if assignment.is_run() && !input.files.iter().any(|(name, _)| *name == assignment.main) {
        let message = format!("`{}` is missing: it is the file that is run.", assignment.main);
        return Err(Problem::refused_at(SubmitCode::FileName, message, &["files"]));
    }
    Ok(take_in(deps, person, &posted, work(deps, person, input, true).await?).await?)
}

/// Keeps it as a backup, which nobody grades; whether there is still time makes no difference. Durable when it returns.
///
/// # Errors
/// As [`submit`].
pub async fn save_backup(deps: &Deps, viewer: &ViewerScope, input: Submit) -> Result<Taken, Problem<SubmitCode>> {
    let (person, posted) = begin(deps, viewer, &input).await?;
    Ok(take_in(deps, person, &posted, work(deps, person, input, false).await?).await?)
}

/// Who brings what for which assignment.
async fn begin(deps: &Deps, viewer: &ViewerScope, input: &Submit) -> Result<(i64, Arc<Posted>), Problem<SubmitCode>> {
    let person = viewer.user().ok_or_else(|| Problem::refused(SubmitCode::NotAPerson, "Sign in to hand in work."))?;
    let unknown =
        || Problem::refused_at(SubmitCode::AssignmentUnknown, "There is no such assignment.", &["assignment"]);
    let posted = posted::find(deps, viewer, Named::Key(input.assignment)).await?.ok_or_else(unknown)?;
    let assignment = &posted.assignment;
    if !assignment.uploads_enabled {
        let message = "This is handed in by the `ok` client alone: run it where your work is.";
        return Err(Problem::refused_at(SubmitCode::UploadsClosed, message, &["assignment"]));
    }
    files::check(assignment, &input.files).map_err(|unfit| {
        let code = if unfit.too_large { SubmitCode::TooLarge } else { SubmitCode::FileName };
        let path: Vec<&str> = unfit.path.iter().map(String::as_str).collect();
        Problem::refused_at(code, unfit.message, &path)
    })?;
    Ok((person, posted))
}

async fn work(deps: &Deps, person: i64, input: Submit, submit: bool) -> Result<intake::Work, DbErr> {
    let files: Vec<(String, Content)> = input.files.into_iter().map(|(name, bytes)| (name, bytes.into())).collect();
    let said = match (input.idempotency_key, input.client_created_at) {
        (Some(key), _) => Said::Key(key),
        (None, Some(time)) => Said::Time(time),
        (None, None) => Said::Nothing { after: other_before(deps, person, input.assignment, &files).await? },
    };
    Ok(intake::Work {
        operation_key: operation_key(person, input.assignment, &files, submit, &said),
        files,
        messages: Vec::new(),
        client_created_at: input.client_created_at,
        received_at: input.received_at,
        submit,
        tried: None,
    })
}

/// What a request says that tells it from others with the same files.
enum Said {
    Key(String),
    Time(Timestamp),
    /// The last that came with other files says it.
    Nothing {
        after: Option<i64>,
    },
}

/// What makes two requests the same hand-in: who, what for, which bytes, and what the client says about it.
fn operation_key(person: i64, assignment: i64, files: &[(String, Content)], submit: bool, said: &Said) -> String {
    let said = match said {
        Said::Key(key) => json!([key, null]),
        Said::Time(time) => json!([null, time]),
        Said::Nothing { after } => json!([null, null, after]),
    };
    let mut files: Vec<(&str, String)> =
        files.iter().map(|(name, content)| (name.as_str(), content.digest())).collect();
    files.sort();
    let parts = json!([person, assignment, if submit { "submit" } else { "backup" }, files, said]);
    file::digest(parts.to_string().as_bytes())
}

/// What the audit log says of work that was kept when it came first, and is handed in now that it came again: its receipt says that it was kept.
pub(crate) fn handed_in_after_all(accepted: &Accepted) -> Entry {
    let details = json!({ "backup": id::encode(Kind::Backup, accepted.submission) });
    let course = Some(accepted.course);
    Entry { course, ..by_oneself(accepted.submitter, Action::BackupPromoted, details) }
}

/// The events of a batch of hand-ins, for the courses' staff and for whoever follows the jobs. Of backups there are none: a client makes one
/// with each run of its tests.
pub(crate) fn announce(write: &mut Write, batch: &Batch) {
    for accepted in batch.accepted.iter().filter(|accepted| accepted.marked) {
        let data = json!({
            "submission": id::encode(Kind::Submission, accepted.submission),
            "assignment": id::encode(Kind::Assignment, accepted.assignment),
            "submitter": id::encode(Kind::User, accepted.submitter),
        });
        write.emit(Stream::Course(accepted.course), "submission.received", data);
    }
    write.enqueued(lanes::EXECUTION, &batch.jobs);
}
