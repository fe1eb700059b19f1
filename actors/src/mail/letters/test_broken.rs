//! To staff: a test of an assignment is broken, and work waits for it.

use entity::course::enrollment;
use entity::execution::run;
use entity::id::{self, Kind};
use entity::identity::user;
use entity::mail::letter;
use entity::viewer::Permission;
use entity::{assignment, course};
use minijinja::context;
use sea_orm::EntityTrait;

use super::{Words, fill};
use crate::deps::Deps;
use crate::job::BodyFault;

pub(super) const KIND: &str = "test_broken";
/// A letter says `many` from so many on.
const MANY: u64 = 100;

/// What such a letter is about: an assignment as it was stored at one time. Stored anew and still broken, it is worth another letter.
#[must_use]
pub fn broken_version(assignment: &assignment::Model) -> String {
    let version: String = assignment.content_hash.chars().take(12).collect();
    format!("{}/{version}", id::encode(Kind::Assignment, assignment.id))
}

pub(super) async fn compose(
    deps: &Deps,
    letter: &letter::Model,
    recipient: &user::Model,
) -> Result<Option<Words>, BodyFault> {
    let gone = || BodyFault::GiveUp("what it is about is gone".into());
    let db = deps.db.read();
    let key = id::decode_as(Kind::Assignment, letter.about()).ok_or_else(gone)?;
    let assignment = assignment::Entity::find_by_id(key).one(db).await?.ok_or_else(gone)?;
    let staff = enrollment::who_may(db, assignment.course_id, Permission::ManageContent).await?;
    if !staff.contains(&recipient.id) {
        return Ok(None);
    }
    let course = course::Entity::find_by_id(assignment.course_id).one(db).await?.ok_or_else(gone)?;
    let waiting = run::left_by_tests(db, assignment.id, MANY).await?;
    let facts = context! {
        name => recipient.name,
        assignment => assignment.title,
        endpoint => assignment.endpoint,
        course => course.title,
        waiting => waiting.len(),
        run => waiting.first().map(|run| id::encode(Kind::Run, run.id)).unwrap_or_default(),
        url => deps.site.public_url,
    };
    fill(include_str!("test_broken/subject.txt"), include_str!("test_broken/body.txt"), &facts).map(Some)
}
