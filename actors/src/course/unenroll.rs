//! Taking somebody off the roster of a course, and out of their groups there. What they have handed in stays.

use entity::course::enrollment;
use entity::course::role;
use entity::identity::audit::{Action, Entry};
use entity::viewer::{Permission, ViewerScope};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::enroll::{EnrollCode, current, may_change, may_not, owner, person, rights_changed, unknown_course};
use super::find;
use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::problem::Problem;
use crate::submission::group::remove::remove_from_all;
use crate::write::Write;

/// Takes the person with that address off the roster; whether they were on it. For who may change the roster, up to what they may
/// themselves.
///
/// # Errors
/// When the viewer may not, something is unknown, or something breaks.
pub async fn unenroll(
    deps: &Deps,
    viewer: &ViewerScope,
    email: &str,
    course: &str,
) -> Result<bool, Problem<EnrollCode>> {
    let mut write = Write::begin(deps).await?;
    let Some(offering) = find(&write, course).await? else {
        return Err(if viewer.may_administer() { unknown_course(course) } else { may_not() });
    };
    if !viewer.may(Permission::ManageRoster, offering.id) {
        return Err(may_not());
    }
    let person = person(&write, email).await?;
    let Some(before) = current(&write, person.id, offering.id).await? else { return Ok(false) };
    let roles = role::of_course(write.tx(), offering.id).await?;
    may_change(viewer, &before, &roles)?;
    // The course may have been given to them meanwhile.
    let delete = enrollment::Entity::delete_many().filter(enrollment::Column::Id.eq(before.id));
    let gone = delete.filter(enrollment::Column::Owner.eq(false)).exec(write.tx()).await?.rows_affected;
    if gone == 0 {
        return Err(owner());
    }
    write = remove_from_all(write, viewer, offering.id, person.id).await?;
    rights_changed(&mut write, person.id).await?;
    let own = before.role_id.and_then(|own| roles.iter().find(|role| role.id == own));
    let details = json!({ "before": own.map_or_else(|| before.role.word(), |role| role.key.clone()) });
    let entry = Entry { course: Some(offering.id), ..entry(viewer, Action::Unenrolled, Some(person.id), details) };
    note(&write, entry).await?;
    write.commit().await?;
    Ok(true)
}
