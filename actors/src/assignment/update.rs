//! Changing the rules of an assignment by hand. They hold from the moment on: how late something is and what it is worth is worked out from them
//! each time, so nothing has to be mended afterwards. What was not taken for handed in stays a backup; staff may hand it in.

use entity::assignment::{self, Model};
use entity::id::{self, Kind};
use entity::identity::audit::{Action, Entry};
use entity::job::event::Stream;
use entity::viewer::{Permission, ViewerScope};
use entity::visible::Viewable as _;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait as _, ColumnTrait as _, DbErr, QuerySelect as _, Unchanged};
use serde_json::{Map, Value, json};

use super::change::{Change, ChangeCode, Changed, Done};
use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::problem::Problem;
use crate::write::Write;

/// Changes it; the assignment as it is then. For who may change assignments in the course.
///
/// # Errors
/// When the viewer may not, there is no such assignment, something of it cannot be, or something breaks.
pub async fn update(deps: &Deps, viewer: &ViewerScope, assignment: i64, change: Change) -> Done<Model> {
    let mut write = Write::begin(deps).await?;
    let before = lock(&write, viewer, assignment::Column::Id.eq(assignment)).await?;
    let unknown =
        || Problem::refused_at(ChangeCode::AssignmentUnknown, "There is no such assignment.", &["assignment"]);
    let before = before.ok_or_else(unknown)?;
    may(viewer, before.course_id)?;
    let now = store(&mut write, viewer, &before, change).await?;
    write.commit().await?;
    Ok(now)
}

/// The assignment that is meant, for who may see it; nobody else changes it before the transaction has ended.
pub(super) async fn lock(
    write: &Write,
    viewer: &ViewerScope,
    which: sea_orm::sea_query::Expr,
) -> Result<Option<Model>, DbErr> {
    let meant = assignment::Entity::visible(viewer).filter(which);
    meant.into_select().lock(LockType::NoKeyUpdate).one(write.tx()).await
}

pub(super) fn may(viewer: &ViewerScope, course: i64) -> Done<()> {
    if viewer.may(Permission::ManageContent, course) {
        return Ok(());
    }
    let message = "Only who may change assignments in the course may do that.";
    Err(Problem::refused(ChangeCode::NotAllowed, message))
}

/// Stores a change of an assignment that is locked.
pub(super) async fn store(write: &mut Write, viewer: &ViewerScope, before: &Model, change: Change) -> Done<Model> {
    let Changed { mut row, details } = change.apply(before)?;
    row.id = Unchanged(before.id);
    let now = row.update(write.tx()).await?;
    if !details.is_empty() {
        tell(write, viewer, Action::AssignmentChanged, &now, details).await?;
    }
    Ok(now)
}

/// Notes what was done, for the log and for those who follow the course.
pub(super) async fn tell(
    write: &mut Write,
    viewer: &ViewerScope,
    action: Action,
    row: &Model,
    details: Map<String, Value>,
) -> Result<(), DbErr> {
    let assignment = id::encode(Kind::Assignment, row.id);
    let noted = json!({ "assignment": assignment, "rules": details });
    note(write, Entry { course: Some(row.course_id), ..entry(viewer, action, None, noted) }).await?;
    write.emit(Stream::Course(row.course_id), action.word(), json!({ "assignment": assignment }));
    Ok(())
}
