//! Downloads of what a course has: its roster and grades as tables, and the submissions that count as a package or as lines of JSON.
//!
//! Everything is read in pages and sent while it is read, so a download takes as little memory as its largest file, however long it is. One
//! that breaks off can be told from one that is whole: the connection ends without the last chunk, a package has no directory then, and
//! lines do not end with the one that counts them.

mod finals;
mod lines;
mod names;
mod pack;
mod tables;

use std::io;
use std::sync::Arc;

use actors::budget::Payer;
use actors::identity::authenticate::authenticate;
use actors::problem::{Fault, Problem};
use entity::course;
use entity::viewer::{Viewer, ViewerScope};
use entity::visible::Viewable as _;
use futures_util::Stream;
use hyper::body::Bytes;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Body, Request, Response, Route, get};
use sea_orm::{ColumnTrait as _, DbErr};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Shared;
use super::account::signed_in;
use super::broken::break_off;
use crate::graphql::error::{self, Code};
use crate::graphql::page::HEAVY;

/// Its routes.
pub(super) fn routes(routes: Route) -> Route {
    routes
        .at("/api/exports/:course/roster.csv", get(tables::roster))
        .at("/api/exports/:course/grades.csv", get(tables::grades))
        .at("/api/exports/:course/finals.zip", get(finals::pack_of_course))
        .at("/api/exports/:course/finals.jsonl", get(finals::lines_of_course))
        .at("/api/exports/:course/:assignment/finals.zip", get(finals::pack_of_assignment))
        .at("/api/exports/:course/:assignment/finals.jsonl", get(finals::lines_of_assignment))
}

/// How much is gathered before it is sent, in bytes.
const PIECE: usize = 32 << 10;

/// A request for a download, by somebody for whom there is such a course.
struct Asked {
    shared: Arc<Shared>,
    viewer: Arc<ViewerScope>,
    course: course::Model,
}

/// Who asks, for which course.
async fn asked(request: &Request, key: &str) -> Result<Asked, Response> {
    let shared = request.data::<Arc<Shared>>().cloned();
    let shared = shared.ok_or_else(|| broken(Fault::Internal("a route without its data".to_owned())))?;
    let viewer = viewer(request, &shared).await?;
    charge(&shared, &viewer)?;
    let wanted = course::Entity::visible(&viewer).filter(course::Column::Key.eq(key));
    let course = wanted.one(shared.deps.db.read()).await.map_err(|error| broken(error.into()))?;
    let course = course.ok_or_else(nothing)?;
    Ok(Asked { shared, viewer, course })
}

async fn viewer(request: &Request, shared: &Shared) -> Result<Arc<ViewerScope>, Response> {
    let Some(held) = request.headers().get(header::AUTHORIZATION) else {
        let who = signed_in(request, shared).await.map_err(broken)?;
        return who.map(|who| who.scope).ok_or_else(|| unauthenticated("Sign in first: this needs a token."));
    };
    let bearer = held.to_str().ok().and_then(|value| value.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = bearer else {
        return Err(unauthenticated("The Authorization header must be `Bearer` and a token."));
    };
    match authenticate(&shared.deps, token.trim()).await {
        Ok(who) => Ok(who.scope),
        Err(Problem::Refused(refused)) => Err(unauthenticated(&refused.message)),
        Err(Problem::Fault(fault)) => Err(broken(fault)),
    }
}

/// A download keeps the site busy for a while, and is paid for like what does so elsewhere.
fn charge(shared: &Shared, viewer: &ViewerScope) -> Result<(), Response> {
    let Viewer::Person(user) = viewer.viewer else { return Ok(()) };
    let payers: Vec<Payer> = [Payer::User(user)].into_iter().chain(viewer.session.map(Payer::Session)).collect();
    let (budgets, now) = (&shared.deps.budgets, shared.deps.clock.now());
    if budgets.standing(&payers, now).is_some_and(|standing| standing.remaining() == 0) {
        let told = "Your budget for this minute is spent. Try again in the next.";
        let mut response = refused(StatusCode::TOO_MANY_REQUESTS, told, Code::RateLimited);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        return Err(response);
    }
    budgets.spend(&payers, HEAVY as u64, now);
    Ok(())
}

/// What a request chooses. A word that nobody knows is refused: who misspells a filter would get everybody's.
fn choice<C: DeserializeOwned>(request: &Request) -> Result<C, Response> {
    let query = request.uri().query().unwrap_or_default();
    serde_urlencoded::from_str(query).map_err(|error| {
        let told = format!("A parameter cannot be understood: {error}.");
        refused(StatusCode::BAD_REQUEST, &told, Code::BadInput)
    })
}

/// A download of that name, sent while it is made.
fn download(
    name: &str,
    kind: &'static str,
    pieces: impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static,
) -> Response {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    Response::builder()
        .content_type(kind)
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
        .header(header::CACHE_CONTROL, "no-store")
        .body(Body::from_bytes_stream(pieces))
}

/// Something broke while a download was under way: the log knows what, the reader that it is not whole.
fn broke_off(error: DbErr) -> io::Error {
    break_off();
    io::Error::other(error::fault(error.into()).message)
}

fn refused(status: StatusCode, message: &str, code: Code) -> Response {
    let body = json!({ "message": message, "code": code.as_str() }).to_string();
    let response = Response::builder().status(status).content_type("application/json; charset=utf-8");
    response.header(header::CACHE_CONTROL, "no-store").body(body)
}

fn unauthenticated(message: &str) -> Response {
    let mut response = refused(StatusCode::UNAUTHORIZED, message, Code::Unauthenticated);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// There is no such thing, or not for who asks.
fn nothing() -> Response {
    refused(StatusCode::NOT_FOUND, "There is nothing here.", Code::NotFound)
}

fn broken(fault: Fault) -> Response {
    let told = error::fault(fault);
    let (status, code) = match error::is_away(&told) {
        true => (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable),
        false => (StatusCode::INTERNAL_SERVER_ERROR, Code::Internal),
    };
    refused(status, &told.message, code)
}
