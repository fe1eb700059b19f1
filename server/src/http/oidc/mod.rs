//! The door for people who sign in at a provider: OpenID Connect with the authorization code flow and PKCE, for whatever provider the
//! operator names. What it says is verified here; what follows from it is [decided elsewhere](actors::identity::external).
//!
//! `GET /login/oidc` → the provider → `GET /login/oidc/callback` → in, or the page that asks for a password once → `POST /login/oidc/connect`.
//!
//! What is known between the first two (state, nonce, the PKCE verifier, where to go) travels sealed in a cookie of ten minutes
//! (`journey`); nothing is stored. So an answer counts only in the browser that has asked, and once: the cookie goes with it.

mod callback;
mod connect;
mod discovery;
mod exchange;
mod journey;
mod provider;

use poem::http::StatusCode;
use poem::{Request, Response, Route, get, handler, post};
use serde::Deserialize;

use super::account::form::Page;
use super::account::guard::{broken, go_to, pay, safe_place, shared};
use super::cross_site;
pub use discovery::Unreachable;
pub use provider::Provider;

/// What it costs a network address to begin, in points: little work, but it may have the provider asked.
const BEGINNING: u64 = 1_000;

/// Its routes, where the operator has named a provider.
pub(super) fn routes(routes: Route) -> Route {
    routes
        .at("/login/oidc", get(begin))
        .at("/login/oidc/callback", get(callback::come_back))
        .at("/login/oidc/connect", post(connect::connect))
}

/// Where to go afterwards.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
}

/// Sends the browser to the provider.
#[handler]
async fn begin(request: &Request) -> Response {
    let Next { next } = request.params().unwrap_or_default();
    let shared = match shared(request) {
        Ok(shared) => shared,
        Err(status) => return status.into(),
    };
    if cross_site::is_from_elsewhere(request.headers()) {
        // Who comes by a link from another page says first that they want to sign in: another site may not end the session that they have.
        let next = serde_urlencoded::to_string([("next", safe_place(&next))]).unwrap_or_default();
        return go_to(&format!("/login?{next}"));
    }
    if let Some(too_many) = pay(request, &shared, BEGINNING) {
        return too_many;
    }
    let Some(provider) = &shared.oidc else { return StatusCode::NOT_FOUND.into() };
    match provider.ask(safe_place(&next)).await {
        Ok((address, journey)) => {
            let mut response = go_to(&address);
            match journey.keep(&mut response, &shared) {
                Ok(()) => response,
                Err(fault) => broken(fault),
            }
        }
        Err(silent) => silent.page(provider),
    }
}

/// A page that says that nobody was signed in, and leads back.
fn not_signed_in(text: impl Into<String>) -> Page {
    Page::note("You are not signed in", text, "/login", "Sign in")
}
