//! Renewing what somebody carries: access tokens by a refresh token, and cookies when rights have changed.
//!
//! A refresh token is good once; with the answer comes the next. So one that is shown twice was copied: by whom of the two is not known,
//! so the session ends, and whoever is its owner signs in again. Two that are shown at once are no exception.

use entity::identity::oauth::client;
use entity::identity::session::{self, SessionKind};
use entity::identity::{refresh_token, user};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::access_token;
use super::secret::{self, SecretKind};
use super::sessions::{self, Tokens, Which};
use super::sign_in::SignedIn;
use crate::deps::Deps;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// Why nothing was renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewCode {
    /// The token is not one of ours, or its session is over.
    NotGood,
    /// It was used before. Its session has ended for that.
    Reused,
}

/// Gives the tokens that follow.
///
/// # Errors
/// When the token is not good, or something breaks.
pub async fn renew(deps: &Deps, refresh: &str) -> Result<SignedIn, Problem<RenewCode>> {
    renew_as(deps, refresh, None).await
}

/// The same, for a program that was let in: what it got, it renews as that program, and nobody else does.
///
/// # Errors
/// When the token is not good, or something breaks.
pub(super) async fn renew_as(
    deps: &Deps,
    refresh: &str,
    program: Option<&client::Model>,
) -> Result<SignedIn, Problem<RenewCode>> {
    if !SecretKind::Refresh.fits(refresh) {
        return Err(not_good());
    }
    let digest: Vec<u8> = secret::digest(refresh).into();
    let mut write = Write::begin(deps).await?;
    let shown = refresh_token::Entity::find().filter(refresh_token::Column::Digest.eq(digest));
    let shown = shown.one(write.tx()).await?.ok_or_else(not_good)?;
    let session = session::Entity::find_by_id(shown.session_id).one(write.tx()).await?.ok_or_else(not_good)?;
    let user = user::Entity::find_by_id(session.user_id).one(write.tx()).await?.ok_or_else(not_good)?;
    let theirs = session.client.as_deref() == program.map(|program| program.key.as_str());
    if !theirs || !session.is_open(write.now) || !user.is_open() {
        return Err(not_good());
    }
    if program.is_some_and(|program| !program.rotates()) {
        // It keeps the one that it has, and sends it for as long as it is let in.
        let access = access_token::sign(deps, &session, write.now).await?;
        return Ok(SignedIn { tokens: Tokens { access, refresh: refresh.to_owned() }, session, user });
    }
    if !refresh_token::use_up(write.tx(), shown.id, write.now).await? {
        sessions::end(&mut write, user.id, Which::One(session.id)).await?;
        write.commit().await?;
        tracing::warn!(session = session.id, "a refresh token was shown twice; its session has ended");
        return Err(Problem::refused(
            RenewCode::Reused,
            "That refresh token was used before, so it may have been copied. The sign-in has ended; sign in again.",
        ));
    }
    let tokens = sessions::tokens(deps, &write, &session).await?;
    write.commit().await?;
    Ok(SignedIn { tokens, session, user })
}

fn not_good() -> Problem<RenewCode> {
    Problem::refused(RenewCode::NotGood, "That refresh token is not good any more. Sign in again.")
}

/// Gives a browser a new secret in place of one that was made before its owner's rights changed. None when another request of it was
/// given one, or it is no browser; the old secret counts for a minute longer.
///
/// # Errors
/// When something breaks.
pub async fn renew_cookie(deps: &Deps, session: i64, rights_version: i64) -> Result<Option<String>, Fault> {
    let cookie = SecretKind::Cookie.make()?;
    let mut write = Write::begin(deps).await?;
    let renewed = session::Entity::update_many()
        .col_expr(session::Column::Previous, Expr::col(session::Column::Digest))
        .col_expr(session::Column::Digest, Expr::value(secret::digest(&cookie).to_vec()))
        .col_expr(session::Column::RotatedAt, Expr::value(write.now))
        .col_expr(session::Column::RightsVersion, Expr::value(rights_version))
        .filter(session::Column::Id.eq(session))
        .filter(session::Column::Kind.eq(SessionKind::Browser))
        .filter(session::Column::RightsVersion.lt(rights_version))
        .exec(write.tx())
        .await?;
    write.rights_changed();
    write.commit().await?;
    Ok((renewed.rows_affected == 1).then_some(cookie))
}

/// Gives a browser a new secret at once, in a transaction; the one before is good no more. None when the session is no browser's.
///
/// # Errors
/// When something breaks.
pub(super) async fn replace_cookie(write: &Write, session: i64, rights_version: i64) -> Result<Option<String>, Fault> {
    let cookie = SecretKind::Cookie.make()?;
    let replaced = session::Entity::update_many()
        .col_expr(session::Column::Previous, Expr::value(None::<Vec<u8>>))
        .col_expr(session::Column::Digest, Expr::value(secret::digest(&cookie).to_vec()))
        .col_expr(session::Column::RotatedAt, Expr::value(write.now))
        .col_expr(session::Column::RightsVersion, Expr::value(rights_version))
        .filter(session::Column::Id.eq(session))
        .filter(session::Column::Kind.eq(SessionKind::Browser))
        .exec(write.tx())
        .await?;
    Ok((replaced.rows_affected == 1).then_some(cookie))
}
