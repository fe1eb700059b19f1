//! `/login` and `/logout`.

use actors::identity::sessions;
use actors::identity::sign_in::{Credentials, sign_in_browser};
use actors::problem::Problem;
use poem::http::StatusCode;
use poem::{Request, Response, handler};
use serde::Deserialize;

use super::form::{Choice, Elsewhere, Field, Link, Page};
use super::guard::{Sent, broken, go_to, safe_place, shared};
use crate::http::{Shared, cookie};

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Where to go afterwards.
#[derive(Default, Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
    /// The address that somebody has said already.
    #[serde(default)]
    email: String,
}

fn page(shared: &Shared, email: &str, next: &str) -> Page {
    let mut links = vec![Link::to("/account/forgotten", "I have forgotten my password")];
    let elsewhere = shared.oidc.as_ref().map(|provider| {
        let next = serde_urlencoded::to_string([("next", safe_place(next))]).unwrap_or_default();
        Elsewhere { href: format!("/login/oidc?{next}"), name: provider.name.clone() }
    });
    if shared.deps.site.registration {
        links.push(Link::to("/account/register", "I have no account yet"));
    }
    Page {
        title: "Sign in",
        action: "/login",
        fields: vec![Field::email(email), Field::password(), Field::hidden("next", safe_place(next))],
        button: Choice::only("Sign in"),
        links,
        elsewhere,
        ..Page::default()
    }
}

/// The page to sign in.
#[handler]
pub fn show(request: &Request) -> Response {
    let Next { next, email } = request.params().unwrap_or_default();
    match shared(request) {
        Ok(shared) => page(&shared, &email, &next).answer(StatusCode::OK),
        Err(status) => status.into(),
    }
}

/// Signs in.
#[handler]
pub async fn enter(request: &Request, sent: Sent<Login>) -> Response {
    let Sent { shared, form: Login { email, password, next }, address, program } = sent;
    let shown = Credentials { email: email.clone(), password, address, program };
    match sign_in_browser(&shared.deps, shown).await {
        Ok(welcomed) => {
            if let Err(fault) = super::end_held(request, &shared).await {
                return broken(fault);
            }
            let mut response = go_to(safe_place(&next));
            cookie::set(&mut response, &shared, &welcomed.cookie, sessions::LIFETIME);
            response
        }
        Err(Problem::Refused(refused)) => page(&shared, &email, &next).refused(refused.message),
        Err(Problem::Fault(fault)) => broken(fault),
    }
}

#[derive(Deserialize)]
struct Nothing {}

/// Signs out.
#[handler]
pub async fn leave(request: &Request, sent: Sent<Nothing>) -> Response {
    let shared = sent.shared;
    if let Err(fault) = super::end_held(request, &shared).await {
        return broken(fault);
    }
    let mut response = go_to("/login");
    cookie::clear(&mut response, &shared);
    response
}
