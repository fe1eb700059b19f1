//! Granting more time: to who asked for it, or unasked.

use entity::assignment::deadline::written;
use entity::assignment::extension::{self, State};
use entity::course::enrollment;
use entity::identity::audit::Action;
use entity::viewer::ViewerScope;
use sea_orm::{ActiveModelTrait as _, DbErr, Set, Unchanged};

use super::request::insert;
use super::{Done, ExtensionCode, Until, find, find_assignment, finish, lock, may_grant, settle, until, words};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Gives the person with that address, who takes part in the course, time until then; the key of the extension. What they had is replaced, and
/// what they asked for is answered with it.
///
/// # Errors
/// When the viewer may not, the person, the time or the reason is none, or something breaks.
pub async fn grant(
    deps: &Deps,
    viewer: &ViewerScope,
    assignment: i64,
    email: &str,
    said: &Until,
    reason: &str,
) -> Done<i64> {
    let write = Write::begin(deps).await?;
    let assignment = find_assignment(&write, viewer, assignment).await?;
    may_grant(viewer, assignment.course_id)?;
    let person = student(&write, assignment.course_id, email).await?;
    let (due_at, wall) = until(&assignment, said)?;
    let reason = words(reason, "reason", true)?;
    let row = extension::Model {
        id: 0,
        assignment_id: assignment.id,
        course_id: assignment.course_id,
        user_id: person,
        state: State::Granted,
        due_at,
        due_local: written(wall),
        reason,
        answer: String::new(),
        decided_by: viewer.user(),
        created_at: write.now,
        decided_at: Some(write.now),
    };
    let works = lock(&write, &row).await?;
    replace(&write, &row, State::Granted).await?;
    replace(&write, &row, State::Requested).await?;
    let row = insert(&write, row).await?;
    settle(&write, &works).await?;
    let key = row.id;
    finish(write, viewer, Action::ExtensionGranted, &row).await?;
    Ok(key)
}

/// Grants what somebody asked for, or another time in its place.
///
/// # Errors
/// When the viewer may not, it is decided already, the time is none, or something breaks.
pub async fn approve(
    deps: &Deps,
    viewer: &ViewerScope,
    extension: i64,
    other: Option<&Until>,
    answer: &str,
) -> Done<()> {
    let write = Write::begin(deps).await?;
    let (mut row, works) = find(&write, viewer, extension).await?;
    may_grant(viewer, row.course_id)?;
    if row.state != State::Requested {
        return Err(Problem::refused(ExtensionCode::Decided, "This is decided already, or was withdrawn."));
    }
    let assignment = find_assignment(&write, viewer, row.assignment_id).await?;
    if let Some(said) = other {
        let (due_at, wall) = until(&assignment, said)?;
        (row.due_at, row.due_local) = (due_at, written(wall));
    }
    replace(&write, &row, State::Granted).await?;
    let granted = extension::ActiveModel {
        id: Unchanged(row.id),
        state: Set(State::Granted),
        due_at: Set(row.due_at),
        due_local: Set(row.due_local.clone()),
        answer: Set(words(answer, "answer", false)?),
        decided_by: Set(viewer.user()),
        decided_at: Set(Some(write.now)),
        ..Default::default()
    };
    granted.update(write.tx()).await?;
    settle(&write, &works).await?;
    Ok(finish(write, viewer, Action::ExtensionGranted, &row).await?)
}

/// Has what somebody has in that state make place.
async fn replace(write: &Write, row: &extension::Model, state: State) -> Result<(), DbErr> {
    let Some(before) = extension::find(write.tx(), row.assignment_id, row.user_id, state).await? else {
        return Ok(());
    };
    let gone = extension::ActiveModel { id: Unchanged(before.id), state: Set(State::Replaced), ..Default::default() };
    gone.update(write.tx()).await.map(drop)
}

/// The person with that address who takes part in the course.
async fn student(write: &Write, course: i64, email: &str) -> Done<i64> {
    let unknown = || {
        let message = format!("Nobody with the address {email} takes part in this course.");
        Problem::refused_at(ExtensionCode::PersonUnknown, message, &["email"])
    };
    enrollment::taking_part(write.tx(), course, email).await?.ok_or_else(unknown)
}
