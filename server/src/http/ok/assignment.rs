//! `GET /api/v3/assignment/<course>/<assignment>`: asked after every upload. The client reads only when it is due, and ends with a traceback
//! unless that is exactly `YYYY-MM-DDTHH:MM:SS`, in UTC.

use std::sync::Arc;

use actors::problem::{Fault, Problem};
use actors::submission::intake::deadline;
use actors::submission::receive::find;
use entity::clock::Timestamp;
use entity::viewer::ViewerScope;
use entity::{assignment, course, file};
use poem::http::StatusCode;
use poem::web::{Data, Path};
use poem::{Request, Response, handler};
use serde_json::{Map, Value, json};

use super::envelope::{broken, good, refused, viewer};
use crate::http::Shared;

/// The assignment of that name.
#[handler]
pub async fn show(request: &Request, shared: Data<&Arc<Shared>>, Path(endpoint): Path<String>) -> Response {
    let viewer = match viewer(request, &shared).await {
        Ok(viewer) => viewer,
        Err(response) => return response,
    };
    match find(&shared.deps, &viewer, endpoint.trim_end_matches('/')).await {
        Ok((assignment, course)) => match describe(&shared, &viewer, &assignment, &course).await {
            Ok(described) => good(described),
            Err(fault) => broken(fault),
        },
        Err(Problem::Refused(unknown)) => refused(StatusCode::NOT_FOUND, &unknown.message),
        Err(Problem::Fault(fault)) => broken(fault),
    }
}

async fn describe(
    shared: &Shared,
    viewer: &ViewerScope,
    row: &assignment::Model,
    course: &course::Model,
) -> Result<Value, Fault> {
    // Of who asks: the client says how much time they have.
    let deadline = deadline(&shared.deps, viewer.user().unwrap_or_default(), row).await?;
    let texts = file::read(shared.deps.db.read(), &row.template.0).await?;
    let files: Map<String, Value> = row
        .template
        .0
        .iter()
        .zip(texts)
        .map(|(entry, bytes)| (entry.name.clone(), String::from_utf8_lossy(&bytes).into()))
        .collect();
    Ok(json!({
        "name": row.endpoint,
        "display_name": row.title,
        "due_date": instant(deadline.due_at),
        "lock_date": deadline.lock_at.map(instant),
        "max_group_size": row.max_group_size,
        "url": format!("{}/{}", shared.deps.site.public_url, row.endpoint),
        "files": files,
        "course": of_course(course),
    }))
}

/// A course as the client's answers have it.
pub(super) fn of_course(course: &course::Model) -> Value {
    json!({
        "id": course.id,
        "offering": course.key,
        "display_name": course.title,
        "active": true,
        "timezone": course.time_zone,
    })
}

/// An instant as the client reads it: UTC, in seconds, without saying so.
pub(super) fn instant(at: Timestamp) -> String {
    at.to_utc().map(|at| at.format("%Y-%m-%dT%H:%M:%S").to_string()).unwrap_or_default()
}
