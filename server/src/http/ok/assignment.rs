//! `GET /api/v3/assignment/<course>/<assignment>`: asked after every upload. The client reads only when it is due, and ends with a traceback
//! unless that is exactly `YYYY-MM-DDTHH:MM:SS`, in UTC. `POST` to it creates or changes the assignment, for staff.

use std::sync::Arc;

use actors::assignment::change::{Change, ChangeCode, When};
use actors::assignment::create::create_or_update;
use actors::problem::{Fault, Problem};
use actors::submission::intake::deadline;
use actors::submission::receive::find;
use chrono::NaiveDateTime;
use entity::clock::Timestamp;
use entity::identity::scope::Scope;
use entity::viewer::{Permission, ViewerScope};
use entity::{assignment, course, file};
use poem::http::StatusCode;
use poem::web::{Data, Path};
use poem::{Body, Request, Response, handler};
use sea_orm::EntityTrait as _;
use serde_json::{Map, Value, json};

use super::envelope::{broken, good, refused, scoped, viewer};
use super::fields::Fields;
use crate::http::Shared;

/// The assignment of that name.
#[handler]
pub async fn show(request: &Request, shared: Data<&Arc<Shared>>, Path(endpoint): Path<String>) -> Response {
    let viewer = match viewer(request, &shared).await {
        Ok(viewer) => viewer,
        Err(response) => return response,
    };
    match find(&shared.deps, &viewer, endpoint.trim_end_matches('/')).await {
        Ok(posted) => match describe(&shared, &viewer, &posted.assignment, &posted.course).await {
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
    let mut told = json!({
        "name": row.endpoint,
        "display_name": row.title,
        "due_date": instant(deadline.due_at),
        "lock_date": deadline.lock_at.map(instant),
        "max_group_size": row.max_group_size,
        "url": address(shared, row),
        "files": files,
        "course": of_course(course),
        "revisions_allowed": row.revisions,
        "uploads_enabled": row.uploads_enabled,
        "upload_info": row.upload_info,
    });
    if viewer.may(Permission::ManageContent, row.course_id) {
        told["visible"] = row.visible.into();
        told["autograding_key"] = json!(row.autograding_key);
        told["continuous_autograding"] = row.continuous_autograding.into();
    }
    Ok(told)
}

/// Where its page is.
pub(super) fn address(shared: &Shared, row: &assignment::Model) -> String {
    row.url.clone().unwrap_or_else(|| format!("{}/{}", shared.deps.site.public_url, row.endpoint))
}

/// Creates the assignment of that name, or changes it.
#[handler]
pub async fn put(request: &Request, body: Body, shared: Data<&Arc<Shared>>, Path(endpoint): Path<String>) -> Response {
    let answer = async {
        let viewer = viewer(request, &shared).await?;
        scoped(&viewer, &[Scope::Content])?;
        let change = said(&Fields::read(request, body).await?)?;
        let row = match create_or_update(&shared.deps, &viewer, endpoint.trim_end_matches('/'), change).await {
            Ok(row) => row,
            Err(Problem::Refused(told)) => return Err(refused(status(told.code), &told.message)),
            Err(Problem::Fault(fault)) => return Err(broken(fault)),
        };
        let course = course::Entity::find_by_id(row.course_id).one(shared.deps.db.read()).await;
        let course = course.map_err(|error| broken(error.into()))?;
        let course = course.ok_or_else(|| broken(Fault::Internal("an assignment without a course".into())))?;
        describe(&shared, &viewer, &row, &course).await.map_err(broken)
    };
    answer.await.map_or_else(|response: Response| response, good)
}

fn status(code: ChangeCode) -> StatusCode {
    match code {
        ChangeCode::NotAllowed | ChangeCode::AssignmentUnknown => StatusCode::FORBIDDEN,
        ChangeCode::NameInvalid | ChangeCode::BadTime | ChangeCode::BadValue | ChangeCode::NoFolder => {
            StatusCode::BAD_REQUEST
        }
    }
}

/// What a script says. What it leaves out stays as it is.
fn said(fields: &Fields) -> Result<Change, Response> {
    let text = |name: &str| fields.given(name).map(str::to_owned);
    let some = |name: &str| text(name).map(Some);
    let revisions = flag(fields, "revisions_allowed")?;
    let max_group_size = text("max_group_size").map(|text| {
        text.trim().parse().map_err(|_| refused(StatusCode::BAD_REQUEST, "`max_group_size` is a whole number from 1."))
    });
    Ok(Change {
        title: Some(fields.required("display_name")?.to_owned()),
        due: Some(time("due_date", fields.required("due_date")?)?),
        lock: Some(Some(time("lock_date", fields.required("lock_date")?)?)),
        max_group_size: max_group_size.transpose()?,
        revisions,
        visible: flag(fields, "visible")?,
        url: some("url"),
        uploads_enabled: flag(fields, "uploads_enabled")?,
        upload_info: some("upload_info"),
        autograding_key: some("autograding_key"),
        continuous_autograding: flag(fields, "continuous_autograding")?,
        ..Change::default()
    })
}

/// Yes or no, as programs write it.
fn flag(fields: &Fields, name: &str) -> Result<Option<bool>, Response> {
    match fields.given(name).map(|text| text.trim().to_lowercase()).as_deref() {
        None => Ok(None),
        Some("true" | "1" | "yes" | "on" | "y" | "t") => Ok(Some(true)),
        Some("false" | "0" | "no" | "off" | "n" | "f" | "") => Ok(Some(false)),
        Some(_) => Err(refused(StatusCode::BAD_REQUEST, &format!("`{name}` is true or false."))),
    }
}

/// A time in UTC, with or without saying so.
fn time(name: &str, text: &str) -> Result<When, Response> {
    let text = text.trim();
    let plain = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok().map(|wall| wall.and_utc()));
    let read = plain.or_else(|| chrono::DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()));
    let wrong =
        || refused(StatusCode::BAD_REQUEST, &format!("`{name}` is a time in UTC, such as 2027-01-15T23:59:00."));
    read.map(|at| When::At(Timestamp::from(at))).ok_or_else(wrong)
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
