//! Where something is said about a role: in a course, or for the whole site.

use entity::course::role;
use entity::viewer::{Permission, ViewerScope};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::find;
use crate::problem::Problem;
use crate::write::Write;

/// Why nothing is said there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlaceCode {
    NotAllowed,
    CourseUnknown,
}

/// The course with that key; none for the whole site.
pub(super) async fn place(
    write: &Write,
    viewer: &ViewerScope,
    key: Option<&str>,
) -> Result<Option<i64>, Problem<PlaceCode>> {
    let may_not = || {
        let message = "Only who may change roles in a course may do that; for the whole site, who runs it.";
        Problem::refused(PlaceCode::NotAllowed, message)
    };
    let Some(key) = key else {
        return if viewer.may_administer() { Ok(None) } else { Err(may_not()) };
    };
    match find(write, key).await? {
        Some(course) if viewer.may(Permission::ManageRoles, course.id) => Ok(Some(course.id)),
        None if viewer.may_administer() => {
            let message = format!("There is no course `{key}`; sync the content first.");
            Err(Problem::refused_at(PlaceCode::CourseUnknown, message, &["course"]))
        }
        _ => Err(may_not()),
    }
}

/// What is said there about the role of that word.
pub(super) async fn there(write: &Write, course: Option<i64>, key: &str) -> Result<Option<role::Model>, DbErr> {
    let rows = role::Entity::find().filter(role::Column::Key.eq(key));
    let rows = match course {
        Some(course) => rows.filter(role::Column::CourseId.eq(course)),
        None => rows.filter(role::Column::CourseId.is_null()),
    };
    rows.one(write.tx()).await
}
