//! Signing in with an address and a password.

use entity::clock::Timestamp;
use entity::identity::session::{self, SessionKind};
use entity::identity::user;
use sea_orm::DbErr;

use super::attempts::Attempt;
use super::password;
use super::secret::{self, SecretKind};
use super::sessions::{self, NewSession, Tokens};
use crate::deps::Deps;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// What somebody shows to come in.
pub struct Credentials {
    pub email: String,
    pub password: String,
    /// The network address that they come from, as a digest.
    pub address: u64,
    /// The program that they come with, in its own words.
    pub program: String,
}

impl Credentials {
    /// As somebody at this machine shows them.
    #[must_use]
    pub fn here(email: &str, password: &str) -> Self {
        Self { email: email.to_owned(), password: password.to_owned(), address: 0, program: String::new() }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// A program is signed in.
#[derive(Debug)]
pub struct SignedIn {
    pub tokens: Tokens,
    pub session: session::Model,
    pub user: user::Model,
}

/// A browser is signed in.
#[derive(Debug)]
pub struct Welcomed {
    /// What its cookie holds.
    pub cookie: String,
    pub session: session::Model,
    pub user: user::Model,
}

/// Why somebody is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInCode {
    /// The address and the password do not belong together. Whether the address is known is not said.
    WrongCredentials,
    /// There were too many attempts that were wrong. Whether the address is known is not said.
    TooManyAttempts,
}

/// Signs a program in.
///
/// # Errors
/// When address and password are not right, there were too many attempts, or something breaks.
pub async fn sign_in(deps: &Deps, shown: Credentials) -> Result<SignedIn, Problem<SignInCode>> {
    let new = NewSession::sign_in(SessionKind::Script, &shown.program);
    let user = check(deps, shown).await?;
    let write = Write::begin(deps).await?;
    if !is_same(&write, &user).await? {
        return Err(wrong());
    }
    let session = sessions::open(&write, &user, new, None).await?;
    let tokens = sessions::tokens(deps, &write, &session).await?;
    write.commit().await?;
    Ok(SignedIn { tokens, session, user })
}

/// Signs a browser in: always with a new secret, whatever cookie it had before.
///
/// # Errors
/// When address and password are not right, there were too many attempts, or something breaks.
pub async fn sign_in_browser(deps: &Deps, shown: Credentials) -> Result<Welcomed, Problem<SignInCode>> {
    let program = shown.program.clone();
    let user = check(deps, shown).await?;
    welcome(deps, user, &program).await?.ok_or_else(wrong)
}

/// Opens a session for the browser of somebody who has shown who they are. None when their account was closed, or got another password,
/// since then.
///
/// # Errors
/// When something breaks.
pub async fn welcome(deps: &Deps, user: user::Model, program: &str) -> Result<Option<Welcomed>, Fault> {
    let cookie = SecretKind::Cookie.make()?;
    let new = NewSession::sign_in(SessionKind::Browser, program);
    let write = Write::begin(deps).await?;
    if !is_same(&write, &user).await? {
        return Ok(None);
    }
    let session = sessions::open(&write, &user, new, Some(secret::digest(&cookie))).await?;
    write.commit().await?;
    Ok(Some(Welcomed { cookie, session, user }))
}

/// Whether the account is as it was when its password was looked at, which takes a while: what ends all sign-ins must end this one too.
/// Nobody changes it before the transaction has ended.
pub(super) async fn is_same(write: &Write, user: &user::Model) -> Result<bool, DbErr> {
    let now = user::lock(write.tx(), user.id).await?;
    Ok(now.is_some_and(|now| now.is_open() && now.password_hash == user.password_hash))
}

pub(super) fn wrong() -> Problem<SignInCode> {
    Problem::refused(SignInCode::WrongCredentials, "The address or the password is not right.")
}

/// Whose address and password these are. The same answer, after the same time, whichever is wrong.
pub(super) async fn check(deps: &Deps, shown: Credentials) -> Result<user::Model, Problem<SignInCode>> {
    let email = user::normal_email(&shown.email);
    // Many addresses that are none are one account, which nobody has.
    let attempt = Attempt::new(email.as_deref().unwrap_or_default(), shown.address);
    if let Some(until) = deps.attempts.wait(&attempt, deps.clock.now()) {
        return Err(too_many(until, deps.clock.now()));
    }
    let known = match email {
        Some(email) => user::by_email(deps.db.read(), &email).await?,
        None => None,
    };
    let hash = known.as_ref().and_then(|user| user.password_hash.clone());
    // A password that is longer than any that can be chosen is wrong, whatever it is.
    let password = if shown.password.len() > password::MAX_LENGTH { String::new() } else { shown.password };
    let right = password::verify(password, hash).await?;
    let user = known.filter(|user| right && user.is_open());
    let Some(user) = user else {
        deps.attempts.failed(&attempt, deps.clock.now());
        return Err(wrong());
    };
    deps.attempts.succeeded(&attempt, deps.clock.now());
    Ok(user)
}

fn too_many(until: Timestamp, now: Timestamp) -> Problem<SignInCode> {
    let minutes = 1 + (until.0 - now.0).unsigned_abs() / 60_000_000;
    let message = format!(
        "There were too many attempts with a wrong password. Try again in {minutes} min, or ask for a new password by letter."
    );
    Problem::refused(SignInCode::TooManyAttempts, message)
}
