//! Who asks: from a token to a person and their rights, as they are now.

use std::sync::Arc;

use entity::clock::Timestamp;
use entity::id::{self, Kind};
use entity::identity::session;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use tokio::time::Instant;

use super::sign_in::Claims;
use crate::deps::Deps;
use crate::problem::Problem;
pub use crate::sign_ins::Identified;

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenCode {
    /// It is not one of ours, or was changed.
    Invalid,
    /// Its time is over.
    Expired,
    /// Its owner has signed out.
    Revoked,
}

/// Who the bearer of a token is.
///
/// # Errors
/// When the token is not good, or something breaks.
pub async fn authenticate(deps: &Deps, token: &str) -> Result<Identified, Problem<TokenCode>> {
    let look = deps.sign_ins.look(token, Instant::now());
    if let Some(who) = deps.sign_ins.recall(&look, deps.clock.now()) {
        return Ok(who);
    }
    let claims = read(deps, token)?;
    let user = id::decode_as(Kind::User, &claims.sub).ok_or_else(invalid)?;
    let (session, scope) = session::bearer(deps.db.read(), claims.sid, user).await?.ok_or_else(revoked)?;
    if session.revoked_at.is_some() {
        return Err(revoked());
    }
    if !session.is_open(deps.clock.now()) {
        return Err(expired());
    }
    let who = Identified { scope: Arc::new(scope), session: session.id };
    deps.sign_ins.remember(look, who.clone(), session.expires_at.min(ends(&claims)));
    Ok(who)
}

fn read(deps: &Deps, token: &str) -> Result<Claims, Problem<TokenCode>> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| invalid())?;
    let key = header.kid.as_deref().and_then(|kid| deps.site.keyring.find(kid)).ok_or_else(invalid)?;
    let mut rules = Validation::new(Algorithm::HS256);
    // The time is judged by the site's clock, against the row of the sign-in.
    rules.validate_exp = false;
    let claims =
        jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_secret(key), &rules).map_err(|_| invalid())?.claims;
    if deps.clock.now() >= ends(&claims) {
        return Err(expired());
    }
    Ok(claims)
}

/// When a token ends.
fn ends(claims: &Claims) -> Timestamp {
    Timestamp(claims.exp.saturating_mul(1_000_000))
}

fn invalid() -> Problem<TokenCode> {
    Problem::refused(TokenCode::Invalid, "The token is not one of this site's. Sign in to get one.")
}

fn expired() -> Problem<TokenCode> {
    Problem::refused(TokenCode::Expired, "The token has expired. Sign in again.")
}

fn revoked() -> Problem<TokenCode> {
    Problem::refused(TokenCode::Revoked, "The token was signed out. Sign in again.")
}
