//! A program that was let in gets its tokens, and renews them.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::clock::Timestamp;
use entity::identity::oauth::{client, code};
use entity::identity::scope::Scopes;
use entity::identity::session::{self, SessionKind};
use entity::identity::user;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

use super::OAuthCode;
use crate::deps::Deps;
use crate::identity::access_token::AccessToken;
use crate::identity::renew;
use crate::identity::secret;
use crate::identity::sessions::{self, NewSession, Tokens, Which};
use crate::identity::sign_in::SignedIn;
use crate::problem::Problem;
use crate::write::Write;

/// How long a program is let in for.
pub const LIFETIME: Duration = Duration::from_secs(120 * 24 * 3600);

/// What a program shows to get tokens.
#[derive(Clone, Default)]
pub struct Shown {
    pub client_id: String,
    /// Its secret, if it has one. What the `ok` client sends is published with it, and counts for nothing.
    pub client_secret: String,
    pub grant_type: String,
    pub code: String,
    pub redirect_uri: String,
    pub code_verifier: String,
    pub refresh_token: String,
}

/// Tokens for a program.
#[derive(Debug)]
pub struct Granted {
    pub access: AccessToken,
    /// Seconds until the access token ends.
    pub expires_in: i64,
    pub refresh: String,
    pub scopes: String,
}

/// Gives tokens for a code, or the next ones for a refresh token.
///
/// # Errors
/// When what is shown is not good, or something breaks.
pub async fn exchange(deps: &Deps, shown: &Shown) -> Result<Granted, Problem<OAuthCode>> {
    let client = known(deps, shown).await?;
    match shown.grant_type.as_str() {
        "authorization_code" => by_code(deps, &client, shown).await,
        "refresh_token" => by_refresh_token(deps, &client, &shown.refresh_token).await,
        other => {
            let other: String = other.chars().take(40).collect();
            let message = format!("`{other}` is no grant_type of this site: authorization_code or refresh_token.");
            Err(Problem::refused(OAuthCode::UnsupportedGrantType, message))
        }
    }
}

/// The program, if it is the one that it says it is.
pub(super) async fn known(deps: &Deps, shown: &Shown) -> Result<client::Model, Problem<OAuthCode>> {
    let stranger =
        || Problem::refused(OAuthCode::InvalidClient, "No program with that client_id and secret is registered here.");
    let client = client::find(deps.db.read(), &shown.client_id).await?.ok_or_else(stranger)?;
    match &client.secret_digest {
        Some(digest) if verify_slices_are_equal(digest, &secret::digest(&shown.client_secret)).is_err() => {
            Err(stranger())
        }
        _ => Ok(client),
    }
}

fn not_good(what: &str) -> Problem<OAuthCode> {
    Problem::refused(OAuthCode::InvalidGrant, format!("The {what} is not good, or not any more. Begin anew."))
}

async fn by_code(deps: &Deps, client: &client::Model, shown: &Shown) -> Result<Granted, Problem<OAuthCode>> {
    let digest = secret::digest(shown.code.trim()).to_vec();
    let mut write = Write::begin(deps).await?;
    let code = code::Entity::find().filter(code::Column::Digest.eq(digest)).one(write.tx()).await?;
    let code = code.filter(|code| code.client == client.key).ok_or_else(|| not_good("code"))?;
    if !code::use_up(write.tx(), code.id, write.now).await? {
        // It was copied: by whom of the two is not known, so what it opened ends.
        let code = code::Entity::find_by_id(code.id).one(write.tx()).await?.unwrap_or(code);
        if let Some(session) = code.session_id {
            sessions::end(&mut write, code.user_id, Which::One(session)).await?;
            tracing::warn!(session, "a code was shown twice; what it opened has ended");
        }
        write.commit().await?;
        return Err(not_good("code"));
    }
    let proven = code
        .challenge
        .as_ref()
        .is_none_or(|challenge| *challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(&shown.code_verifier)));
    if write.now >= code.expires_at || code.redirect != shown.redirect_uri || !proven {
        // It stays used: whoever guesses has one try.
        write.commit().await?;
        return Err(not_good("code"));
    }
    let user = user::Entity::find_by_id(code.user_id).one(write.tx()).await?;
    let user = user.filter(user::Model::is_open).ok_or_else(|| not_good("code"))?;
    let scopes = Scopes::parse(&code.scopes).map_err(|_| not_good("code"))?;
    let new = NewSession {
        kind: SessionKind::Application,
        name: client.name.clone(),
        scopes: Some(scopes),
        courses: None,
        client: Some(client.key.clone()),
        impersonator: None,
        lifetime: LIFETIME,
    };
    let session = sessions::open(&write, &user, new, None).await?;
    code::opened(write.tx(), code.id, session.id).await?;
    let tokens = sessions::tokens(deps, &write, &session).await?;
    let granted = grant(write.now, &session, tokens);
    write.commit().await?;
    Ok(granted)
}

fn grant(now: Timestamp, session: &session::Model, tokens: Tokens) -> Granted {
    let Tokens { access, refresh } = tokens;
    let expires_in = (access.expires_at.0 - now.0).div_euclid(1_000_000).max(1);
    Granted { access, expires_in, refresh, scopes: session.scopes.clone().unwrap_or_default() }
}

async fn by_refresh_token(deps: &Deps, client: &client::Model, refresh: &str) -> Result<Granted, Problem<OAuthCode>> {
    match renew::renew_as(deps, refresh, Some(client)).await {
        Ok(SignedIn { tokens, session, .. }) => Ok(grant(deps.clock.now(), &session, tokens)),
        Err(Problem::Refused(_)) => Err(not_good("refresh token")),
        Err(Problem::Fault(fault)) => Err(fault.into()),
    }
}
