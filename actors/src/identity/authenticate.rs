//! Who asks: from what they carry to a person and their rights, as they are now.
//!
//! * An **access token** (RFC 9068 in its manner) is signed with Ed25519 and says who, by which session, from when and until when. Rights
//!   are never in it. The header names the key; the algorithm is ours to choose and no header changes it.
//! * A **token** that somebody has made, and the **cookie** of a browser, are secrets whose digest the session's row holds. Each is taken
//!   only where it belongs: a cookie's secret in an `Authorization` header is nothing.
//!
//! A signature that was good is not looked at again until the token expires; the session and the rights are, every second.

use entity::clock::Timestamp;
use entity::id::{self, Kind};
use entity::identity::bearer::{self, Bearer, Shown};
use entity::identity::session::SessionKind;
use jsonwebtoken::{Algorithm, Validation};
use tokio::time::Instant;

use super::access_token::{self, Claims, LEEWAY};
use super::keyring;
use super::secret::SecretKind;
use super::touch;
use crate::deps::Deps;
use crate::problem::Problem;
pub use crate::sign_ins::Identified;
use crate::sign_ins::{Look, Signed};

/// Why what somebody carries is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenCode {
    /// It is not one of ours, or was changed.
    Invalid,
    /// Its time is over.
    Expired,
    /// Its owner has signed out or withdrawn it, or has no account any more.
    Revoked,
}

/// Who the bearer of a token is, as it comes in an `Authorization` header.
///
/// # Errors
/// When the token is not good, or something breaks.
pub async fn authenticate(deps: &Deps, token: &str) -> Result<Identified, Problem<TokenCode>> {
    if SecretKind::Cookie.fits(token) {
        return Err(invalid());
    }
    let look = deps.sign_ins.look(token, Instant::now());
    if let Some(who) = deps.sign_ins.recall(&look, deps.clock.now()) {
        return Ok(who);
    }
    if SecretKind::Token.fits(token) {
        let shown = Shown::Secret(look.digest());
        return find(deps, look, shown, &[SessionKind::Token], None).await;
    }
    let signed = read(deps, &look, token).await?;
    let shown = Shown::Signed { session: signed.session, person: signed.person };
    find(deps, look, shown, &[SessionKind::Script, SessionKind::Application], Some(signed.until)).await
}

/// Whose browser it is that sends this cookie.
///
/// # Errors
/// When the cookie is not good, or something breaks.
pub async fn by_cookie(deps: &Deps, cookie: &str) -> Result<Identified, Problem<TokenCode>> {
    if !SecretKind::Cookie.fits(cookie) {
        return Err(invalid());
    }
    let look = deps.sign_ins.look(cookie, Instant::now());
    if let Some(who) = deps.sign_ins.recall(&look, deps.clock.now()) {
        return Ok(who);
    }
    let shown = Shown::Secret(look.digest());
    find(deps, look, shown, &[SessionKind::Browser], None).await
}

async fn find(
    deps: &Deps,
    look: Look,
    shown: Shown,
    kinds: &[SessionKind],
    until: Option<Timestamp>,
) -> Result<Identified, Problem<TokenCode>> {
    let now = deps.clock.now();
    let (db, clock) = (deps.db.clone(), deps.clock.clone());
    let find_all = move |shown: Vec<Shown>| {
        let (db, clock) = (db.clone(), clock.clone());
        async move { bearer::find(db.read(), &shown, clock.now()).await }
    };
    let found = deps.sign_ins.bearers().get(&deps.runtime, shown, find_all).await?;
    let Bearer { session, scope } = found.ok_or_else(revoked)?;
    if session.revoked_at.is_some() || !kinds.contains(&session.kind) {
        return Err(revoked());
    }
    if !session.is_open(now) {
        return Err(expired());
    }
    touch::touch(deps, &session, now);
    let outdated = session.kind == SessionKind::Browser && session.rights_version != scope.rights_version;
    let who = Identified { scope, session: session.id, outdated };
    let until = until.map_or(session.expires_at, |until| until.min(session.expires_at));
    deps.sign_ins.remember(look, who.clone(), until);
    Ok(who)
}

/// What a signed token says, once its signature and its times are found good.
async fn read(deps: &Deps, look: &Look, token: &str) -> Result<Signed, Problem<TokenCode>> {
    let now = deps.clock.now();
    if let Some(signed) = deps.sign_ins.signed(look) {
        return if now < signed.until { Ok(signed) } else { Err(expired()) };
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| invalid())?;
    let kid = header.kid.ok_or_else(invalid)?;
    let known = deps.site.keyring.verifier(&deps.db, &kid).await?.ok_or_else(invalid)?;
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_issuer(&[&deps.site.public_url]);
    rules.set_audience(&[&deps.site.public_url]);
    rules.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    // The times are judged by the site's clock.
    rules.validate_exp = false;
    rules.validate_nbf = false;
    let claims = jsonwebtoken::decode::<Claims>(token, &known.key, &rules).map_err(|_| invalid())?.claims;
    let signed = Signed {
        session: claims.sid,
        person: id::decode_as(Kind::User, &claims.sub).ok_or_else(invalid)?,
        until: Timestamp(claims.exp.saturating_mul(1_000_000)),
    };
    if now >= signed.until {
        return Err(expired());
    }
    if Timestamp(claims.nbf.saturating_mul(1_000_000)) > now + LEEWAY {
        return Err(invalid());
    }
    // Nothing of ours is good for longer; what says so was made with a key that somebody has stolen.
    let longest = |from: Timestamp| from + access_token::LIFETIME + LEEWAY;
    let retired = known.retired_at.is_some_and(|retired| signed.until > longest(retired) + keyring::FRESH);
    if retired || signed.until > longest(Timestamp(claims.nbf.saturating_mul(1_000_000))) {
        return Err(invalid());
    }
    deps.sign_ins.trust(look, signed);
    Ok(signed)
}

fn invalid() -> Problem<TokenCode> {
    Problem::refused(TokenCode::Invalid, "The token is not one of this site's. Sign in to get one.")
}

fn expired() -> Problem<TokenCode> {
    Problem::refused(TokenCode::Expired, "The token has expired. Renew it, or sign in again.")
}

fn revoked() -> Problem<TokenCode> {
    Problem::refused(TokenCode::Revoked, "The token is not good any more. Sign in again.")
}
