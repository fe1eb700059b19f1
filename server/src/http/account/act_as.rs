//! `/account/act-as`: whoever runs the site sees it as somebody else does, for an hour, with a reason. Signing out ends it.

use actors::identity::impersonate::impersonate;
use actors::problem::Problem;
use entity::identity::session::SessionKind;
use poem::http::StatusCode;
use poem::{Request, Response, handler};
use serde::Deserialize;

use super::form::{Choice, Field, Link, Page};
use super::guard::{Sent, broken, go_to, shared};
use crate::http::cookie;

#[derive(Default, Deserialize)]
struct Wanted {
    email: String,
    reason: String,
}

fn page(wanted: &Wanted) -> Page {
    let reason = Field {
        name: "reason",
        label: "Why",
        kind: "text",
        value: wanted.reason.clone(),
        autocomplete: "off",
        hint: "It stays in the audit log.",
        optional: false,
    };
    Page {
        title: "Act as somebody else",
        lead: vec![
            "You see what they see, for an hour, and hand nothing in. What you change is noted as yours.".to_owned(),
        ],
        action: "/account/act-as",
        fields: vec![Field { autocomplete: "off", ..Field::email(&wanted.email) }, reason],
        button: Choice::only("Begin"),
        links: vec![Link::to("/", "Stay who I am")],
        ..Page::default()
    }
}

/// Whoever may not is told that there is no such page.
fn nothing_there() -> Response {
    Page::note("Nothing here", "There is no such page, or not for you.", "/", "Go on").answer(StatusCode::NOT_FOUND)
}

/// The page.
#[handler]
pub async fn show(request: &Request) -> Response {
    let shared = match shared(request) {
        Ok(shared) => shared,
        Err(status) => return status.into(),
    };
    match super::signed_in(request, &shared).await {
        Ok(Some(who)) if who.scope.may_administer() => page(&Wanted::default()).answer(StatusCode::OK),
        Ok(Some(_)) => nothing_there(),
        Ok(None) => go_to("/login?next=%2Faccount%2Fact-as"),
        Err(fault) => broken(fault),
    }
}

/// Begins.
#[handler]
pub async fn begin(request: &Request, sent: Sent<Wanted>) -> Response {
    let Sent { shared, form, .. } = sent;
    let who = match super::signed_in(request, &shared).await {
        Ok(Some(who)) => who,
        Ok(None) => return go_to("/login?next=%2Faccount%2Fact-as"),
        Err(fault) => return broken(fault),
    };
    if !who.scope.may_administer() {
        return nothing_there();
    }
    match impersonate(&shared.deps, &who.scope, &form.email, &form.reason, SessionKind::Browser).await {
        Ok(opened) => {
            // Its cookie is replaced, so nobody could end it any more.
            if let Err(fault) = super::end_held(request, &shared).await {
                return broken(fault);
            }
            let mut response = go_to("/");
            let left = (opened.session.expires_at.0 - opened.session.created_at.0).unsigned_abs();
            cookie::set(&mut response, &shared, &opened.secret, std::time::Duration::from_micros(left));
            response
        }
        Err(Problem::Refused(refused)) => page(&form).refused(refused.message),
        Err(Problem::Fault(fault)) => broken(fault),
    }
}
