//! Choosing another password, by somebody who knows the present one.

use entity::identity::audit::Action;
use entity::identity::{external_identity, user};
use entity::viewer::ViewerScope;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::attempts::Attempt;
use super::audit::{entry, note};
use super::password::{self, PasswordFault};
use super::redeem;
use super::renew;
use super::sessions::{self, Which};
use crate::deps::Deps;
use crate::mail::letters;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// Why an account was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountCode {
    /// The way in that was used may not change an account: only a sign-in may.
    NotAllowed,
    /// The present password is not right.
    WrongPassword,
    /// There were too many attempts.
    TooManyAttempts,
    PasswordLength,
    PasswordCommon,
    /// It is not an address.
    EmailInvalid,
    /// A course is theirs, or they run the site.
    Needed,
}

/// Another password, by somebody who shows the present one.
pub struct NewPassword {
    pub present: String,
    pub new: String,
    /// Whether the answer can bring a browser another cookie.
    pub hands_cookie: bool,
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPassword").finish_non_exhaustive()
    }
}

/// Gives the viewer's account another password, and ends their other sign-ins. What the cookie of their browser holds from now on, if they
/// came by one: the one before is good no more, for whoever has copied it.
///
/// # Errors
/// When the present password is not right, the new one not good, the viewer may not, or something breaks.
pub async fn change_password(
    deps: &Deps,
    viewer: &ViewerScope,
    NewPassword { present, new, hands_cookie }: NewPassword,
    address: u64,
) -> Result<Option<String>, Problem<AccountCode>> {
    let user = confirm(deps, viewer, present, address).await?;
    password::allow(&new, &[&user.email, &user.name]).map_err(|fault| {
        let code = match fault {
            PasswordFault::Length => AccountCode::PasswordLength,
            PasswordFault::Common(_) => AccountCode::PasswordCommon,
        };
        Problem::refused_at(code, fault.to_string(), &["newPassword"])
    })?;
    let hash = password::hash(new).await?;
    let mut write = Write::begin(deps).await?;
    if !sessions::still_open(&write, viewer).await? {
        return Err(may_not());
    }
    user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(hash))
        .filter(user::Column::Id.eq(user.id))
        .exec(write.tx())
        .await?;
    user::rights_changed(write.tx(), user.id).await?;
    let cookie = match viewer.session {
        Some(session) if hands_cookie => renew::replace_cookie(&write, session, user.rights_version + 1).await?,
        _ => None,
    };
    let which = match viewer.session {
        // Whoever asks next with its cookie would be given another, and that may be whoever has copied it.
        Some(session) if cookie.is_none() && sessions::is_browser(&write, session).await? => Which::AllButTokens,
        Some(session) => Which::AllBut(session),
        None => Which::AllButTokens,
    };
    sessions::end(&mut write, user.id, which).await?;
    external_identity::end_all(write.tx(), user.id, write.now).await?;
    sessions::end_impersonations(&write, user.id).await?;
    redeem::withdraw_all(&write, user.id).await?;
    let noted = note(&write, entry(viewer, Action::PasswordChanged, Some(user.id), json!({}))).await?;
    redeem::tell(&mut write, user.id, noted, letters::PASSWORD_CHANGED, None).await?;
    write.rights_changed();
    write.commit().await?;
    Ok(cookie)
}

/// The viewer's account, once they have shown its password again: what changes an account asks for it.
pub(super) async fn confirm(
    deps: &Deps,
    viewer: &ViewerScope,
    present: String,
    address: u64,
) -> Result<user::Model, Problem<AccountCode>> {
    let person = viewer.user().filter(|_| viewer.is_unlimited()).ok_or_else(may_not)?;
    let user = user::Entity::find_by_id(person).one(deps.db.read()).await?;
    let user = user.ok_or_else(|| Fault::Internal("a viewer without an account".into()))?;
    let attempt = Attempt::new(&user.email, address);
    if deps.attempts.wait(&attempt, deps.clock.now()).is_some() {
        let message = "There were too many attempts with a wrong password. Try again in some minutes.";
        return Err(Problem::refused(AccountCode::TooManyAttempts, message));
    }
    let present = if present.len() > password::MAX_LENGTH { String::new() } else { present };
    if !password::verify(present, user.password_hash.clone()).await? {
        deps.attempts.failed(&attempt, deps.clock.now());
        let message = "The present password is not right.";
        return Err(Problem::refused_at(AccountCode::WrongPassword, message, &["password"]));
    }
    deps.attempts.succeeded(&attempt, deps.clock.now());
    Ok(user)
}

pub(super) fn may_not() -> Problem<AccountCode> {
    let message = "An account is changed by its owner after a sign-in that has not ended, and not with a token.";
    Problem::refused(AccountCode::NotAllowed, message)
}
