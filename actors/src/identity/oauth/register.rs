//! Registering a program that may ask people to be let in.

use entity::identity::audit::Action;
use entity::identity::oauth::client::{self, LOOPBACK, OK};
use entity::identity::scope::{Scope, Scopes};
use entity::viewer::ViewerScope;
use sea_orm::{ActiveModelTrait as _, ColumnTrait, EntityTrait, QueryFilter, Set};
use serde_json::json;

use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::identity::keyring::random;
use crate::identity::secret;
use crate::problem::Problem;
use crate::write::Write;

/// The most addresses of a program.
pub(super) const MOST_REDIRECTS: usize = 10;

/// A program to be registered.
#[derive(Clone, Debug)]
pub struct NewProgram {
    /// The name by which it asks.
    pub key: String,
    /// How people know it.
    pub name: String,
    pub redirects: Vec<String>,
    pub scopes: Vec<Scope>,
    /// Whether it keeps a secret, as a program on a server can.
    pub confidential: bool,
}

/// A registered program, with its secret, which is shown this once.
#[derive(Debug)]
pub struct Registered {
    pub client: client::Model,
    pub secret: Option<String>,
}

/// Why it was not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterProgramCode {
    NotAllowed,
    KeyInvalid,
    KeyTaken,
    NameInvalid,
    RedirectInvalid,
    ScopeMissing,
}

/// Registers it. For who runs the site.
///
/// # Errors
/// When the viewer may not, the input is not good, or something breaks.
pub async fn register(
    deps: &Deps,
    viewer: &ViewerScope,
    new: NewProgram,
) -> Result<Registered, Problem<RegisterProgramCode>> {
    if !viewer.may_administer() || !viewer.is_unlimited() {
        let message = "Only who runs the site may register programs, after a sign-in.";
        return Err(Problem::refused(RegisterProgramCode::NotAllowed, message));
    }
    let scopes = check(&new)?;
    let secret = if new.confidential { Some(hex::encode(random::<32>()?)) } else { None };
    let write = Write::begin(deps).await?;
    let there = client::Entity::find().filter(client::Column::Key.eq(new.key.as_str())).one(write.tx()).await?;
    if there.is_some() || new.key == OK {
        let message = format!("There is a program `{}` already.", new.key);
        return Err(Problem::refused_at(RegisterProgramCode::KeyTaken, message, &["key"]));
    }
    let row = client::ActiveModel {
        key: Set(new.key.clone()),
        name: Set(new.name.trim().to_owned()),
        redirects: Set(json!(new.redirects).to_string()),
        secret_digest: Set(secret.as_deref().map(|secret| secret::digest(secret).to_vec())),
        scopes: Set(scopes.to_string()),
        created_at: Set(write.now),
        ..Default::default()
    };
    let client = row.insert(write.tx()).await?;
    let details = json!({ "client": new.key, "scopes": scopes.to_string(), "redirects": new.redirects });
    note(&write, entry(viewer, Action::ProgramRegistered, None, details)).await?;
    write.commit().await?;
    Ok(Registered { client, secret })
}

fn check(new: &NewProgram) -> Result<Scopes, Problem<RegisterProgramCode>> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(3..=40).contains(&new.key.len()) || !new.key.bytes().all(plain) {
        let message = "A client_id is 3 to 40 small letters, digits and dashes.";
        return Err(Problem::refused_at(RegisterProgramCode::KeyInvalid, message, &["key"]));
    }
    if entity::identity::user::normal_name(&new.name).is_none() {
        let message = "People need a name by which they know the program.";
        return Err(Problem::refused_at(RegisterProgramCode::NameInvalid, message, &["name"]));
    }
    if !(1..=MOST_REDIRECTS).contains(&new.redirects.len())
        || !new.redirects.iter().all(|redirect| is_redirect(redirect))
    {
        let message = format!(
            "Answers go to 1 to {MOST_REDIRECTS} addresses of https without a `#`, or to {LOOPBACK} for any port of the person's own machine."
        );
        return Err(Problem::refused_at(RegisterProgramCode::RedirectInvalid, message, &["redirects"]));
    }
    Scopes::of(new.scopes.iter().copied())
        .map_err(|fault| Problem::refused_at(RegisterProgramCode::ScopeMissing, fault.to_string(), &["scopes"]))
}

pub(super) fn is_redirect(text: &str) -> bool {
    let host = text.strip_prefix("https://").map(|rest| rest.split('/').next().unwrap_or_default());
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\\\"<>`{}".contains(&byte));
    text == LOOPBACK || text.len() <= 2_000 && plain && host.is_some_and(|host| !host.is_empty() && !host.contains('@'))
}
