//! Signing in with an address and a password.

use std::time::Duration;

use entity::id::{self, Kind};
use entity::identity::{session, user};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};
use serde::{Deserialize, Serialize};

use super::password;
use crate::deps::Deps;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// How long a sign-in is good for.
pub const LIFETIME: Duration = Duration::from_secs(14 * 24 * 3600);

/// What a token says: who, and by which sign-in. Rights are never in it, they are asked of the database.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    /// The global id of the user.
    pub sub: String,
    /// The key of the sign-in.
    pub sid: i64,
    /// Seconds since 1970.
    pub iat: i64,
    /// Seconds since 1970.
    pub exp: i64,
}

/// Somebody is signed in.
#[derive(Debug)]
pub struct SignedIn {
    pub token: String,
    pub session: session::Model,
    pub user: user::Model,
}

/// Why somebody is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInCode {
    /// The address and the password do not belong together. Whether the address is known is not said.
    WrongCredentials,
}

/// Signs in. The same answer, after the same time, whether the address or the password is wrong.
///
/// # Errors
/// When they are not right, or something breaks.
pub async fn sign_in(deps: &Deps, email: &str, password: String) -> Result<SignedIn, Problem<SignInCode>> {
    let wrong = || Problem::refused(SignInCode::WrongCredentials, "The address or the password is not right.");
    let known = match user::normal_email(email) {
        Some(email) => user::Entity::find().filter(user::Column::Email.eq(email)).one(deps.db.read()).await?,
        None => None,
    };
    let hash = known.as_ref().and_then(|user| user.password_hash.clone());
    // A password that is longer than any that can be set is wrong, whatever it is.
    let password = if password.len() > password::MAX_LENGTH { String::new() } else { password };
    let right = password::verify(password, hash).await?;
    let user = known.filter(|_| right).ok_or_else(wrong)?;
    let session = open_session(deps, &user).await?;
    Ok(SignedIn { token: token(deps, &session)?, session, user })
}

async fn open_session(deps: &Deps, user: &user::Model) -> Result<session::Model, Problem<SignInCode>> {
    let write = Write::begin(deps).await?;
    let row = session::ActiveModel {
        user_id: Set(user.id),
        created_at: Set(write.now),
        expires_at: Set(write.now + LIFETIME),
        revoked_at: Set(None),
        ..Default::default()
    };
    let session = row.insert(write.tx()).await?;
    write.commit().await?;
    Ok(session)
}

/// The token of a session.
///
/// # Errors
/// When it cannot be signed.
fn token(deps: &Deps, session: &session::Model) -> Result<String, Fault> {
    let claims = Claims {
        sub: id::encode(Kind::User, session.user_id),
        sid: session.id,
        iat: session.created_at.0 / 1_000_000,
        exp: session.expires_at.0 / 1_000_000,
    };
    let (kid, key) = deps.site.keyring.current();
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(key))
        .map_err(|error| Fault::Internal(format!("a token cannot be signed: {error}")))
}
