//! `GET /api/v3/user/`: who the token belongs to, and the courses that they take part in.

use std::sync::Arc;

use entity::course;
use entity::course::enrollment::{self, Role};
use entity::id::{self, Kind};
use entity::identity::user;
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use poem::http::StatusCode;
use poem::web::Data;
use poem::{Request, Response, handler};
use sea_orm::{ColumnTrait as _, DbErr};
use serde_json::{Value, json};

use super::assignment::of_course;
use super::envelope::{broken, good, refused, viewer};
use crate::http::Shared;

/// The owner of the token.
#[handler]
pub async fn own(request: &Request, shared: Data<&Arc<Shared>>) -> Response {
    let viewer = match viewer(request, &shared).await {
        Ok(viewer) => viewer,
        Err(response) => return response,
    };
    match describe(&shared, &viewer, viewer.user().unwrap_or_default()).await {
        Ok(Some(person)) => good(person),
        Ok(None) => refused(StatusCode::NOT_FOUND, "There is no such person."),
        Err(error) => broken(error.into()),
    }
}

/// A person, as far as the viewer may see them.
pub(super) async fn describe(shared: &Shared, viewer: &ViewerScope, key: i64) -> Result<Option<Value>, DbErr> {
    let db = shared.deps.db.read();
    let person = user::Entity::visible(viewer).by_key(db, key).await?;
    let Some(person) = person else { return Ok(None) };
    let theirs = enrollment::Entity::visible(viewer).filter(enrollment::Column::UserId.eq(person.id));
    let theirs = theirs.all(db, enrollment::Column::Id).await?;
    let keys: Vec<i64> = theirs.iter().map(|enrollment| enrollment.course_id).collect();
    let courses = course::Entity::visible(viewer).filter(course::Column::Id.is_in(keys));
    let courses = courses.all(db, course::Column::Id).await?;
    let participations: Vec<Value> = theirs
        .iter()
        .filter_map(|enrollment| {
            let course = courses.iter().find(|course| course.id == enrollment.course_id)?;
            Some(participation(enrollment, course))
        })
        .collect();
    let id = id::encode(Kind::User, person.id);
    Ok(Some(json!({
        "id": id.strip_prefix("usr_").unwrap_or(&id),
        "email": person.email,
        "name": person.name,
        "is_admin": if viewer.user() == Some(person.id) { viewer.may_administer() } else { person.admin },
        "participations": participations,
    })))
}

fn participation(enrollment: &enrollment::Model, course: &course::Model) -> Value {
    json!({
        "course_id": course.id,
        "role": word(enrollment.role),
        "class_account": enrollment.class_account,
        "section": enrollment.lab_section,
        "course": of_course(course),
    })
}

/// A role as the predecessor called it.
pub(super) fn word(role: Role) -> &'static str {
    match role {
        Role::Student => "student",
        Role::LabAssistant => "lab assistant",
        Role::Grader => "grader",
        Role::TeachingAssistant => "staff",
        Role::Instructor => "instructor",
    }
}
