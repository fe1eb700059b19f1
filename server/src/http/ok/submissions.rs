//! `/api/v3/assignment/<course>/<assignment>/submissions/` and `…/export/<email>`: what came in for an assignment, one of each student, or
//! all of one. Sent while it is read, one backup at a time.

use std::io;
use std::sync::Arc;

use actors::problem::{Fault, Problem};
use actors::submission::receive;
use async_stream::try_stream;
use entity::assignment;
use entity::identity::scope::Scope;
use entity::identity::user::{self, normal_email};
use entity::submission::backup;
use entity::submission::finals::one_of_each;
use entity::viewer::{Permission, ViewerScope};
use futures_util::Stream;
use hyper::body::Bytes;
use poem::http::{StatusCode, header};
use poem::web::{Data, Path};
use poem::{Body, Request, Response, handler};
use serde_json::{Map, Value, json};

use super::backups::{described, key};
use super::envelope::{broken, refused, scoped, viewer};
use super::fields::Paging;
use super::manners::{Streamed, is_bare};
use crate::graphql::error;
use crate::http::Shared;
use crate::http::broken::break_off;

/// A list of backups that is to be sent.
struct List {
    shared: Arc<Shared>,
    viewer: Arc<ViewerScope>,
    backups: Vec<i64>,
    said: Map<String, Value>,
    /// Whether it is told whose they are.
    named: bool,
    bare: bool,
}

/// One of each student or group: what counts, else their newest backup.
#[handler]
pub async fn show(
    request: &Request,
    shared: Data<&Arc<Shared>>,
    Path((course, name)): Path<(String, String)>,
) -> Response {
    match of_each(request, &shared, &format!("{course}/{name}")).await {
        Ok(list) => sent(list),
        Err(response) => response,
    }
}

async fn of_each(request: &Request, shared: &Arc<Shared>, endpoint: &str) -> Result<List, Response> {
    let viewer = viewer(request, shared).await?;
    scoped(&viewer, &[Scope::Read, Scope::Grade])?;
    let paging = Paging::of(request)?;
    let assignment = find(shared, &viewer, endpoint).await?;
    if !viewer.may(Permission::ReviewWork, assignment.course_id) {
        return Err(may_not());
    }
    let page = one_of_each(shared.deps.db.read(), assignment.id, paging.limit, paging.offset).await;
    let (backups, count) = page.map_err(|error| broken(error.into()))?;
    let (shared, bare) = (Arc::clone(shared), is_bare(request));
    Ok(List { shared, viewer, backups, said: paging.said(count), named: true, bare })
}

/// All of one student, the newest first.
#[handler]
pub async fn show_person(
    request: &Request,
    shared: Data<&Arc<Shared>>,
    Path((course, name, email)): Path<(String, String, String)>,
) -> Response {
    match of_one(request, &shared, &format!("{course}/{name}"), &email).await {
        Ok(list) => sent(list),
        Err(response) => response,
    }
}

async fn of_one(request: &Request, shared: &Arc<Shared>, endpoint: &str, email: &str) -> Result<List, Response> {
    let viewer = viewer(request, shared).await?;
    scoped(&viewer, &[Scope::Read, Scope::Submit, Scope::Grade])?;
    let paging = Paging::of(request)?;
    let assignment = find(shared, &viewer, endpoint).await?;
    let db = shared.deps.db.read();
    let person = match normal_email(email) {
        Some(email) => user::by_email(db, &email).await.map_err(|error| broken(error.into()))?,
        None => None,
    };
    let reviews = viewer.may(Permission::ReviewWork, assignment.course_id);
    let person = match person {
        Some(person) if reviews || viewer.user() == Some(person.id) => person.id,
        _ if reviews => return Err(refused(StatusCode::NOT_FOUND, "There is no such person.")),
        _ => return Err(may_not()),
    };
    let page = backup::of_person(db, assignment.id, person, paging.limit, paging.offset).await;
    let (backups, count) = page.map_err(|error| broken(error.into()))?;
    let (shared, bare) = (Arc::clone(shared), is_bare(request));
    Ok(List { shared, viewer, backups, said: paging.said(count), named: false, bare })
}

async fn find(shared: &Shared, viewer: &ViewerScope, endpoint: &str) -> Result<assignment::Model, Response> {
    match receive::find(&shared.deps, viewer, endpoint).await {
        Ok(posted) => Ok(posted.assignment.clone()),
        Err(Problem::Refused(told)) => {
            let status = if viewer.sees_everything() { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
            Err(refused(status, &told.message))
        }
        Err(Problem::Fault(fault)) => Err(broken(fault)),
    }
}

fn sent(list: List) -> Response {
    Response::builder()
        .content_type("application/json")
        .header(header::CACHE_CONTROL, "no-store")
        .extension(Streamed)
        .body(Body::from_bytes_stream(pieces(list)))
}

fn pieces(list: List) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static {
    try_stream! {
        yield if list.bare { "{\"backups\":[".into() } else { "{\"data\":{\"backups\":[".into() };
        let mut first = true;
        for backup in &list.backups {
            let described = described(&list.shared, &list.viewer, &key(*backup)).await.map_err(broke_off)?;
            // It may be gone by now.
            let Some(mut described) = described else { continue };
            if !list.named {
                described.unnamed();
            }
            let text = serde_json::to_string(&described).map_err(io::Error::other)?;
            yield if std::mem::take(&mut first) { text.into() } else { format!(",{text}").into() };
        }
        let said = json!(list.said).to_string();
        let said = said.trim_start_matches('{');
        yield if list.bare { format!("],{said}").into() } else { format!("],{said},\"code\":200,\"message\":\"success\"}}").into() };
    }
}

fn broke_off(fault: Fault) -> io::Error {
    break_off();
    io::Error::other(error::fault(fault).message)
}

fn may_not() -> Response {
    refused(StatusCode::FORBIDDEN, "Only the staff of the course may do that, by a token that is for it.")
}
