//! Around all routes: each request has an id, a span, a line in the log, and an answer that tells nothing of our insides.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use poem::http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH};
use poem::http::{HeaderMap, HeaderValue, Method, StatusCode};
use poem::{Endpoint, Error, IntoResponse, Middleware, Request, Response, Result};
use serde_json::json;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::counts::Counts;
use crate::graphql::error::Code;
use crate::observe::record::Record;
use crate::observe::request_id::{HEADER, RequestId};
use crate::observe::{REQUEST, TRACE, traced};

/// Observes all requests of the routes that it is around.
pub(super) struct Observe(pub Counts);

impl<E: Endpoint> Middleware<E> for Observe {
    type Output = Observed<E>;

    fn transform(&self, routes: E) -> Observed<E> {
        Observed { routes, counts: self.0.clone() }
    }
}

/// Routes whose requests are observed.
pub(super) struct Observed<E> {
    routes: E,
    counts: Counts,
}

impl<E: Endpoint> Endpoint for Observed<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let begun = Instant::now();
        let record = Record::new(
            RequestId::of(request.headers()),
            method(request.method()),
            route(request.original_uri().path()),
        );
        let log = tracing::error_span!(target: REQUEST, "request", request.id = record.id.as_str());
        let span = tracing::debug_span!(
            target: TRACE, parent: &log, "request",
            otel.name = format!("{} {}", record.method, record.route), otel.kind = "server",
            http.request.method = record.method, http.route = record.route,
            http.response.status_code = tracing::field::Empty, request.id = record.id.as_str(),
        );
        traced::continue_from(&span, request.headers());
        let told = record.clone();
        let answer = async {
            let answered = AssertUnwindSafe(self.routes.call(request)).catch_unwind().await;
            let mut response = match answered {
                Ok(Ok(response)) => response.into_response(),
                Ok(Err(error)) => plain(error, &told),
                Err(_) => broken(&told),
            };
            if let Some(id) = told.id.header() {
                response.headers_mut().insert(HEADER, id);
            }
            self.tell(&told, &response, begun);
            tracing::Span::current().record("http.response.status_code", response.status().as_u16());
            response
        };
        let span = if span.is_disabled() { log } else { span };
        Ok(record.answer(answer.instrument(span)).await)
    }
}

impl<E> Observed<E> {
    fn tell(&self, record: &Record, response: &Response, begun: Instant) {
        let facts = record.facts();
        if let Some(code) = facts.code.filter(|_| record.route == GRAPHQL && !facts.executed) {
            self.counts.refused(code.as_str());
        }
        let bytes = length(response.headers());
        record.log(response.status().as_str(), begun.elapsed(), bytes);
    }
}

/// Bytes of the body, where they were counted.
fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The answer to what no route answered: its status, and words of ours.
fn plain(error: Error, record: &Record) -> Response {
    let status = error.status();
    let message = match status {
        StatusCode::NOT_FOUND => "There is nothing here.",
        StatusCode::METHOD_NOT_ALLOWED => "That method is not for this.",
        StatusCode::PAYLOAD_TOO_LARGE => "The body is too long.",
        status if status.is_client_error() => "The request cannot be understood.",
        _ => return broken(record),
    };
    let code = if status == StatusCode::NOT_FOUND { Code::NotFound } else { Code::BadInput };
    record.failed(code);
    let mut response = body(status, json!({ "message": message, "code": code.as_str() }));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        // What takes others than most has said so.
        let said = error.into_response().headers().get(ALLOW).cloned();
        response.headers_mut().insert(ALLOW, said.unwrap_or(HeaderValue::from_static("GET, HEAD")));
    }
    response
}

fn broken(record: &Record) -> Response {
    record.failed(Code::Internal);
    let id = record.id.as_str();
    tracing::error!(error.id = id, error.kind = "route", error = "a route did not answer", "a request failed");
    let message = format!("Something broke on our side. If it stays, tell the site's staff this id: {id}");
    let told = json!({ "message": message, "code": Code::Internal.as_str(), "requestId": id });
    body(StatusCode::INTERNAL_SERVER_ERROR, told)
}

fn body(status: StatusCode, body: serde_json::Value) -> Response {
    let response = Response::builder().status(status).content_type("application/json; charset=utf-8");
    response.header(CACHE_CONTROL, "no-store").body(body.to_string())
}

/// The methods that are told apart.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "OTHER",
    }
}

/// Where operations come to.
const GRAPHQL: &str = "/graphql";
/// Paths that are shown as they are.
const ROUTES: [&str; 20] = [
    "/",
    "/assets/app.js",
    "/assets/api.js",
    "/assets/work.js",
    "/assets/style.css",
    GRAPHQL,
    "/graphiql",
    "/healthz",
    "/readyz",
    "/metrics",
    "/run_program",
    "/run_program/",
    "/check_output",
    "/check_output/",
    "/download",
    "/download/",
    "/api/taskqueue/v1beta2",
    "/batch",
    "/taskqueue/",
    "/favicon.ico",
];
/// Where paths begin that name things of others.
const PREFIXES: [(&str, &str); 1] = [("/taskqueue/v1beta2/projects/", "/taskqueue/v1beta2/projects/…")];

/// The path of a request as it may be shown: what else stands in paths may be a name, a link's secret, or anything.
fn route(path: &str) -> &'static str {
    let whole = ROUTES.into_iter().find(|route| *route == path);
    let begun = || PREFIXES.into_iter().find(|(prefix, _)| path.starts_with(prefix)).map(|(_, shown)| shown);
    whole.or_else(begun).unwrap_or("/…")
}

#[cfg(test)]
mod tests {
    use super::route;

    #[test]
    fn only_known_paths_are_shown() {
        assert_eq!(route("/graphql"), "/graphql");
        assert_eq!(route("/taskqueue/v1beta2/projects/p/taskqueues/q/tasks/hunter2"), "/taskqueue/v1beta2/projects/…");
        for path in ["/graphql/ada@example.org", "/hunter2", ""] {
            assert_eq!(route(path), "/…");
        }
    }
}
