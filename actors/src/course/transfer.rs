//! Giving a course to somebody else.

use entity::course::enrollment::{self, Role};
use entity::identity::audit::{Action, Entry};
use entity::viewer::ViewerScope;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use serde_json::json;

use super::enroll::{EnrollCode, current, may_not, person, rights_changed, unknown_course};
use super::find;
use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::problem::Problem;
use crate::write::Write;

/// Makes the course somebody's, who then may everything in it; whose it was stays an instructor. For whose it is, and for who runs the site.
///
/// # Errors
/// When the viewer may not, something is unknown, or something breaks.
pub async fn transfer(deps: &Deps, viewer: &ViewerScope, course: &str, email: &str) -> Result<(), Problem<EnrollCode>> {
    let mut write = Write::begin(deps).await?;
    let Some(offering) = find(&write, course).await? else {
        return Err(if viewer.may_administer() { unknown_course(course) } else { may_not() });
    };
    let own = match viewer.user().filter(|_| viewer.is_unlimited()) {
        Some(user) => current(&write, user, offering.id).await?.is_some_and(|own| own.owner),
        None => false,
    };
    if !own && !viewer.may_administer() {
        return Err(may_not());
    }
    let person = person(&write, email).await?;
    let owner = enrollment::Entity::find()
        .filter(enrollment::Column::CourseId.eq(offering.id))
        .filter(enrollment::Column::Owner.eq(true));
    let before = owner.one(write.tx()).await?.map(|before| before.user_id);
    if before == Some(person.id) {
        return Ok(());
    }
    enrollment::Entity::update_many()
        .col_expr(enrollment::Column::Owner, Expr::value(false))
        .filter(enrollment::Column::CourseId.eq(offering.id))
        .filter(enrollment::Column::Owner.eq(true))
        .exec(write.tx())
        .await?;
    let row = enrollment::ActiveModel {
        user_id: Set(person.id),
        course_id: Set(offering.id),
        role: Set(Role::Instructor),
        role_id: Set(None),
        owner: Set(true),
        created_at: Set(write.now),
        ..Default::default()
    };
    let again = OnConflict::columns([enrollment::Column::UserId, enrollment::Column::CourseId])
        .update_columns([enrollment::Column::Role, enrollment::Column::RoleId, enrollment::Column::Owner])
        .to_owned();
    enrollment::Entity::insert(row).on_conflict(again).exec_without_returning(write.tx()).await?;
    rights_changed(&mut write, person.id).await?;
    if let Some(before) = before {
        rights_changed(&mut write, before).await?;
    }
    let details = json!({ "before": before.map(|before| entity::id::encode(entity::id::Kind::User, before)) });
    let entry =
        Entry { course: Some(offering.id), ..entry(viewer, Action::CourseTransferred, Some(person.id), details) };
    note(&write, entry).await?;
    write.commit().await?;
    Ok(())
}
