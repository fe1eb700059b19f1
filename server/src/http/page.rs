//! The small page that is part of the program: to sign in, try an exercise, and see its output arrive.

use poem::http::header::{ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN};
use poem::web::{Html, Json};
use poem::{IntoResponse, Request, Response, handler};
use serde_json::json;

/// HTML for those who prefer it; a word for load balancers and scripts.
#[handler]
pub fn index(request: &Request) -> Response {
    if prefers_html(request) {
        return Html(include_str!("../../../web/page/index.html")).into_response();
    }
    // Pages elsewhere that have programs run here ask whether somebody is there.
    Json(json!({ "message": "OK" })).with_header(ACCESS_CONTROL_ALLOW_ORIGIN, "*").into_response()
}

fn prefers_html(request: &Request) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let place = |kind: &str| accept.split(',').position(|range| range.trim().starts_with(kind));
    match (place("text/html"), place("application/json")) {
        (Some(html), Some(json)) => html < json,
        (html, _) => html.is_some(),
    }
}

/// What the page shows.
#[handler]
pub fn script() -> Response {
    javascript(include_str!("../../../web/page/app.js"))
}

/// How the page speaks with the server.
#[handler]
pub fn api_script() -> Response {
    javascript(include_str!("../../../web/page/api.js"))
}

/// What a person works with on the page: the editor, the output and the verdict.
#[handler]
pub fn work_script() -> Response {
    javascript(include_str!("../../../web/page/work.js"))
}

/// How a page takes the code of a letter from its address.
#[handler]
pub fn code_script() -> Response {
    javascript(include_str!("../../../web/page/code.js"))
}

fn javascript(text: &'static str) -> Response {
    Response::builder().content_type("text/javascript; charset=utf-8").body(text)
}

/// How the page looks.
#[handler]
pub fn style() -> Response {
    Response::builder().content_type("text/css; charset=utf-8").body(include_str!("../../../web/page/style.css"))
}

/// GraphiQL, in development.
#[handler]
pub fn graphiql() -> Html<String> {
    Html(async_graphql::http::GraphiQLSource::build().endpoint("/graphql").subscription_endpoint("/graphql").finish())
}
