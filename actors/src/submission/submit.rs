//! Handing in work on an assignment.

use entity::assignment::{self, test_case};
use entity::clock::Timestamp;
use entity::execution::run;
use entity::execution::verdict::Verdict;
use entity::file;
use entity::id::{self, Kind};
use entity::job::event::Stream;
use entity::job::queue::NewJob;
use entity::submission::accept::{Accepted, Batch, Grading, HandIn};
use entity::viewer::ViewerScope;
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::deps::Deps;
use crate::execution::plan::{Assignment, Plan, Task};
use crate::execution::run::Run;
use crate::grading::test_case::{TestCase, TestKind};
use crate::job::Job as _;
use crate::lanes;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// The most bytes of all files together.
pub const MAX_BYTES: usize = 1 << 20;

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
}

/// Hands in. Durable when it returns; the grading follows by itself.
///
/// # Errors
/// When the viewer may not, the files are not those that are asked for, or something breaks.
pub async fn submit(deps: &Deps, viewer: &ViewerScope, input: Submit) -> Result<Accepted, Problem<SubmitCode>> {
    let person = viewer.user().ok_or_else(|| Problem::refused(SubmitCode::NotAPerson, "Sign in to hand in work."))?;
    let assignment = assignment::Entity::visible(viewer).by_key(deps.db.read(), input.assignment).await?;
    let unknown =
        || Problem::refused_at(SubmitCode::AssignmentUnknown, "There is no such assignment.", &["assignment"]);
    let assignment = assignment.ok_or_else(unknown)?;
    check_files(&assignment, &input.files)?;
    let hand_in = HandIn {
        operation_key: operation_key(person, &input),
        assignment: assignment.id,
        course: assignment.course_id,
        submitter: person,
        grading: Some(grading(deps, &assignment).await?),
        files: input.files,
        messages: Vec::new(),
        client_created_at: input.client_created_at,
        received_at: input.received_at,
    };
    let again = hand_in.clone();
    let accepted = deps.writer.accept(hand_in).await?;
    if accepted.repeated {
        grade_after_all(deps, &again, accepted.submission).await?;
    }
    Ok(accepted)
}

/// How a submission to that assignment is graded.
pub(super) async fn grading(deps: &Deps, assignment: &assignment::Model) -> Result<Grading, Fault> {
    let wanted = assignment.template.0.iter().map(|entry| entry.name.clone()).collect();
    Ok(Grading { language: assignment.language.clone(), plan: plan(deps, assignment).await?, wanted, job })
}

/// Grades a submission after all whose grading a broken sandbox or somebody ended: who hands in the same again asks for nothing else.
pub(super) async fn grade_after_all(deps: &Deps, hand_in: &HandIn, submission: i64) -> Result<(), Fault> {
    let broken = run::Entity::find()
        .filter(run::Column::SubmissionId.eq(submission))
        .filter(run::Column::Verdict.is_in([Verdict::SandboxError, Verdict::Cancelled]));
    let Some(broken) = broken.one(deps.db.read()).await? else { return Ok(()) };
    let mut write = Write::begin(deps).await?;
    if run::reopen(write.tx(), broken.id).await? {
        write.enqueue(job(broken.id, hand_in)).await?;
        write.commit().await?;
    }
    Ok(())
}

fn check_files(assignment: &assignment::Model, files: &[(String, Vec<u8>)]) -> Result<(), Problem<SubmitCode>> {
    let wanted: Vec<&str> = assignment.template.0.iter().map(|entry| entry.name.as_str()).collect();
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    if bytes > MAX_BYTES {
        let message = format!("The files have {bytes} bytes together; at most {MAX_BYTES} are accepted.");
        return Err(Problem::refused_at(SubmitCode::TooLarge, message, &["files"]));
    }
    for (index, (name, _)) in files.iter().enumerate() {
        let path = index.to_string();
        if !wanted.contains(&name.as_str()) {
            let message = format!("`{name}` is not asked for. This assignment takes: {}.", wanted.join(", "));
            return Err(Problem::refused_at(SubmitCode::FileName, message, &["files", &path, "name"]));
        }
        if files.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(Problem::refused_at(
                SubmitCode::FileName,
                format!("`{name}` is there twice."),
                &["files", &path, "name"],
            ));
        }
    }
    if !files.iter().any(|(name, _)| *name == assignment.main) {
        let message = format!("`{}` is missing: it is the file that is run.", assignment.main);
        return Err(Problem::refused_at(SubmitCode::FileName, message, &["files"]));
    }
    Ok(())
}

/// What makes two requests the same hand-in: who, what for, which bytes, and what the client says about it.
fn operation_key(person: i64, input: &Submit) -> String {
    let mut files: Vec<(&str, String)> =
        input.files.iter().map(|(name, bytes)| (name.as_str(), file::digest(bytes))).collect();
    files.sort();
    let said = (&input.idempotency_key, input.client_created_at.filter(|_| input.idempotency_key.is_none()));
    let parts = json!([person, input.assignment, "submit", files, said]);
    file::digest(parts.to_string().as_bytes())
}

async fn plan(deps: &Deps, assignment: &assignment::Model) -> Result<Vec<u8>, Fault> {
    let rows = test_case::Entity::find()
        .filter(test_case::Column::AssignmentId.eq(assignment.id))
        .order_by_asc(test_case::Column::Position)
        .all(deps.db.read())
        .await?;
    let tests = rows.into_iter().map(test).collect::<Result<Vec<_>, Fault>>()?;
    let task = Task::Assignment(Assignment { main: assignment.main.clone(), tests });
    // Each test brings its own limit.
    let plan = Plan { language: assignment.language.clone(), task, timeout_s: 10 };
    Ok(serde_json::to_vec(&plan)?)
}

/// What the row of a test keeps for the grader.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct TestTask {
    pub timeout_s: u8,
    pub kind: TestKind,
}

fn test(row: test_case::Model) -> Result<TestCase, Fault> {
    let task: TestTask = serde_json::from_slice(&row.task)?;
    Ok(TestCase { name: row.name, points: row.points, hidden: row.hidden, timeout_s: task.timeout_s, kind: task.kind })
}

fn job(run: i64, hand_in: &HandIn) -> NewJob {
    NewJob {
        course: Some(hand_in.course),
        requester: Some(hand_in.submitter),
        subject: Some(id::encode(Kind::Run, run)),
        ..Run { run }.new()
    }
}

/// The events of a batch of hand-ins, for the courses' staff and for whoever follows the jobs. Of backups there are none: a client makes one
/// with each run of its tests.
pub(crate) fn announce(write: &mut Write, batch: &Batch) {
    for accepted in batch.accepted.iter().filter(|accepted| accepted.handed_in && !accepted.repeated) {
        let data = json!({
            "submission": id::encode(Kind::Submission, accepted.submission),
            "submitter": id::encode(Kind::User, accepted.submitter),
        });
        write.emit(Stream::Course(accepted.course), "submission.received", data);
    }
    write.enqueued(lanes::EXECUTION, &batch.jobs);
}
