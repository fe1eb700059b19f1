//! Saying what a role allows: in a course, or in all courses that say nothing else.

use std::collections::BTreeSet;

use entity::course::enrollment::Role;
use entity::course::role::{self, effective};
use entity::identity::audit::{Action, Entry};
use entity::identity::user;
use entity::viewer::{Permission, ViewerScope};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, DbErr, EntityTrait, Iterable as _, PaginatorTrait as _, QueryFilter, Set,
    Unchanged,
};
use serde_json::json;

use super::has_all;
use super::place::{PlaceCode, place, there};
use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::problem::Problem;
use crate::write::Write;

/// Rows about roles that a course may have.
const MOST: u64 = 50;

/// A role as it is to be.
#[derive(Clone, Debug)]
pub struct NewRole {
    /// The key of the course; none for all courses that say nothing else.
    pub course: Option<String>,
    /// The word for it; that of a kind says what the kind allows.
    pub key: String,
    pub name: String,
    pub kind: Role,
    pub permissions: BTreeSet<Permission>,
}

/// Why a role stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetRoleCode {
    NotAllowed,
    CourseUnknown,
    KeyInvalid,
    NameInvalid,
    /// It allows more than the viewer may, or did before.
    BeyondYours,
    /// Who takes part attends: a role without that would be none.
    AttendMissing,
    /// The course has as many roles of its own as it may have.
    TooMany,
}

impl From<PlaceCode> for SetRoleCode {
    fn from(code: PlaceCode) -> Self {
        match code {
            PlaceCode::NotAllowed => Self::NotAllowed,
            PlaceCode::CourseUnknown => Self::CourseUnknown,
        }
    }
}

/// Makes the role, or changes what it allows. For who may change roles in the course, up to what they may themselves; for the whole site, for
/// who runs it.
///
/// # Errors
/// When the viewer may not, the input is not good, or something breaks.
pub async fn set_role(deps: &Deps, viewer: &ViewerScope, new: NewRole) -> Result<role::Model, Problem<SetRoleCode>> {
    let mut write = Write::begin(deps).await?;
    let course = place(&write, viewer, new.course.as_deref()).await.map_err(|problem| problem.map(Into::into))?;
    check(&new, course)?;
    let before = there(&write, course, &new.key).await?;
    if before.is_none() && own_roles(&write, course).await? >= MOST {
        let message = format!("The course has {MOST} roles of its own; give one that is there.");
        return Err(Problem::refused(SetRoleCode::TooMany, message));
    }
    if let Some(course) = course {
        let had = before_of(&write, course, &new, before.as_ref()).await?;
        if !has_all(viewer, course, &new.permissions) || !has_all(viewer, course, &had) {
            let message = "That role allows more than you may in the course yourself, or did so before.";
            return Err(Problem::refused_at(SetRoleCode::BeyondYours, message, &["permissions"]));
        }
    }
    let allowed = role::write(&new.permissions);
    let mut row = role::ActiveModel {
        course_id: Set(course),
        key: Set(new.key.clone()),
        name: Set(new.name.trim().to_owned()),
        permissions: Set(allowed.clone()),
        ..Default::default()
    };
    let role = match &before {
        Some(before) => {
            row.id = Unchanged(before.id);
            row.update(write.tx()).await?
        }
        None => {
            row.kind = Set(new.kind);
            row.created_at = Set(write.now);
            row.insert(write.tx()).await?
        }
    };
    role::rights_changed(write.tx(), &role).await?;
    write.rights_changed();
    let details = json!({ "role": new.key, "before": before.map(|before| before.permissions), "permissions": allowed });
    note(&write, Entry { course, ..entry(viewer, Action::RoleSet, None, details) }).await?;
    write.commit().await?;
    Ok(role)
}

fn check(new: &NewRole, course: Option<i64>) -> Result<(), Problem<SetRoleCode>> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let of_kind = Role::iter().find(|kind| kind.word() == new.key);
    let fits = match of_kind {
        Some(kind) => kind == new.kind,
        // A role of its own belongs to a course.
        None => course.is_some() && (2..=40).contains(&new.key.len()) && new.key.bytes().all(plain),
    };
    if !fits {
        let message = "A role is known by 2 to 40 small letters, digits and `_`, in a course; for the whole site, by the word of its kind.";
        return Err(Problem::refused_at(SetRoleCode::KeyInvalid, message, &["key"]));
    }
    if user::normal_name(&new.name).is_none() {
        return Err(Problem::refused_at(
            SetRoleCode::NameInvalid,
            "A role needs a name by which people know it.",
            &["name"],
        ));
    }
    if !new.permissions.contains(&Permission::Attend) {
        let message = "Who takes part in a course attends it: the permission ATTEND is missing.";
        return Err(Problem::refused_at(SetRoleCode::AttendMissing, message, &["permissions"]));
    }
    Ok(())
}

/// How many rows about roles a course has.
async fn own_roles(write: &Write, course: Option<i64>) -> Result<u64, DbErr> {
    let Some(course) = course else { return Ok(0) };
    role::Entity::find().filter(role::Column::CourseId.eq(course)).count(write.tx()).await
}

/// What the role allowed in the course until now.
async fn before_of(
    write: &Write,
    course: i64,
    new: &NewRole,
    before: Option<&role::Model>,
) -> Result<BTreeSet<Permission>, DbErr> {
    match before {
        Some(before) => Ok(before.allows()),
        None if new.key == new.kind.word() => {
            Ok(effective(&role::of_course(write.tx(), course).await?, new.kind, None))
        }
        None => Ok(BTreeSet::new()),
    }
}
