//! Sessions: opened when somebody signs in or lets a program in, listed and ended by their owner.
//!
//! `open → ended | expired`. What was given for a session (access tokens, refresh tokens, a cookie) is good for as long as it is open, and
//! no longer. Ending one is told to the other processes with the change of rights, so its sockets close within a second.

use std::collections::BTreeSet;
use std::time::Duration;

use entity::clock::Timestamp;
use entity::identity::scope::Scopes;
use entity::identity::session::{self, SessionKind};
use entity::identity::{refresh_token, user};
use entity::viewer::ViewerScope;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ActiveModelTrait as _, ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};

use super::access_token::{self, AccessToken};
use super::secret::{self, SecretKind};
use crate::deps::Deps;
use crate::problem::Fault;
use crate::write::Write;

/// How long a sign-in is good for.
pub const LIFETIME: Duration = Duration::from_secs(14 * 24 * 3600);
/// The longest name of a session, in characters. What is longer is cut.
const NAME: usize = 100;

/// A session to be opened.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub kind: SessionKind,
    /// How its owner will know it: what program it is, or what they call it.
    pub name: String,
    /// What it may be used for; none for whatever its owner may.
    pub scopes: Option<Scopes>,
    /// The only courses; none for no limit.
    pub courses: Option<BTreeSet<i64>>,
    /// The program that is let in, by the name by which it asks.
    pub client: Option<String>,
    /// Who acts in the owner's name by it.
    pub impersonator: Option<i64>,
    pub lifetime: Duration,
}

impl NewSession {
    /// A sign-in of this kind, by a program that says that this is its name.
    #[must_use]
    pub fn sign_in(kind: SessionKind, name: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            scopes: None,
            courses: None,
            client: None,
            impersonator: None,
            lifetime: LIFETIME,
        }
    }
}

/// What a program is given that has signed in: a token for the next hour, and one to renew it with.
#[derive(Debug)]
pub struct Tokens {
    pub access: AccessToken,
    pub refresh: String,
}

/// Opens a session. `digest` is that of the secret that its bearer will show, if it is known by one.
///
/// # Errors
/// When the database does not answer.
pub async fn open(
    write: &Write,
    user: &user::Model,
    new: NewSession,
    digest: Option<[u8; 32]>,
) -> Result<session::Model, DbErr> {
    let courses = new.courses.map(|courses| serde_json::json!(courses).to_string());
    let row = session::ActiveModel {
        user_id: Set(user.id),
        kind: Set(new.kind),
        digest: Set(digest.map(Into::into)),
        rights_version: Set(user.rights_version),
        name: Set(new.name.chars().filter(|c| !c.is_control()).take(NAME).collect()),
        scopes: Set(new.scopes.map(|scopes| scopes.to_string())),
        courses: Set(courses),
        client: Set(new.client),
        impersonator_id: Set(new.impersonator),
        created_at: Set(write.now),
        expires_at: Set(write.now + new.lifetime),
        ..Default::default()
    };
    row.insert(write.tx()).await
}

/// Gives a program its tokens.
///
/// # Errors
/// When the database does not answer, or there is no randomness.
pub async fn tokens(deps: &Deps, write: &Write, session: &session::Model) -> Result<Tokens, Fault> {
    let refresh = SecretKind::Refresh.make()?;
    refresh_token::issue(write.tx(), session.id, secret::digest(&refresh).into(), write.now).await?;
    Ok(Tokens { access: access_token::sign(deps, session, write.now).await?, refresh })
}

/// Which sessions of a person are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// This one.
    One(i64),
    /// All but this one: whoever has it stays.
    AllBut(i64),
    /// All that were opened by signing in.
    AllButTokens,
    /// All of them.
    All,
}

/// Whether the session by which a viewer has come is still open, which then nobody ends before the transaction has. What makes a way in
/// asks that: a request may have begun before a new password ended all of them. Who came by no session has none that could end.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn still_open(write: &Write, viewer: &ViewerScope) -> Result<bool, DbErr> {
    let Some(session) = viewer.session else { return Ok(true) };
    Ok(session::lock(write.tx(), session).await?.is_some_and(|session| session.is_open(write.now)))
}

/// Whether a session is a browser's.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn is_browser(write: &Write, session: i64) -> Result<bool, DbErr> {
    let row = session::Entity::find_by_id(session).one(write.tx()).await?;
    Ok(row.is_some_and(|row| row.kind == SessionKind::Browser))
}

/// Ends the sessions by which a person acts in others' names.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn end_impersonations(write: &Write, person: i64) -> Result<(), DbErr> {
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(write.now))
        .filter(session::Column::ImpersonatorId.eq(person))
        .filter(session::Column::RevokedAt.is_null())
        .exec(write.tx())
        .await
        .map(drop)
}

/// Ends sessions of a person, in a transaction; how many of them were open. Tokens that they made are not sign-ins, and stay unless they
/// are named or all are meant; whoever acts in their name does not.
///
/// # Errors
/// When the database does not answer.
pub async fn end(write: &mut Write, person: i64, which: Which) -> Result<u64, DbErr> {
    let now: Timestamp = write.now;
    let theirs = session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(now))
        .filter(session::Column::UserId.eq(person))
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now));
    let meant = match which {
        Which::One(session) => theirs.filter(session::Column::Id.eq(session)),
        Which::AllBut(session) => theirs
            .filter(session::Column::Id.ne(session))
            .filter(session::Column::Kind.ne(SessionKind::Token).or(session::Column::ImpersonatorId.is_not_null())),
        Which::AllButTokens => theirs
            .filter(session::Column::Kind.ne(SessionKind::Token).or(session::Column::ImpersonatorId.is_not_null())),
        Which::All => theirs,
    };
    let ended = meant.exec(write.tx()).await?.rows_affected;
    if ended > 0 {
        write.rights_changed();
    }
    Ok(ended)
}
