//! Putting somebody on the roster of a course.

use entity::course;
use entity::course::enrollment::{self, Role};
use entity::identity::audit::{Action, Entry};
use entity::identity::user;
use entity::viewer::ViewerScope;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use serde_json::json;

use super::audit::{entry, note};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Why somebody was not enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrollCode {
    NotAllowed,
    UserUnknown,
    CourseUnknown,
}

/// Enrolls the person with that address, or changes their role. For the site's staff.
///
/// # Errors
/// When the viewer may not, either is unknown, or something breaks.
pub async fn enroll(
    deps: &Deps,
    viewer: &ViewerScope,
    email: &str,
    course: &str,
    role: Role,
) -> Result<(), Problem<EnrollCode>> {
    if !viewer.may_administer() {
        return Err(Problem::refused(EnrollCode::NotAllowed, "Only the site's staff may change a roster."));
    }
    let mut write = Write::begin(deps).await?;
    let unknown = || Problem::refused_at(EnrollCode::UserUnknown, format!("There is no account for {email}."), &["email"]);
    let address = user::normal_email(email).ok_or_else(unknown)?;
    let person = user::Entity::find().filter(user::Column::Email.eq(address)).one(write.tx()).await?;
    let person = person.ok_or_else(unknown)?;
    let offering = course::Entity::find().filter(course::Column::Key.eq(course)).one(write.tx()).await?;
    let offering = offering.ok_or_else(|| {
        Problem::refused_at(
            EnrollCode::CourseUnknown,
            format!("There is no course `{course}`; sync the content first."),
            &["course"],
        )
    })?;
    let there = enrollment::Entity::find()
        .filter(enrollment::Column::UserId.eq(person.id))
        .filter(enrollment::Column::CourseId.eq(offering.id));
    let before = there.one(write.tx()).await?.map(|there| there.role);
    // Nothing changes, so nobody's sockets have to be closed over it.
    if before == Some(role) {
        return Ok(());
    }
    let row = enrollment::ActiveModel {
        user_id: Set(person.id),
        course_id: Set(offering.id),
        role: Set(role),
        created_at: Set(write.now),
        ..Default::default()
    };
    let again = OnConflict::columns([enrollment::Column::UserId, enrollment::Column::CourseId])
        .update_column(enrollment::Column::Role)
        .to_owned();
    enrollment::Entity::insert(row).on_conflict(again).exec_without_returning(write.tx()).await?;
    user::Entity::update_many()
        .col_expr(user::Column::RightsVersion, Expr::col(user::Column::RightsVersion).add(1))
        .filter(user::Column::Id.eq(person.id))
        .exec(write.tx())
        .await?;
    let action = if before.is_some() { Action::RoleChanged } else { Action::Enrolled };
    let details = json!({ "before": before.map(Role::word), "role": role.word() });
    note(&write, Entry { course: Some(offering.id), ..entry(viewer, action, Some(person.id), details) }).await?;
    write.rights_changed();
    write.commit().await?;
    Ok(())
}
