//! How answers to the `ok` client are wrapped, and how it says who asks.

use std::sync::Arc;

use actors::identity::authenticate::authenticate;
use actors::problem::{Fault, Problem};
use entity::identity::scope::Scope;
use entity::viewer::ViewerScope;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::graphql::error;
use crate::http::Shared;

/// What is said where the end of a request's body did not come.
pub(super) const CUT_OFF: &str = "The request broke off before all of it had come. Send it again.";

/// A good answer.
pub(super) fn good(data: impl Serialize) -> Response {
    written(StatusCode::OK, "success", data)
}

/// A refusal.
pub(super) fn refused(status: StatusCode, message: &str) -> Response {
    let mut response = written(status, message, json!({}));
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Something broke.
pub(super) fn broken(fault: Fault) -> Response {
    let told = error::fault(fault);
    refused(
        if error::is_away(&told) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR },
        &told.message,
    )
}

#[derive(Serialize)]
struct Envelope<'m, D> {
    data: D,
    code: u16,
    message: &'m str,
}

/// An answer that says something and has data, which is an object.
pub(super) fn written(status: StatusCode, message: &str, data: impl Serialize) -> Response {
    let envelope = Envelope { data, code: status.as_u16(), message };
    match serde_json::to_vec(&envelope) {
        Ok(bytes) => body(status, bytes),
        Err(error) => broken(error.into()),
    }
}

/// JSON as an answer.
pub(super) fn body(status: StatusCode, bytes: Vec<u8>) -> Response {
    let response = Response::builder().status(status).content_type("application/json");
    response.header(header::CACHE_CONTROL, "no-store").body(bytes)
}

/// Whether the way in of a viewer may be used for one of these; a refusal that says which, where not.
pub(super) fn scoped(viewer: &ViewerScope, any: &[Scope]) -> Result<(), Response> {
    if any.iter().any(|scope| viewer.allows(*scope)) {
        return Ok(());
    }
    let words = |scopes: &[Scope]| scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>();
    let current = viewer.scopes().unwrap_or_default();
    let mut required = words(any);
    required.push(Scope::All.word());
    let told = json!({ "current_scopes": words(&current), "required_scopes": required });
    Err(written(StatusCode::FORBIDDEN, "This token may not be used for that.", told))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    access_token: String,
}

/// Who asks, by a header or, as scripts of the predecessor do, by a parameter.
pub(super) async fn viewer(request: &Request, shared: &Shared) -> Result<Arc<ViewerScope>, Response> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer =
        header.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = match bearer {
        Some((_, token)) => token.trim().to_owned(),
        None => request.params::<Parameters>().unwrap_or_default().access_token,
    };
    if token.is_empty() {
        let told = "Sign in first: no token was sent. It belongs into the header `Authorization`, behind `Bearer`.";
        return Err(refused(StatusCode::UNAUTHORIZED, told));
    }
    match authenticate(&shared.deps, &token).await {
        Ok(who) => Ok(who.scope),
        Err(Problem::Refused(refused)) => Err(self::refused(StatusCode::UNAUTHORIZED, &refused.message)),
        Err(Problem::Fault(fault)) => Err(broken(fault)),
    }
}
