//! Choosing which submission counts, in the place of the latest.

use entity::assignment;
use entity::id::{self, Kind};
use entity::identity::audit::{Action, Entry};
use entity::job::event::Stream;
use entity::submission::work::{self, Whose, Works, recount};
use entity::submission::{self, Entity as Submissions};
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use sea_orm::EntityTrait as _;
use serde_json::json;

use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// Why the choice stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagCode {
    NotAllowed,
    SubmissionUnknown,
    /// The assignment is closed to its students.
    Locked,
}

/// Has that submission count for all who share it, or, where it should not be chosen any more, the latest.
///
/// # Errors
/// When it is not for the viewer, it is too late, or something breaks.
pub async fn flag(deps: &Deps, viewer: &ViewerScope, key: i64, chosen: bool) -> Result<(), Problem<FlagCode>> {
    let mut write = Write::begin(deps).await?;
    let unknown =
        || Problem::refused_at(FlagCode::SubmissionUnknown, "There is no such submission for you.", &["submission"]);
    let submission = Submissions::visible(viewer).by_key(write.tx(), key).await?.ok_or_else(unknown)?;
    let mut works = lock(&write, &submission).await?;
    may(&write, viewer, &submission, &mut works).await?;
    let (assignment, owner) = (submission.assignment_id, submission.submitter_id);
    let before = works.of(assignment, owner).and_then(|row| row.final_submission_id);
    for row in works.unit(assignment, owner) {
        let drop = !chosen && row.flagged_submission_id == Some(key);
        if chosen || drop {
            row.flagged_submission_id = chosen.then_some(key);
            row.flagged_by = viewer.impersonator.or(viewer.user()).filter(|_| chosen);
        }
    }
    let rows: Vec<work::Model> = works.unit(assignment, owner).map(|row| row.clone()).collect();
    recount(write.tx(), &rows.iter().collect::<Vec<_>>(), rows.first().and_then(|row| row.group_id)).await?;
    let after = work::find(write.tx(), assignment, owner).await?.and_then(|row| row.final_submission_id);
    let show = |key: Option<i64>| key.map(|key| id::encode(Kind::Submission, key));
    let details = json!({ "before": show(before), "now": show(after), "chosen": chosen });
    let course = submission.course_id;
    let about = Entry { course: Some(course), ..entry(viewer, Action::SubmissionFlagged, Some(owner), details) };
    note(&write, about).await?;
    let data = json!({
        "submission": show(after),
        "assignment": id::encode(Kind::Assignment, assignment),
        "submitter": id::encode(Kind::User, owner),
    });
    write.emit(Stream::Course(course), Action::SubmissionFlagged.word(), data);
    Ok(write.commit().await?)
}

pub(super) async fn lock(write: &Write, submission: &submission::Model) -> Result<Works, sea_orm::DbErr> {
    let whose =
        Whose { assignment: submission.assignment_id, owner: submission.submitter_id, course: submission.course_id };
    work::lock(write.tx(), [whose]).await
}

/// Those who share it may until it is locked, staff always.
async fn may(
    write: &Write,
    viewer: &ViewerScope,
    submission: &submission::Model,
    works: &mut Works,
) -> Result<(), Problem<FlagCode>> {
    if viewer.sees_to_work(submission.course_id) {
        return Ok(());
    }
    let (key, owner) = (submission.assignment_id, submission.submitter_id);
    let mut unit = works.unit(key, owner);
    let Some(own) = unit.find(|row| Some(row.owner_id) == viewer.works_as()) else {
        let message = "Those who share the work choose what counts, by a sign-in or a token with `submit`, and staff that may give more time, by one with `grade`.";
        return Err(Problem::refused(FlagCode::NotAllowed, message));
    };
    let assignment = assignment::Entity::find_by_id(key).one(write.tx()).await?;
    let assignment = assignment.ok_or_else(|| Fault::Internal("a submission without an assignment".into()))?;
    let deadline = assignment.deadline(own.due_at);
    match deadline.lock_at {
        Some(until) if deadline.is_locked(write.now) => {
            let message = format!("The choice was open until {}. Ask your teacher to change it.", until.to_minutes());
            Err(Problem::refused(FlagCode::Locked, message))
        }
        _ => Ok(()),
    }
}
