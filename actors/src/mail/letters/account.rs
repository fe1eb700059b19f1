//! To the owner of an account: with the code of a ticket, or about what has become of the account.

use entity::id::{self, Kind};
use entity::identity::ticket::{self, Purpose};
use entity::identity::{audit, user};
use entity::mail::letter;
use minijinja::{Value, context};
use sea_orm::EntityTrait;

use super::{Words, fill};
use crate::deps::Deps;
use crate::identity::secret;
use crate::job::BodyFault;

/// The texts of a letter.
struct Texts {
    subject: &'static str,
    body: &'static str,
    /// The page to which it leads.
    page: &'static str,
}

macro_rules! texts {
    ($folder:literal, $page:literal) => {
        Texts {
            subject: include_str!(concat!($folder, "/subject.txt")),
            body: include_str!(concat!($folder, "/body.txt")),
            page: $page,
        }
    };
}

/// The letter that carries a ticket.
pub(super) const fn of_ticket(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Invite => "invite",
        Purpose::Register => "register",
        Purpose::Reset => "reset",
        Purpose::LeaveAddress => "leave_address",
        Purpose::TakeAddress => "take_address",
    }
}

fn texts(kind: &str) -> Option<Texts> {
    Some(match kind {
        "invite" => texts!("invite", "/account/welcome"),
        "register" => texts!("register", "/account/welcome"),
        "reset" => texts!("reset", "/account/new-password"),
        "leave_address" => texts!("leave_address", "/account/address"),
        "take_address" => texts!("take_address", "/account/address"),
        "registered" => texts!("registered", "/login"),
        "password_changed" => texts!("password_changed", "/account/forgotten"),
        "identity_connected" => texts!("identity_connected", "/account/forgotten"),
        "address_changed" => texts!("address_changed", "/"),
        _ => return None,
    })
}

/// Writes the letter, if it is one of these.
pub(super) async fn compose(
    deps: &Deps,
    letter: &letter::Model,
    recipient: &user::Model,
) -> Result<Option<Words>, BodyFault> {
    let Some(texts) = texts(&letter.kind) else { return Ok(None) };
    let (facts, secret) = match id::decode(&letter.cause) {
        Some((Kind::Ticket, ticket)) => (with_code(deps, ticket, recipient, &texts).await?, true),
        Some((Kind::AuditEntry, entry)) => (about(deps, entry, recipient, &texts).await?, false),
        _ => (plain(deps, recipient, &texts), false),
    };
    Ok(Some(Words {
        secret,
        named: letter.kind != of_ticket(Purpose::Register),
        ..fill(texts.subject, texts.body, &facts)?
    }))
}

async fn with_code(deps: &Deps, key: i64, recipient: &user::Model, texts: &Texts) -> Result<Value, BodyFault> {
    let ticket = ticket::Entity::find_by_id(key).one(deps.db.read()).await?.ok_or_else(gone)?;
    if ticket.user_id != recipient.id || !ticket.is_good(deps.clock.now()) {
        return Err(BodyFault::GiveUp("its ticket is not good any more".into()));
    }
    let code = deps.site.keyring.code(&ticket.seed);
    if ticket.digest != secret::digest(&code) {
        return Err(BodyFault::GiveUp("the key that makes codes is another one now".into()));
    }
    let (address, until) = (ticket.address.unwrap_or_default(), ticket.expires_at.to_minutes());
    let rest = plain(deps, recipient, texts);
    Ok(context! { code, address, until, ..rest })
}

async fn about(deps: &Deps, key: i64, recipient: &user::Model, texts: &Texts) -> Result<Value, BodyFault> {
    let entry = audit::Entity::find_by_id(key).one(deps.db.read()).await?.ok_or_else(gone)?;
    if entry.user_id != Some(recipient.id) {
        return Err(BodyFault::GiveUp("its recipient may not see what it is about".into()));
    }
    let rest = plain(deps, recipient, texts);
    let provider = provider(&entry.details);
    Ok(context! { at => entry.at.to_minutes(), provider, ..rest })
}

/// The provider that an entry is about, if it is about one.
fn provider(details: &str) -> Option<String> {
    let details: serde_json::Value = serde_json::from_str(details).ok()?;
    let issuer = details.get("issuer")?.as_str()?;
    Some(issuer.split_once("://").map_or(issuer, |(_, host)| host).trim_end_matches('/').to_owned())
}

fn plain(deps: &Deps, recipient: &user::Model, texts: &Texts) -> Value {
    let url = &deps.site.public_url;
    let site = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
    context! { name => recipient.name, site, page => format!("{url}{}", texts.page) }
}

fn gone() -> BodyFault {
    BodyFault::GiveUp("what it is about is gone".into())
}
