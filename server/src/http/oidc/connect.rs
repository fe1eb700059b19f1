//! `/login/oidc/connect`: somebody whom the provider knows and we do not shows once, by a password, which account is theirs.

use actors::identity::external::connect::connect as connecting;
use actors::identity::external::enter::Why;
use actors::identity::sign_in::Credentials;
use actors::problem::Problem;
use poem::http::StatusCode;
use poem::{Request, Response, handler};
use serde::Deserialize;

use super::callback::{because, let_in};
use super::journey::Stranger;
use super::not_signed_in;
use super::provider::Provider;
use crate::http::account::form::{Choice, Field, Link, Page};
use crate::http::account::guard::{Sent, broken};

#[derive(Deserialize)]
struct Shown {
    email: String,
    password: String,
    /// Who they are, sealed.
    stranger: String,
}

/// The page that asks for the password.
pub(super) fn page(provider: &Provider, email: &str, why: Why, sealed: &str) -> Page {
    let once = "If you have an account here, show its password once; after that you come in without it.";
    Page { lead: vec![because(provider, email, why), once.to_owned()], ..asking(email, sealed) }
}

fn asking(email: &str, sealed: &str) -> Page {
    Page {
        title: "Connect your account",
        action: "/login/oidc/connect",
        fields: vec![Field::email(email), Field::password(), Field::hidden("stranger", sealed)],
        button: Choice::only("Connect and sign in"),
        links: vec![
            Link::to("/account/forgotten", "I have forgotten my password"),
            Link::to("/login", "Sign in another way"),
        ],
        ..Page::default()
    }
}

/// Connects and signs in.
#[handler]
pub async fn connect(request: &Request, sent: Sent<Shown>) -> Response {
    let Sent { shared, form: Shown { email, password, stranger: sealed }, address, program } = sent;
    let Some(Stranger { told, next }) = Stranger::unseal(&shared, &sealed) else {
        let text = "More than ten minutes have passed since you signed in. Begin once more.";
        return not_signed_in(text).answer(StatusCode::BAD_REQUEST);
    };
    let shown = Credentials { email: email.clone(), password, address, program };
    match connecting(&shared.deps, shown, &told).await {
        Ok(user) => let_in(request, &shared, user, &next).await.unwrap_or_else(broken),
        Err(Problem::Refused(refused)) => asking(&email, &sealed).refused(refused.message),
        Err(Problem::Fault(fault)) => broken(fault),
    }
}
