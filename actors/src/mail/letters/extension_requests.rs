//! To staff: who asks for more time on an assignment and has no answer yet.

use entity::assignment::extension;
use entity::course::enrollment;
use entity::id::{self, Kind};
use entity::identity::user;
use entity::mail::letter;
use entity::viewer::Permission;
use entity::{assignment, course};
use minijinja::context;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{Words, fill};
use crate::deps::Deps;
use crate::job::BodyFault;

pub(super) const KIND: &str = "extension_requests";
/// So many are named.
const NAMED: usize = 20;

/// None when all of them have been answered, or withdrawn, by now.
pub(super) async fn compose(
    deps: &Deps,
    letter: &letter::Model,
    recipient: &user::Model,
) -> Result<Option<Words>, BodyFault> {
    let gone = || BodyFault::GiveUp("what it is about is gone".into());
    let db = deps.db.read();
    let key = id::decode_as(Kind::Assignment, letter.about()).ok_or_else(gone)?;
    let assignment = assignment::Entity::find_by_id(key).one(db).await?.ok_or_else(gone)?;
    let staff = enrollment::who_may(db, assignment.course_id, Permission::GrantExtensions).await?;
    if !staff.contains(&recipient.id) {
        return Ok(None);
    }
    let open = extension::requested(db, assignment.id).await?;
    if open.is_empty() {
        return Ok(None);
    }
    let course = course::Entity::find_by_id(assignment.course_id).one(db).await?.ok_or_else(gone)?;
    let named = &open[..open.len().min(NAMED)];
    let people = user::Entity::find().filter(user::Column::Id.is_in(named.iter().map(|wish| wish.user_id)));
    let people = people.all(db).await?;
    let wish = |wish: &extension::Model| {
        let person = people.iter().find(|person| person.id == wish.user_id);
        context! {
            name => person.map(|person| person.name.as_str()).unwrap_or_default(),
            until => wish.due_local.replace('T', " "),
        }
    };
    let facts = context! {
        name => recipient.name,
        count => open.len(),
        wishes => named.iter().map(wish).collect::<Vec<_>>(),
        zone => assignment.time_zone,
        assignment => assignment.title,
        endpoint => assignment.endpoint,
        course => course.title,
        url => deps.site.public_url,
    };
    let texts = (include_str!("extension_requests/subject.txt"), include_str!("extension_requests/body.txt"));
    fill(texts.0, texts.1, &facts).map(Some)
}
