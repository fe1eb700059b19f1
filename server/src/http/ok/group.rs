//! `GET /api/v3/assignment/<course>/<assignment>/group/<email>`: with whom somebody shares their work, and who is invited to.

use std::sync::Arc;

use actors::problem::Problem;
use actors::submission::receive::find;
use entity::id::{self, Kind};
use entity::identity::user;
use entity::submission::member;
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use poem::http::StatusCode;
use poem::web::{Data, Path};
use poem::{Request, Response, handler};
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use super::assignment::instant;
use super::envelope::{broken, good, refused, viewer};
use crate::http::Shared;

/// The members of the group that the person with that address is in or invited to; none of nobody's.
#[handler]
pub async fn show(
    request: &Request,
    shared: Data<&Arc<Shared>>,
    Path((course, name, email)): Path<(String, String, String)>,
) -> Response {
    let viewer = match viewer(request, &shared).await {
        Ok(viewer) => viewer,
        Err(response) => return response,
    };
    let posted = match find(&shared.deps, &viewer, &format!("{course}/{name}")).await {
        Ok(posted) => posted,
        Err(Problem::Refused(unknown)) => return refused(StatusCode::NOT_FOUND, &unknown.message),
        Err(Problem::Fault(fault)) => return broken(fault),
    };
    match members(&shared, &viewer, posted.assignment.id, &email).await {
        Ok(members) => good(json!({ "members": members.iter().map(told).collect::<Vec<_>>() })),
        Err(error) => broken(error.into()),
    }
}

/// Those of the group that somebody is in, or else of the first that they are invited to, as far as the viewer may see it.
async fn members(
    shared: &Shared,
    viewer: &ViewerScope,
    assignment: i64,
    email: &str,
) -> Result<Vec<(member::Model, user::Model)>, DbErr> {
    let db = shared.deps.db.read();
    let Some(address) = user::normal_email(email) else { return Ok(Vec::new()) };
    let Some(person) = user::by_email(db, &address).await? else { return Ok(Vec::new()) };
    let theirs = member::Entity::visible(viewer)
        .filter(member::Column::AssignmentId.eq(assignment))
        .filter(member::Column::UserId.eq(person.id))
        .all(db, member::Column::Id)
        .await?;
    let Some(own) = theirs.iter().find(|row| row.active).or(theirs.first()) else { return Ok(Vec::new()) };
    let rows = member::of_group(db, own.group_id).await?;
    let people = user::Entity::find().filter(user::Column::Id.is_in(rows.iter().map(|row| row.user_id)));
    let people = people.all(db).await?;
    let with = |row: member::Model| {
        let person = people.iter().find(|person| person.id == row.user_id)?;
        Some((row, person.clone()))
    };
    Ok(rows.into_iter().filter_map(with).collect())
}

fn told((row, person): &(member::Model, user::Model)) -> Value {
    let id = id::encode(Kind::User, person.id);
    json!({
        "status": if row.active { "active" } else { "pending" },
        "user": { "id": id.trim_start_matches("usr_"), "email": person.email },
        "created": instant(row.created_at),
        "updated": instant(row.updated_at),
    })
}
