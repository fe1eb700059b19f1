//! `GET /api/v3/user/<email>` and `GET /api/v3/enrollment/<email>/`: somebody, and the courses that they take part in. For themselves, and
//! for who runs the site.

use std::sync::Arc;

use entity::identity::scope::Scope;
use entity::identity::user::{self as people, normal_email};
use entity::viewer::ViewerScope;
use poem::http::StatusCode;
use poem::web::{Data, Path};
use poem::{Request, Response, handler};
use serde_json::{Value, json};

use super::envelope::{broken, good, refused, scoped, viewer};
use super::user::describe;
use crate::http::Shared;

/// Somebody.
#[handler]
pub async fn show(request: &Request, shared: Data<&Arc<Shared>>, Path(email): Path<String>) -> Response {
    match find(request, &shared, &email).await {
        Ok(person) => good(person),
        Err(response) => response,
    }
}

/// Somebody's courses.
#[handler]
pub async fn enrollment(request: &Request, shared: Data<&Arc<Shared>>, Path(email): Path<String>) -> Response {
    match find(request, &shared, &email).await {
        Ok(mut person) => good(json!({ "courses": person["participations"].take() })),
        Err(response) => response,
    }
}

async fn find(request: &Request, shared: &Shared, email: &str) -> Result<Value, Response> {
    let viewer = viewer(request, shared).await?;
    scoped(&viewer, &[Scope::Read, Scope::Submit, Scope::Grade, Scope::Roster, Scope::Admin])?;
    let key = key_of(shared, &viewer, email).await?;
    let person = describe(shared, &viewer, key).await.map_err(|error| broken(error.into()))?;
    person.ok_or_else(|| refused(StatusCode::NOT_FOUND, "There is no such person."))
}

/// The key of the person with that address, for themselves and for who runs the site.
async fn key_of(shared: &Shared, viewer: &ViewerScope, email: &str) -> Result<i64, Response> {
    let found = match normal_email(email) {
        Some(email) => people::by_email(shared.deps.db.read(), &email).await.map_err(|error| broken(error.into()))?,
        None => None,
    };
    match found {
        Some(person) if viewer.user() == Some(person.id) || viewer.sees_everything() => Ok(person.id),
        None if viewer.sees_everything() => Err(refused(StatusCode::NOT_FOUND, "There is no such person.")),
        _ => Err(refused(StatusCode::FORBIDDEN, "You may see yourself, and who runs the site everybody.")),
    }
}
