//! Putting somebody on the roster of a course.

use entity::clock::Timestamp;
use entity::course::enrollment::{self, Role};
use entity::course::role;
use entity::identity::audit::{Action, Entry};
use entity::identity::user;
use entity::viewer::{Permission, ViewerScope};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
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
    /// What is said of them is too long, or has more than a line.
    TextInvalid,
}

/// What a roster says of somebody, beside their role. What is none stays as it is; what is empty goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub student_number: Option<String>,
    pub class_account: Option<String>,
    pub lab_section: Option<String>,
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
    about: About,
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
    let after = after(before.as_ref(), person.id, offering.id, (kind, own), about)?;
    let after =
        enrollment::Model { created_at: before.as_ref().map_or(write.now, |before| before.created_at), ..after };
    // Nothing changes, so nobody's sockets have to be closed over it.
    if before.as_ref() == Some(&after) {
        return Ok(());
    }
    let stays = before.as_ref().is_some_and(|before| before.role == kind && before.role_id == own);
    if !stays {
        if let Some(before) = &before {
            may_change(viewer, before, &roles)?;
        }
        if !has_all(viewer, offering.id, &role::effective(&roles, kind, own)) {
            return Err(beyond());
        }
        rights_changed(&mut write, person.id).await?;
    }
    enrollment::put(write.tx(), &[after]).await?;
    let word = |kind: Role, own: Option<i64>| {
        own.and_then(|own| roles.iter().find(|role| role.id == own))
            .map_or_else(|| kind.word(), |role| role.key.clone())
    };
    let (action, details) = match before.map(|before| word(before.role, before.role_id)) {
        // What it says of them names them, so it is not noted.
        Some(_) if stays => (Action::EnrollmentChanged, json!({})),
        Some(before) => (Action::RoleChanged, json!({ "before": before, "role": word(kind, own) })),
        None => (Action::Enrolled, json!({ "before": null, "role": word(kind, own) })),
    };
    note(&write, Entry { course: Some(offering.id), ..entry(viewer, action, Some(person.id), details) }).await?;
    write.commit().await?;
    Ok(())
}

/// Somebody's part in a course as it is to be.
fn after(
    before: Option<&enrollment::Model>,
    user: i64,
    course: i64,
    (role, role_id): (Role, Option<i64>),
    about: About,
) -> Result<enrollment::Model, Problem<EnrollCode>> {
    let text = |said: Option<String>, before: Option<&Option<String>>, path: &str| match said {
        None => Ok(before.cloned().flatten()),
        Some(said) => enrollment::normal_text(&said).map_err(|most| {
            let message = format!("It has at most {most} characters, in one line.");
            Problem::refused_at(EnrollCode::TextInvalid, message, &[path])
        }),
    };
    Ok(enrollment::Model {
        id: before.map_or(0, |before| before.id),
        user_id: user,
        course_id: course,
        role,
        role_id,
        owner: before.is_some_and(|before| before.owner),
        created_at: before.map_or(Timestamp(0), |before| before.created_at),
        student_number: text(about.student_number, before.map(|before| &before.student_number), "studentNumber")?,
        class_account: text(about.class_account, before.map(|before| &before.class_account), "classAccount")?,
        lab_section: text(about.lab_section, before.map(|before| &before.lab_section), "labSection")?,
    })
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
