//! The pages that programs send people to, and what the site says of itself to programs.

use std::sync::Arc;

use entity::identity::oauth::client::{OK, SHOWN};
use entity::identity::scope::Scope;
use poem::http::StatusCode;
use poem::web::{Data, Json};
use poem::{Request, Response, handler};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::account::form::Page;
use super::super::account::guard::go_to;
use crate::http::Shared;

/// `/client/login/`: begins to let the `ok` client in where it cannot open a browser; the code is shown on a page.
#[handler]
pub fn by_hand() -> Response {
    let pairs = [("client_id", OK), ("redirect_uri", SHOWN), ("response_type", "code"), ("scope", "all")];
    go_to(&format!("/oauth/authorize?{}", serde_urlencoded::to_string(pairs).unwrap_or_default()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    error: String,
}

/// `/oauth/errors`: where the `ok` client sends a browser when it was not let in. Only words that we know are shown: anybody can make a link
/// to this page.
#[handler]
pub fn errors(request: &Request) -> Response {
    let told: Told = request.params().unwrap_or_default();
    let text = match told.error.as_str() {
        "access_denied" => "You did not let it in.",
        "invalid_grant" => "Its code was used already, or is too old. Start it again.",
        "invalid_scope" => "It asks for more than it may.",
        _ => "The program could not be let in. Start it again; if that does not help, ask your teacher.",
    };
    Page::note("Not let in", text, "/", "Go on").answer(StatusCode::OK)
}

/// `/.well-known/oauth-authorization-server` (RFC 8414).
#[handler]
pub fn metadata(shared: Data<&Arc<Shared>>) -> Json<Value> {
    let url = &shared.deps.site.public_url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/oauth/authorize"),
        "token_endpoint": format!("{url}/oauth/token"),
        "revocation_endpoint": format!("{url}/oauth/revoke"),
        "jwks_uri": format!("{url}/.well-known/jwks.json"),
        "scopes_supported": Scope::ALL.map(Scope::word),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
    }))
}
