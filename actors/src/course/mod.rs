//! Courses: who takes part, as what, what that allows, and whose a course is.
//!
//! Nobody gives what they do not have: a role is given, changed or taken away only by who may everything in the course that it allows. Whose
//! a course is may everything in it, and only they, or who runs the site, give it away.

pub mod enroll;
pub mod export_roster;
pub mod import_roster;
pub mod join;
pub mod make_join_code;
mod place;
pub mod remove_role;
mod roster_sheet;
pub mod set_role;
pub mod transfer;
pub mod unenroll;

use std::collections::BTreeSet;

use entity::course;
use entity::viewer::{Permission, ViewerScope};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::write::Write;

/// Whether the viewer may all of this in the course.
fn has_all(viewer: &ViewerScope, course: i64, permissions: &BTreeSet<Permission>) -> bool {
    permissions.iter().all(|permission| viewer.has(*permission, course))
}

async fn find(write: &Write, key: &str) -> Result<Option<course::Model>, DbErr> {
    course::Entity::find().filter(course::Column::Key.eq(key)).one(write.tx()).await
}
