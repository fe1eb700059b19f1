//! What every form must pass: it was sent by a page of ours, is not too long, and whoever sends it has not sent too many.

use std::sync::Arc;

use actors::budget::Payer;
use actors::problem::Fault;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{FromRequest, IntoResponse, Request, RequestBody, Response};
use serde::de::DeserializeOwned;

use super::form::Page;
use crate::graphql::error;
use crate::graphql::page::HEAVY;
use crate::http::{Shared, cross_site, origin};

/// The longest form, in bytes: a code, an address, two names and a password fit in many times.
const LONGEST: usize = 16 << 10;

/// The longest place of this site to which somebody is led, in bytes.
const LONGEST_PLACE: usize = 2_000;

/// A form that may be looked at. As an argument of a handler it is read and checked before.
pub(in crate::http) struct Sent<F> {
    pub shared: Arc<Shared>,
    pub form: F,
    /// The network address that it comes from, as a digest.
    pub address: u64,
    /// The browser, in its own words.
    pub program: String,
}

/// What the routes of this folder share.
pub(in crate::http) fn shared(request: &Request) -> Result<Arc<Shared>, StatusCode> {
    request.data::<Arc<Shared>>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl<'r, F: DeserializeOwned> FromRequest<'r> for Sent<F> {
    async fn from_request(request: &'r Request, body: &mut RequestBody) -> poem::Result<Self> {
        // What is refused has its own page.
        take(request, body).await.map_err(poem::Error::from_response)
    }
}

async fn take<F: DeserializeOwned>(request: &Request, body: &mut RequestBody) -> Result<Sent<F>, Response> {
    let shared = shared(request).map_err(IntoResponse::into_response)?;
    if !cross_site::is_own(request.method(), request.headers(), &shared.deps.site.public_url) {
        let text = "This form was sent by another site, so nothing was done. Open the page here and send it again.";
        return Err(Page::note("Not from here", text, "/login", "Sign in").answer(StatusCode::FORBIDDEN));
    }
    if let Some(too_many) = pay(request, &shared, HEAVY as u64) {
        return Err(too_many);
    }
    let address = origin::address(request, &shared.deps);
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let program = agent.unwrap_or_default().to_owned();
    let body = body.take().map_err(|_| unreadable())?;
    let bytes = body.into_bytes_limit(LONGEST).await.map_err(|_| unreadable())?;
    let form = serde_urlencoded::from_bytes(&bytes).map_err(|_| unreadable())?;
    Ok(Sent { shared, form, address, program })
}

/// Takes so many points from the budget of the network address that a request comes from; what is answered where nothing is left.
pub(in crate::http) fn pay(request: &Request, shared: &Shared, points: u64) -> Option<Response> {
    let address = origin::address(request, &shared.deps);
    let (budgets, now) = (&shared.deps.budgets, shared.deps.clock.now());
    if budgets.standing(&[Payer::Address(address)], now).is_some_and(|standing| standing.remaining() == 0) {
        return Some(too_many());
    }
    budgets.spend(&[Payer::Address(address)], points, now);
    None
}

fn unreadable() -> Response {
    let text = "What was sent is too long, or not what the form asks for. Nothing was done.";
    Page::note("That did not work", text, "/", "Go on").answer(StatusCode::BAD_REQUEST)
}

fn too_many() -> Response {
    let text = "There were too many requests from your network. Wait a minute, and send it again.";
    let mut response = Page::note("Too much at once", text, "/", "Go on").answer(StatusCode::TOO_MANY_REQUESTS);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// Something broke: the page that says so, and the log that knows what.
pub(in crate::http) fn broken(fault: Fault) -> Response {
    let told = error::fault(fault);
    let status =
        if error::is_away(&told) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
    Page::note("That did not work", told.message, "/", "Go on").answer(status)
}

/// Goes on at another place of this site.
pub(in crate::http) fn go_to(place: &str) -> Response {
    let place = HeaderValue::from_str(place).unwrap_or(HeaderValue::from_static("/"));
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, place);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Where to go after signing in: a place of this site, whatever was asked for.
pub(in crate::http) fn safe_place(asked: &str) -> &str {
    let local = asked.starts_with('/') && !asked[1..].starts_with(['/', '\\']);
    // Browsers leave out tabs and the like, and then see another address.
    // And it may have to travel in a cookie, which has 4096 bytes.
    let plain = asked.len() <= LONGEST_PLACE && asked.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if local && plain { asked } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::safe_place;

    #[test]
    fn nobody_is_led_away() {
        for place in ["/", "/#/course/x", "/oauth/authorize?client_id=a&redirect_uri=http%3A%2F%2F127.0.0.1"] {
            assert_eq!(safe_place(place), place);
        }
        for place in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "javascript:x",
            "evil",
            "/ä",
            "/a\\b",
            &format!("/{}", "a".repeat(2_000)),
        ] {
            assert_eq!(safe_place(place), "/", "{place}");
        }
    }
}
