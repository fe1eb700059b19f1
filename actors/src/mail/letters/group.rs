//! To those whom it concerns: what has happened in a group.

use entity::id::{self, Kind};
use entity::identity::audit::{self, Action};
use entity::identity::user;
use entity::mail::letter;
use entity::{assignment, course};
use minijinja::context;
use sea_orm::EntityTrait;
use serde_json::Value;

use super::{Words, fill};
use crate::deps::Deps;
use crate::job::BodyFault;

pub(super) const KIND: &str = "group";

pub(super) async fn compose(
    deps: &Deps,
    letter: &letter::Model,
    recipient: &user::Model,
) -> Result<Option<Words>, BodyFault> {
    let db = deps.db.read();
    let key = id::decode_as(Kind::AuditEntry, &letter.cause).ok_or_else(gone)?;
    let entry = audit::Entity::find_by_id(key).one(db).await?.ok_or_else(gone)?;
    let details: Value = serde_json::from_str(&entry.details).map_err(|_| gone())?;
    let mine = id::encode(Kind::User, recipient.id);
    let told = details["members"].as_array().is_some_and(|members| members.iter().any(|member| *member == mine));
    if !told && entry.user_id != Some(recipient.id) {
        return Ok(None);
    }
    let assignment = details["assignment"].as_str().and_then(|id| id::decode_as(Kind::Assignment, id));
    let assignment = assignment::Entity::find_by_id(assignment.ok_or_else(gone)?).one(db).await?.ok_or_else(gone)?;
    let course = course::Entity::find_by_id(assignment.course_id).one(db).await?.ok_or_else(gone)?;
    let facts = context! {
        name => recipient.name,
        mine => entry.user_id == Some(recipient.id),
        person => name(deps, entry.user_id).await?,
        actor => name(deps, entry.actor_id).await?,
        by_staff => entry.actor_id != entry.user_id,
        what => what(&entry.action).ok_or_else(gone)?,
        assignment => assignment.title,
        course => course.title,
        url => deps.site.public_url,
    };
    fill(include_str!("group/subject.txt"), include_str!("group/body.txt"), &facts).map(Some)
}

/// The word of the texts for what has happened.
fn what(action: &str) -> Option<&'static str> {
    let known = [
        (Action::GroupInvited, "invited"),
        (Action::GroupJoined, "joined"),
        (Action::GroupDeclined, "declined"),
        (Action::GroupLeft, "left"),
        (Action::GroupRemoved, "removed"),
        (Action::GroupUninvited, "uninvited"),
        (Action::GroupFormed, "formed"),
    ];
    known.into_iter().find(|(known, _)| known.word() == action).map(|(_, word)| word)
}

async fn name(deps: &Deps, person: Option<i64>) -> Result<String, BodyFault> {
    let Some(person) = person else { return Ok("The staff".to_owned()) };
    Ok(user::Entity::find_by_id(person).one(deps.db.read()).await?.ok_or_else(gone)?.name)
}

fn gone() -> BodyFault {
    BodyFault::GiveUp("what it is about is gone".into())
}
