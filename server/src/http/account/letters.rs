//! The pages to which letters lead, and those that ask for letters.
//!
//! A link in a letter only opens a page; what it allows is done by its button. So programs that look at links for their owners use nothing
//! up.

use actors::identity::change_email::{Moved, confirm_email};
use actors::identity::redeem::{accept, reset};
use actors::identity::requests::{register, request_password};
use actors::identity::{sessions, sign_in};
use actors::problem::Problem;
use poem::http::StatusCode;
use poem::{Request, Response, handler};
use serde::Deserialize;

use super::form::{Choice, Field, Link, Page};
use super::guard::{Sent, broken, go_to};
use crate::http::cookie;

#[derive(Default, Deserialize)]
struct Wanted {
    email: String,
    #[serde(default)]
    name: String,
}

#[derive(Default, Deserialize)]
struct Redeemed {
    code: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    name: String,
}

fn registration(wanted: &Wanted) -> Page {
    Page {
        title: "Register",
        lead: vec!["You get a letter with which you choose a password.".to_owned()],
        action: "/account/register",
        fields: vec![Field::name(&wanted.name), Field::email(&wanted.email)],
        button: Choice::only("Send the letter"),
        links: vec![Link::to("/login", "I have an account")],
        ..Page::default()
    }
}

fn forgotten(wanted: &Wanted) -> Page {
    Page {
        title: "A new password",
        lead: vec!["You get a letter with which you choose another.".to_owned()],
        action: "/account/forgotten",
        fields: vec![Field::email(&wanted.email)],
        button: Choice::only("Send the letter"),
        links: vec![Link::to("/login", "I know it again")],
        ..Page::default()
    }
}

fn on_its_way() -> Response {
    let text = "If that is an address of somebody here, or may become one, a letter is on its way. Look among the unwanted ones too; \
                it may take a few minutes.";
    Page::note("Look at your mail", text, "/login", "Sign in").answer(StatusCode::OK)
}

fn welcome(sent: &Redeemed) -> Page {
    let name = Field {
        optional: true,
        hint: "Who was invited may leave it empty: what is there now stays.",
        ..Field::name(&sent.name)
    };
    Page {
        title: "Your account",
        lead: vec!["Choose a password, and the account is yours.".to_owned()],
        action: "/account/welcome",
        fields: vec![Field::code(&sent.code), name, Field::new_password()],
        button: Choice::only("Begin"),
        takes_code: true,
        ..Page::default()
    }
}

fn new_password(sent: &Redeemed) -> Page {
    Page {
        title: "A new password",
        lead: vec!["All sign-ins and tokens of your account end with it.".to_owned()],
        action: "/account/new-password",
        fields: vec![Field::code(&sent.code), Field::new_password()],
        button: Choice::only("Take it"),
        links: vec![Link::to("/account/forgotten", "I need another letter")],
        takes_code: true,
        ..Page::default()
    }
}

fn address(sent: &Redeemed) -> Page {
    Page {
        title: "Another address",
        lead: vec!["Your account moves when it is confirmed from both addresses.".to_owned()],
        action: "/account/address",
        fields: vec![Field::code(&sent.code)],
        button: Choice::only("Confirm"),
        takes_code: true,
        ..Page::default()
    }
}

/// The page to register.
#[handler]
pub fn show_registration() -> Response {
    registration(&Wanted::default()).answer(StatusCode::OK)
}

/// The page for who has forgotten a password.
#[handler]
pub fn show_forgotten() -> Response {
    forgotten(&Wanted::default()).answer(StatusCode::OK)
}

/// The page to which an invitation leads.
#[handler]
pub fn show_welcome() -> Response {
    welcome(&Redeemed::default()).answer(StatusCode::OK)
}

/// The page to which the letter about a new password leads.
#[handler]
pub fn show_new_password() -> Response {
    new_password(&Redeemed::default()).answer(StatusCode::OK)
}

/// The page to which letters about another address lead.
#[handler]
pub fn show_address() -> Response {
    address(&Redeemed::default()).answer(StatusCode::OK)
}

/// Asks for an account.
#[handler]
pub async fn send_registration(sent: Sent<Wanted>) -> Response {
    let Sent { shared, form, address, .. } = sent;
    match register(&shared.deps, &form.email, &form.name, address).await {
        Ok(()) => on_its_way(),
        Err(Problem::Refused(refused)) => registration(&form).refused(refused.message),
        Err(Problem::Fault(fault)) => broken(fault),
    }
}

/// Asks for a new password.
#[handler]
pub async fn send_forgotten(sent: Sent<Wanted>) -> Response {
    let Sent { shared, form, address, .. } = sent;
    match request_password(&shared.deps, &form.email, address).await {
        Ok(()) => on_its_way(),
        Err(Problem::Refused(refused)) => forgotten(&form).refused(refused.message),
        Err(Problem::Fault(fault)) => broken(fault),
    }
}

/// Makes an account its owner's, and signs them in.
#[handler]
pub async fn begin(request: &Request, sent: Sent<Redeemed>) -> Response {
    let Sent { shared, form, program, .. } = sent;
    let name = Some(form.name.trim()).filter(|name| !name.is_empty());
    let user = match accept(&shared.deps, &form.code, form.password.clone(), name).await {
        Ok(user) => user,
        Err(Problem::Refused(refused)) => return welcome(&form).refused(refused.message),
        Err(Problem::Fault(fault)) => return broken(fault),
    };
    match sign_in::welcome(&shared.deps, user, &program).await {
        Ok(Some(welcomed)) => {
            if let Err(fault) = super::end_held(request, &shared).await {
                return broken(fault);
            }
            let mut response = go_to("/");
            cookie::set(&mut response, &shared, &welcomed.cookie, sessions::LIFETIME);
            response
        }
        Ok(None) => go_to("/login"),
        Err(fault) => broken(fault),
    }
}

/// Sets a new password.
#[handler]
pub async fn change_password(sent: Sent<Redeemed>) -> Response {
    let Sent { shared, form, .. } = sent;
    match reset(&shared.deps, &form.code, form.password.clone()).await {
        Ok(_) => {
            let text = "Your password is the new one. All sign-ins and tokens have ended.";
            Page::note("Done", text, "/login", "Sign in").answer(StatusCode::OK)
        }
        Err(Problem::Refused(refused)) => new_password(&form).refused(refused.message),
        Err(Problem::Fault(fault)) => broken(fault),
    }
}

/// Confirms one half of a change of address.
#[handler]
pub async fn change_address(sent: Sent<Redeemed>) -> Response {
    let Sent { shared, form, .. } = sent;
    let text = match confirm_email(&shared.deps, &form.code).await {
        Ok(Moved::Whole) => "Your account has its new address. Sign in with it from now on.",
        Ok(Moved::Half) => "Confirmed. Now confirm it from the other address too; a letter about it is there.",
        Err(Problem::Refused(refused)) => return address(&form).refused(refused.message),
        Err(Problem::Fault(fault)) => return broken(fault),
    };
    Page::note("Confirmed", text, "/", "Go on").answer(StatusCode::OK)
}
