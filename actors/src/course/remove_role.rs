//! Taking back what was said about a role: a course's own role goes, and who has it is left with its kind; what was said of a kind goes, and
//! the next word about it counts.

use entity::course::enrollment;
use entity::course::role::{self, effective};
use entity::identity::audit::{Action, Entry};
use entity::viewer::ViewerScope;
use sea_orm::EntityTrait as _;
use serde_json::json;

use super::has_all;
use super::place::{PlaceCode, place, there};
use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::problem::Problem;
use crate::write::Write;

/// Why it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoveRoleCode {
    NotAllowed,
    CourseUnknown,
    /// Nothing was said about a role of that word there.
    RoleUnknown,
    /// It allows more than the viewer may, or what comes in its place does.
    BeyondYours,
}

impl From<PlaceCode> for RemoveRoleCode {
    fn from(code: PlaceCode) -> Self {
        match code {
            PlaceCode::NotAllowed => Self::NotAllowed,
            PlaceCode::CourseUnknown => Self::CourseUnknown,
        }
    }
}

/// Takes it back; how many people had the role. For who may change roles in the course, up to what they may themselves; for the whole site,
/// for who runs it.
///
/// # Errors
/// When the viewer may not, there is no such role, or something breaks.
pub async fn remove_role(
    deps: &Deps,
    viewer: &ViewerScope,
    course: Option<&str>,
    key: &str,
) -> Result<u64, Problem<RemoveRoleCode>> {
    let mut write = Write::begin(deps).await?;
    let course = place(&write, viewer, course).await.map_err(|problem| problem.map(Into::into))?;
    let Some(role) = there(&write, course, key).await? else {
        let message = format!("Nothing is said about a role `{key}` there.");
        return Err(Problem::refused_at(RemoveRoleCode::RoleUnknown, message, &["key"]));
    };
    if let Some(course) = course {
        let mut left = role::of_course(write.tx(), course).await?;
        left.retain(|row| row.id != role.id);
        if !has_all(viewer, course, &role.allows()) || !has_all(viewer, course, &effective(&left, role.kind, None)) {
            let message = "That role, or what comes in its place, allows more than you may in the course yourself.";
            return Err(Problem::refused_at(RemoveRoleCode::BeyondYours, message, &["key"]));
        }
    }
    role::rights_changed(write.tx(), &role).await?;
    let had = enrollment::without_role(write.tx(), role.id).await?;
    role::Entity::delete_by_id(role.id).exec(write.tx()).await?;
    write.rights_changed();
    let details = json!({ "role": role.key, "before": role.permissions, "people": had });
    note(&write, Entry { course, ..entry(viewer, Action::RoleRemoved, None, details) }).await?;
    write.commit().await?;
    Ok(had)
}
