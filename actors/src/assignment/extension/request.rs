//! Asking for more time.

use entity::assignment::deadline::written;
use entity::assignment::extension::{self, State};
use entity::course::enrollment;
use entity::id::{self, Kind};
use entity::identity::audit::Action;
use entity::viewer::{Permission, ViewerScope};
use sea_orm::{ActiveModelTrait as _, Set};

use super::{Done, ExtensionCode, Until, find_assignment, finish, lock, until, words};
use crate::deps::Deps;
use crate::mail::{digest, letters};
use crate::problem::Problem;
use crate::write::Write;

/// Asks for more time for the viewer's own work; the key of the wish. Those who decide about it have a letter, those of the student's lab section
/// first.
///
/// # Errors
/// When the time or the reason is none, it is asked for already, the viewer is nobody, or something breaks.
pub async fn request(deps: &Deps, viewer: &ViewerScope, assignment: i64, said: &Until, reason: &str) -> Done<i64> {
    let nobody = || Problem::refused(ExtensionCode::NotAllowed, "Sign in to ask for more time.");
    let person = viewer.works_as().ok_or_else(nobody)?;
    let mut write = Write::begin(deps).await?;
    let assignment = find_assignment(&write, viewer, assignment).await?;
    let (due_at, wall) = until(&assignment, said)?;
    let reason = words(reason, "reason", true)?;
    let row = extension::Model {
        id: 0,
        assignment_id: assignment.id,
        course_id: assignment.course_id,
        user_id: person,
        state: State::Requested,
        due_at,
        due_local: written(wall),
        reason,
        answer: String::new(),
        decided_by: None,
        created_at: write.now,
        decided_at: None,
    };
    lock(&write, &row).await?;
    if extension::find(write.tx(), assignment.id, person, State::Requested).await?.is_some() {
        let message = "You have asked already. Withdraw that to ask for something else.";
        return Err(Problem::refused(ExtensionCode::AlreadyRequested, message));
    }
    let row = insert(&write, row).await?;
    let key = row.id;
    let (course, about) = (row.course_id, id::encode(Kind::Assignment, row.assignment_id));
    let deciders = enrollment::whom_to_ask(write.tx(), course, Permission::GrantExtensions, person).await?;
    digest::tell(&mut write, &about, letters::EXTENSION_REQUESTS, course, &deciders).await?;
    finish(write, viewer, Action::ExtensionRequested, &row).await?;
    Ok(key)
}

/// Stores a row that has no key yet.
pub(super) async fn insert(write: &Write, row: extension::Model) -> Result<extension::Model, sea_orm::DbErr> {
    let row = extension::ActiveModel {
        assignment_id: Set(row.assignment_id),
        course_id: Set(row.course_id),
        user_id: Set(row.user_id),
        state: Set(row.state),
        due_at: Set(row.due_at),
        due_local: Set(row.due_local),
        reason: Set(row.reason),
        answer: Set(row.answer),
        decided_by: Set(row.decided_by),
        created_at: Set(row.created_at),
        decided_at: Set(row.decided_at),
        ..Default::default()
    };
    row.insert(write.tx()).await
}
