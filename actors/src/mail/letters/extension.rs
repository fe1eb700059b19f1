//! To a student: what was decided about more time.

use entity::assignment::extension::{self, State};
use entity::id::{self, Kind};
use entity::identity::{audit, user};
use entity::mail::letter;
use entity::{assignment, course};
use minijinja::context;
use sea_orm::EntityTrait;
use serde_json::Value;

use super::{Words, fill};
use crate::deps::Deps;
use crate::job::BodyFault;

pub(super) const KIND: &str = "extension";

pub(super) async fn compose(
    deps: &Deps,
    letter: &letter::Model,
    recipient: &user::Model,
) -> Result<Option<Words>, BodyFault> {
    let db = deps.db.read();
    let key = id::decode_as(Kind::AuditEntry, &letter.cause).ok_or_else(gone)?;
    let entry = audit::Entity::find_by_id(key).one(db).await?.ok_or_else(gone)?;
    let details: Value = serde_json::from_str(&entry.details).map_err(|_| gone())?;
    let key = details["extension"].as_str().and_then(|id| id::decode_as(Kind::Extension, id)).ok_or_else(gone)?;
    let row = extension::Entity::find_by_id(key).one(db).await?.ok_or_else(gone)?;
    if row.user_id != recipient.id {
        return Ok(None);
    }
    let assignment = assignment::Entity::find_by_id(row.assignment_id).one(db).await?.ok_or_else(gone)?;
    let course = course::Entity::find_by_id(row.course_id).one(db).await?.ok_or_else(gone)?;
    let facts = context! {
        name => recipient.name,
        granted => row.state == State::Granted,
        declined => row.state == State::Declined,
        until => row.due_local.replace('T', " "),
        zone => assignment.time_zone,
        answer => row.answer,
        assignment => assignment.title,
        course => course.title,
        url => deps.site.public_url,
    };
    fill(include_str!("extension/subject.txt"), include_str!("extension/body.txt"), &facts).map(Some)
}

fn gone() -> BodyFault {
    BodyFault::GiveUp("what it is about is gone".into())
}
