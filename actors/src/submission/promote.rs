//! Handing in a backup after all: work that was sent in time but not handed in, because it was forgotten or could not be.

use entity::assignment;
use entity::id::{self, Kind};
use entity::identity::audit::{Action, Entry};
use entity::job::event::Stream;
use entity::submission::mark::{Mark, mark};
use entity::submission::work::{self, Whose, Works};
use entity::submission::{self, backup};
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use sea_orm::EntityTrait as _;
use serde_json::json;

use super::grade::grading;
use super::intake::KeptBack;
use super::posted;
use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::lanes;
use crate::problem::Problem;
use crate::write::Write;

/// Why it stays a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromoteCode {
    NotAllowed,
    BackupUnknown,
    /// It is a submission already.
    HandedIn,
    /// The file that is run is missing.
    MainMissing,
    /// It came when the assignment was closed to its student.
    Locked,
    /// No attempt is left.
    AttemptsUsed,
}

/// Hands in that backup. What counts for lateness is when it came, which is long ago; no clock but ours says so. Those who share the work may
/// where they could have handed it in then; staff whatever the time and however many attempts were made.
///
/// # Errors
/// When it is not for the viewer, is handed in already, cannot be graded, came too late, or something breaks.
pub async fn promote(deps: &Deps, viewer: &ViewerScope, key: i64) -> Result<i64, Problem<PromoteCode>> {
    let unknown = || Problem::refused_at(PromoteCode::BackupUnknown, "There is no such backup for you.", &["backup"]);
    let backup = backup::Entity::visible(viewer).by_key(deps.db.read(), key).await?.ok_or_else(unknown)?;
    let posted = posted::behind(deps, backup.assignment_id).await?;
    let assignment = &posted.assignment;
    let grading = grading(deps, assignment, backup.submitter_id, posted.plan()?).await?;
    let mut write = Write::begin(deps).await?;
    let whose = Whose { assignment: assignment.id, owner: backup.submitter_id, course: backup.course_id };
    let mut works = work::lock(write.tx(), [whose]).await?;
    if submission::Entity::find_by_id(key).one(write.tx()).await?.is_some() {
        return Err(Problem::refused_at(PromoteCode::HandedIn, "It is handed in already.", &["backup"]));
    }
    may(viewer, assignment, grading.attempts, &backup, &mut works)?;
    let submitted = Mark {
        backup: key,
        assignment: assignment.id,
        course: backup.course_id,
        submitter: backup.submitter_id,
        files: backup.files.clone(),
        submitted_at: backup.received_at,
        grading: &grading,
    };
    let jobs = mark(&write.turn.tx, &[submitted], &mut write.shares).await?;
    submission::value_as_scored(write.tx(), &[key]).await?;
    work::hand_in(write.tx(), &mut works, assignment.id, backup.submitter_id, key).await?;
    let details = json!({ "backup": id::encode(Kind::Backup, key) });
    let about = entry(viewer, Action::BackupPromoted, Some(backup.submitter_id), details);
    note(&write, Entry { course: Some(backup.course_id), ..about }).await?;
    let data = json!({
        "submission": id::encode(Kind::Submission, key),
        "assignment": id::encode(Kind::Assignment, assignment.id),
        "submitter": id::encode(Kind::User, backup.submitter_id),
    });
    write.emit(Stream::Course(backup.course_id), "submission.received", data);
    write.enqueued(lanes::EXECUTION, &jobs);
    write.commit().await?;
    Ok(key)
}

fn may(
    viewer: &ViewerScope,
    assignment: &assignment::Model,
    attempts: Option<i32>,
    backup: &backup::Model,
    works: &mut Works,
) -> Result<(), Problem<PromoteCode>> {
    if assignment.is_run() && !backup.files.0.iter().any(|entry| entry.name == assignment.main) {
        let why = KeptBack::MainMissing(assignment.main.clone());
        return Err(Problem::refused_at(PromoteCode::MainMissing, why.to_string(), &["backup"]));
    }
    if viewer.hands_in_for_others(assignment.course_id) {
        return Ok(());
    }
    let mut unit = works.unit(assignment.id, backup.submitter_id);
    let Some(own) = unit.find(|row| Some(row.owner_id) == viewer.works_as()) else {
        let message = "Those who share the work hand it in, by a sign-in or a token with `submit`, and staff that may give more time, by one with `grade`.";
        return Err(Problem::refused(PromoteCode::NotAllowed, message));
    };
    let deadline = assignment.deadline(own.due_at);
    if let Some(until) = deadline.lock_at.filter(|_| deadline.is_locked(backup.received_at)) {
        let why = KeptBack::Locked { endpoint: assignment.endpoint.clone(), until };
        return Err(Problem::refused_at(PromoteCode::Locked, why.to_string(), &["backup"]));
    }
    if let Some(most) = attempts.filter(|most| own.submissions >= *most) {
        // Those that came to nothing are not counted as theirs.
        let all = assignment.attempts.unwrap_or(most);
        return Err(Problem::refused(PromoteCode::AttemptsUsed, KeptBack::AttemptsUsed(all).to_string()));
    }
    Ok(())
}
