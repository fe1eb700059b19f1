//! Taking work in, whoever brought it: when it came too late or no attempt is left, it is kept as a backup, with the reason. So nothing that
//! arrived is lost.

use std::sync::Arc;

use entity::assignment;
use entity::assignment::deadline::Deadline;
use entity::clock::Timestamp;
use entity::file::{Content, Entries};
use entity::submission::accept::{Accepted, HandIn};
use entity::submission::backup;
use entity::submission::receipt::Receipt;
use entity::submission::work::{self, stuck::Try};
use sea_orm::DbErr;

use super::grade::{grade_after_all, grading};
use super::posted::Posted;
use super::receipt::issue::Acknowledged;
use crate::deps::Deps;
use crate::problem::Fault;

/// Work that somebody may bring.
#[derive(Debug)]
pub(super) struct Work {
    /// What makes two requests the same.
    pub operation_key: String,
    pub files: Vec<(String, Content)>,
    pub messages: Vec<(String, Content)>,
    pub client_created_at: Option<Timestamp>,
    pub received_at: Timestamp,
    /// Whether it is to be handed in.
    pub submit: bool,
    /// How its tests went where it was made, if somebody says so.
    pub tried: Option<Try>,
}

/// Where it is.
#[derive(Clone, Debug)]
pub struct Taken {
    pub accepted: Accepted,
    /// Why it was not handed in, though it should.
    pub kept_back: Option<KeptBack>,
    /// None of what came before there were receipts.
    pub receipt: Option<Arc<Receipt>>,
}

/// Why work is kept as a backup, and not handed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeptBack {
    #[error("`{0}` is missing: it is the file that is run. Your work was kept as a backup and not handed in.")]
    MainMissing(String),
    #[error(
        "Late Submission of {endpoint}: it was taken until {until}. Your work was kept as a backup and not handed in; ask your teacher for more \
         time.",
        until = until.to_minutes()
    )]
    Locked { endpoint: String, until: Timestamp },
    #[error("All {0} attempts are used. Your work was kept as a backup and not handed in.")]
    AttemptsUsed(i32),
}

/// Takes it in. Durable when it returns; the grading of what was handed in follows by itself.
pub(super) async fn take_in(deps: &Deps, person: i64, posted: &Posted, work: Work) -> Result<Taken, Fault> {
    let assignment = &posted.assignment;
    let barred = if work.submit { barred(deps, person, assignment, &work).await? } else { None };
    let grading = if work.submit && barred.is_none() {
        Some(grading(deps, assignment, person, posted.plan()?).await?)
    } else {
        None
    };
    let submit = work.submit;
    let hand_in = HandIn {
        operation_key: work.operation_key,
        assignment: assignment.id,
        course: assignment.course_id,
        submitter: person,
        files: work.files,
        messages: work.messages,
        client_created_at: work.client_created_at,
        received_at: work.received_at,
        grading,
        tried: work.tried,
    };
    let Acknowledged { accepted, receipt } = deps.writer.accept(hand_in).await?;
    if submit && accepted.handed_in && !accepted.marked {
        grade_after_all(deps, &accepted, assignment).await?;
    }
    let used = || Some(KeptBack::AttemptsUsed(assignment.attempts?));
    let kept_back = if submit && !accepted.handed_in { barred.or_else(used) } else { None };
    Ok(Taken { accepted, kept_back, receipt })
}

/// The last that somebody sent for an assignment with other files. Who sends the same twice because an answer was lost means one; who goes
/// back to what they had before means another.
pub(super) async fn other_before(
    deps: &Deps,
    person: i64,
    assignment: i64,
    files: &[(String, Content)],
) -> Result<Option<i64>, DbErr> {
    let files = Entries(files.iter().map(|(name, content)| content.entry(name)).collect());
    backup::other_than(deps.db.read(), assignment, person, &files).await
}

/// The deadlines that hold for somebody, whatever was granted to them or to those with whom they share the work.
///
/// # Errors
/// When the database does not answer.
pub async fn deadline(deps: &Deps, person: i64, assignment: &assignment::Model) -> Result<Deadline, Fault> {
    let own = work::find(deps.db.read(), assignment.id, person).await?;
    Ok(assignment.deadline(own.and_then(|own| own.due_at)))
}

/// Why it cannot be handed in, whatever else comes at the same time.
async fn barred(
    deps: &Deps,
    person: i64,
    assignment: &assignment::Model,
    work: &Work,
) -> Result<Option<KeptBack>, Fault> {
    if assignment.is_run() && !work.files.iter().any(|(name, _)| *name == assignment.main) {
        return Ok(Some(KeptBack::MainMissing(assignment.main.clone())));
    }
    // Most come in time, and need no look at who has more.
    if assignment.lock_at.is_none_or(|lock| work.received_at <= lock) {
        return Ok(None);
    }
    let deadline = deadline(deps, person, assignment).await?;
    // What comes again has come when it came first.
    let first = backup::came_first(deps.db.read(), &work.operation_key).await?;
    let came = first.map_or(work.received_at, |first| first.min(work.received_at));
    let until = deadline.lock_at.filter(|_| deadline.is_locked(came));
    Ok(until.map(|until| KeptBack::Locked { endpoint: assignment.endpoint.clone(), until }))
}
