//! A program asks to be let in, and somebody decides.

use entity::identity::audit::Action;
use entity::identity::oauth::client;
use entity::identity::oauth::code;
use entity::identity::scope::Scopes;
use entity::viewer::ViewerScope;
use sea_orm::{ActiveModelTrait as _, Set};
use serde_json::json;

use super::OAuthCode;
use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::identity::keyring::random;
use crate::identity::{secret, sessions};
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// What a program asks for, as it says it.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub client_id: String,
    pub redirect_uri: String,
    pub response_type: String,
    pub scope: String,
    pub code_challenge: String,
    pub code_challenge_method: String,
}

/// A request that somebody may decide about.
#[derive(Clone, Debug)]
pub struct Asked {
    pub client: client::Model,
    pub redirect: String,
    pub scopes: Scopes,
    pub challenge: Option<String>,
}

/// Why nobody is asked.
#[derive(Clone, Debug)]
pub enum Unasked {
    /// The program or where its answer should go is not known: only the person may be told, nobody else.
    Stranger(String),
    /// The program is told so.
    Told(OAuthCode, String),
}

/// Looks at what a program asks for. Who it is, and where the answer goes, come first: nobody is sent to a stranger.
///
/// # Errors
/// When something breaks; inside, when the request is not in order.
pub async fn look(deps: &Deps, wanted: &Wanted) -> Result<Result<Asked, Unasked>, Fault> {
    let Some(client) = client::find(deps.db.read(), &wanted.client_id).await? else {
        return Ok(Err(Unasked::Stranger("No program of that name is registered here.".to_owned())));
    };
    if !client.may_answer_at(&wanted.redirect_uri) {
        let message = format!("{} wants its answer at an address that is not its own.", client.name);
        return Ok(Err(Unasked::Stranger(message)));
    }
    Ok(check(client, wanted).map_err(|(code, message)| Unasked::Told(code, message)))
}

fn check(client: client::Model, wanted: &Wanted) -> Result<Asked, (OAuthCode, String)> {
    if wanted.response_type != "code" {
        return Err((OAuthCode::UnsupportedResponseType, "Only `response_type=code` is answered here.".to_owned()));
    }
    let invalid = |message: String| (OAuthCode::InvalidScope, message);
    let most = Scopes::parse(&client.scopes).map_err(|error| invalid(error.to_string()))?;
    let asked = if wanted.scope.trim().is_empty() { most.to_string() } else { wanted.scope.clone() };
    let scopes = Scopes::parse(&asked).map_err(|error| invalid(error.to_string()))?;
    if let Some(scope) = scopes.iter().find(|scope| !most.allow(*scope)) {
        return Err(invalid(format!("{} may not ask for the scope `{}`.", client.name, scope.word())));
    }
    let challenge = match (wanted.code_challenge.as_str(), wanted.code_challenge_method.as_str()) {
        ("", "") if client.needs_proof() => {
            let message = "A program without a secret must send a code_challenge with the method S256.";
            return Err((OAuthCode::InvalidRequest, message.to_owned()));
        }
        ("", "") => None,
        (challenge, "S256") if is_challenge(challenge) => Some(challenge.to_owned()),
        _ => {
            let message = "The code_challenge must be 43 characters, and its method S256.";
            return Err((OAuthCode::InvalidRequest, message.to_owned()));
        }
    };
    Ok(Asked { client, redirect: wanted.redirect_uri.clone(), scopes, challenge })
}

/// Whether it can be a SHA-256 in base64url.
fn is_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Lets the program in; the code for it. Only somebody who has come by a sign-in of their own decides that.
///
/// # Errors
/// When the viewer may not, or something breaks.
pub async fn allow(deps: &Deps, viewer: &ViewerScope, asked: &Asked) -> Result<String, Problem<OAuthCode>> {
    let denied = || Problem::refused(OAuthCode::AccessDenied, "Only a person who is signed in lets a program in.");
    let person = viewer.user().filter(|_| viewer.is_unlimited()).ok_or_else(denied)?;
    let code = hex::encode(random::<20>()?);
    let write = Write::begin(deps).await?;
    if !sessions::still_open(&write, viewer).await? {
        return Err(denied());
    }
    let row = code::ActiveModel {
        digest: Set(secret::digest(&code).to_vec()),
        client: Set(asked.client.key.clone()),
        user_id: Set(person),
        redirect: Set(asked.redirect.clone()),
        scopes: Set(asked.scopes.to_string()),
        challenge: Set(asked.challenge.clone()),
        created_at: Set(write.now),
        expires_at: Set(write.now + code::LIFETIME),
        ..Default::default()
    };
    row.insert(write.tx()).await?;
    let details = json!({ "client": asked.client.key, "scopes": asked.scopes.to_string() });
    note(&write, entry(viewer, Action::ProgramAllowed, Some(person), details)).await?;
    write.commit().await?;
    Ok(code)
}
