//! Making an account with a password that its maker chooses: for the first person of a site, and for programs.

use entity::identity::audit::Action;
use entity::identity::user;
use entity::viewer::ViewerScope;
use sea_orm::{ActiveModelTrait, Set, Unchanged};
use serde_json::json;

use super::audit::{entry, note};
use super::password::{self, PasswordFault};
use super::redeem;
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// An account to be made.
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub password: String,
    pub admin: bool,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("admin", &self.admin).finish_non_exhaustive()
    }
}

/// Why it was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateUserCode {
    NotAllowed,
    EmailInvalid,
    EmailTaken,
    NameEmpty,
    PasswordLength,
    PasswordCommon,
}

/// Makes the account. For who runs the site.
///
/// # Errors
/// When the viewer may not, the input is not good, or something breaks.
pub async fn create_user(
    deps: &Deps,
    viewer: &ViewerScope,
    new: NewUser,
) -> Result<user::Model, Problem<CreateUserCode>> {
    may(viewer)?;
    if new.admin && !viewer.is_unlimited() {
        let message = "Somebody who runs the site is made after a sign-in, not with a token: what a token makes must not outlive it.";
        return Err(Problem::refused_at(CreateUserCode::NotAllowed, message, &["admin"]));
    }
    let (email, name) = who(&new.email, &new.name)?;
    password::allow(&new.password, &[&email, &name]).map_err(|fault| {
        let code = match fault {
            PasswordFault::Length => CreateUserCode::PasswordLength,
            PasswordFault::Common(_) => CreateUserCode::PasswordCommon,
        };
        Problem::refused_at(code, fault.to_string(), &["password"])
    })?;
    let hash = password::hash(new.password).await?;
    let write = Write::begin(deps).await?;
    let there = match user::by_email(write.tx(), &email).await? {
        // Whoever makes it theirs at this moment was first.
        Some(there) => user::lock(write.tx(), there.id).await?.filter(|there| there.email == email),
        None => None,
    };
    if there.as_ref().is_some_and(|there| there.verified_at.is_some()) {
        return Err(taken(&email));
    }
    let mut row = user::ActiveModel {
        email: Set(email),
        name: Set(name),
        password_hash: Set(Some(hash)),
        admin: Set(new.admin),
        verified_at: Set(Some(write.now)),
        ..Default::default()
    };
    // One that somebody has asked for, and nobody has made theirs, is nobody's.
    let user = match there {
        Some(there) => {
            redeem::withdraw_all(&write, there.id).await?;
            row.id = Unchanged(there.id);
            row.update(write.tx()).await?
        }
        None => {
            row.rights_version = Set(0);
            row.created_at = Set(write.now);
            row.insert(write.tx()).await?
        }
    };
    note(&write, entry(viewer, Action::UserCreated, Some(user.id), json!({ "admin": new.admin }))).await?;
    write.commit().await?;
    Ok(user)
}

/// Whether the viewer may make accounts.
pub(super) fn may(viewer: &ViewerScope) -> Result<(), Problem<CreateUserCode>> {
    if viewer.may_administer() {
        return Ok(());
    }
    Err(Problem::refused(CreateUserCode::NotAllowed, "Only who runs the site may make accounts."))
}

/// The address and the name as they are stored.
pub(super) fn who(email: &str, name: &str) -> Result<(String, String), Problem<CreateUserCode>> {
    let email = user::normal_email(email).ok_or_else(|| {
        let message = format!("`{email}` is not an address such as ada@example.org.");
        Problem::refused_at(CreateUserCode::EmailInvalid, message, &["email"])
    })?;
    let name = user::normal_name(name).ok_or_else(|| {
        let message = format!("A name has 1 to {} characters, in one line.", user::NAME_LENGTH);
        Problem::refused_at(CreateUserCode::NameEmpty, message, &["name"])
    })?;
    Ok((email, name))
}

/// Somebody uses that account.
pub(super) fn taken(email: &str) -> Problem<CreateUserCode> {
    Problem::refused_at(CreateUserCode::EmailTaken, format!("There is an account for {email} already."), &["email"])
}
