//! Access tokens: what they say, and how long they are good.

use std::time::Duration;

use entity::clock::{Timestamp, micros};
use entity::id::{self, Kind};
use entity::identity::session;
use jsonwebtoken::{Algorithm, Header};
use serde::{Deserialize, Serialize};

use crate::deps::Deps;
use crate::problem::Fault;

/// How long one is good for. The session behind it is asked every second whether it still is, so this is not how long a thief has, but
/// how long a signature is believed.
pub const LIFETIME: Duration = Duration::from_secs(3600);
/// So far the clocks of this site's processes may be apart.
pub const LEEWAY: Duration = Duration::from_secs(5);

/// What a token says: who, and by which session. Rights are never in it, they are asked of the database.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    /// The site that has signed it.
    pub iss: String,
    /// The site that it is for: the same.
    pub aud: String,
    /// The global id of the user.
    pub sub: String,
    /// The key of the session.
    pub sid: i64,
    /// Seconds since 1970, as the following.
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
}

/// A signed token, and when it stops being good.
#[derive(Debug)]
pub struct AccessToken {
    pub token: String,
    pub expires_at: Timestamp,
}

/// Signs a token of a session. It is never good for longer than the session.
///
/// # Errors
/// When it cannot be signed.
pub async fn sign(deps: &Deps, session: &session::Model, now: Timestamp) -> Result<AccessToken, Fault> {
    const SECOND: i64 = 1_000_000;
    let expires_at = (now.0 + micros(LIFETIME)).min(session.expires_at.0).div_euclid(SECOND);
    let claims = Claims {
        iss: deps.site.public_url.clone(),
        aud: deps.site.public_url.clone(),
        sub: id::encode(Kind::User, session.user_id),
        sid: session.id,
        iat: now.0.div_euclid(SECOND),
        nbf: now.0.div_euclid(SECOND),
        exp: expires_at,
    };
    let signer = deps.site.keyring.signer(&deps.db).await?;
    let header = Header { kid: Some(signer.kid), ..Header::new(Algorithm::EdDSA) };
    let token = jsonwebtoken::encode(&header, &claims, &signer.key)
        .map_err(|error| Fault::Internal(format!("a token cannot be signed: {error}")))?;
    Ok(AccessToken { token, expires_at: Timestamp(expires_at * SECOND) })
}
