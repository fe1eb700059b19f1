//! Putting somebody on the roster of a course.

use entity::course::enrollment::{self, Role};
use entity::course::role;
use entity::identity::audit::{Action, Entry};
use entity::identity::user;
use entity::viewer::{Permission, ViewerScope};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};
use serde_json::json;

use super::{find, has_all};
use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::problem::Problem;
use crate::write::Write;

/// Why somebody was not enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrollCode {
    NotAllowed,
    UserUnknown,
    CourseUnknown,
    RoleUnknown,
    /// It allows more than the viewer may, or they have now what does.
    BeyondYours,
    /// The course is theirs.
    Owner,
}

/// As what somebody is to take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum As {
    /// With what that usually allows in the course.
    Kind(Role),
    /// By a role of the course, which has this key.
    Own(String),
}

/// Enrolls the person with that address, or changes their role. For who may change the roster, up to what they may themselves.
///
/// # Errors
/// When the viewer may not, something is unknown, or something breaks.
pub async fn enroll(
    deps: &Deps,
    viewer: &ViewerScope,
    email: &str,
    course: &str,
    role: &As,
) -> Result<(), Problem<EnrollCode>> {
    let mut write = Write::begin(deps).await?;
    let Some(offering) = find(&write, course).await? else {
        return Err(if viewer.may_administer() { unknown_course(course) } else { may_not() });
    };
    if !viewer.may(Permission::ManageRoster, offering.id) {
        return Err(may_not());
    }
    let roles = role::of_course(write.tx(), offering.id).await?;
    let (kind, own) = given(role, &roles, offering.id)?;
    let person = person(&write, email).await?;
    let before = current(&write, person.id, offering.id).await?;
    // Nothing changes, so nobody's sockets have to be closed over it.
    if before.as_ref().is_some_and(|before| before.role == kind && before.role_id == own) {
        return Ok(());
    }
    if let Some(before) = &before {
        may_change(viewer, before, &roles)?;
    }
    if !has_all(viewer, offering.id, &role::effective(&roles, kind, own)) {
        return Err(beyond());
    }
    let row = enrollment::ActiveModel {
        user_id: Set(person.id),
        course_id: Set(offering.id),
        role: Set(kind),
        role_id: Set(own),
        owner: Set(false),
        created_at: Set(write.now),
        ..Default::default()
    };
    let again = OnConflict::columns([enrollment::Column::UserId, enrollment::Column::CourseId])
        .update_columns([enrollment::Column::Role, enrollment::Column::RoleId])
        .to_owned();
    enrollment::Entity::insert(row).on_conflict(again).exec_without_returning(write.tx()).await?;
    rights_changed(&mut write, person.id).await?;
    let word = |kind: Role, own: Option<i64>| {
        own.and_then(|own| roles.iter().find(|role| role.id == own))
            .map_or_else(|| kind.word(), |role| role.key.clone())
    };
    let action = if before.is_some() { Action::RoleChanged } else { Action::Enrolled };
    let before = before.map(|before| word(before.role, before.role_id));
    let details = json!({ "before": before, "role": word(kind, own) });
    note(&write, Entry { course: Some(offering.id), ..entry(viewer, action, Some(person.id), details) }).await?;
    write.commit().await?;
    Ok(())
}

fn given(role: &As, roles: &[role::Model], course: i64) -> Result<(Role, Option<i64>), Problem<EnrollCode>> {
    match role {
        As::Kind(kind) => Ok((*kind, None)),
        As::Own(key) => {
            let row = roles.iter().find(|row| row.course_id == Some(course) && row.key == *key);
            let row = row.ok_or_else(|| {
                let message = format!("The course has no role `{key}` of its own.");
                Problem::refused_at(EnrollCode::RoleUnknown, message, &["roleKey"])
            })?;
            Ok((row.kind, (row.key != row.kind.word()).then_some(row.id)))
        }
    }
}

/// Whether the viewer may change or end what somebody has.
pub(super) fn may_change(
    viewer: &ViewerScope,
    before: &enrollment::Model,
    roles: &[role::Model],
) -> Result<(), Problem<EnrollCode>> {
    if before.owner {
        return Err(owner());
    }
    if has_all(viewer, before.course_id, &before.allows(roles)) { Ok(()) } else { Err(beyond()) }
}

pub(super) async fn person(write: &Write, email: &str) -> Result<user::Model, Problem<EnrollCode>> {
    let unknown =
        || Problem::refused_at(EnrollCode::UserUnknown, format!("There is no account for {email}."), &["email"]);
    let address = user::normal_email(email).ok_or_else(unknown)?;
    user::by_email(write.tx(), &address).await?.ok_or_else(unknown)
}

pub(super) async fn current(write: &Write, user: i64, course: i64) -> Result<Option<enrollment::Model>, DbErr> {
    let there = enrollment::Entity::find()
        .filter(enrollment::Column::UserId.eq(user))
        .filter(enrollment::Column::CourseId.eq(course));
    there.one(write.tx()).await
}

/// Has somebody's rights looked at anew.
pub(super) async fn rights_changed(write: &mut Write, user: i64) -> Result<(), DbErr> {
    user::rights_changed(write.tx(), user).await?;
    write.rights_changed();
    Ok(())
}

pub(super) fn owner() -> Problem<EnrollCode> {
    Problem::refused(EnrollCode::Owner, "The course is theirs. Whose it is gives it away first.")
}

pub(super) fn may_not() -> Problem<EnrollCode> {
    Problem::refused(EnrollCode::NotAllowed, "Only who may change the roster of a course may do that.")
}

pub(super) fn unknown_course(course: &str) -> Problem<EnrollCode> {
    let message = format!("There is no course `{course}`; sync the content first.");
    Problem::refused_at(EnrollCode::CourseUnknown, message, &["course"])
}

fn beyond() -> Problem<EnrollCode> {
    let message = "That role allows more than you may in the course yourself, so you can neither give nor take it.";
    Problem::refused(EnrollCode::BeyondYours, message)
}
