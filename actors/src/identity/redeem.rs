//! Using a ticket: an account becomes somebody's own, or gets a new password.
//!
//! `NotGood` is all that is said of a code that is wrong, was used, is over or withdrawn: whoever guesses learns nothing. A code is looked
//! at before a password is hashed, so that guessing costs the site little, and once more, with its use, in the transaction that does what
//! it allows.

use entity::identity::audit::Action;
use entity::identity::external_identity;
use entity::identity::ticket::{self, Purpose};
use entity::identity::user;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Unchanged, ColumnTrait, EntityTrait, QueryFilter, Set};
use serde_json::json;

use super::audit::{by_oneself, note};
use super::password::{self, PasswordFault};
use super::sessions::{self, Which};
use super::tickets::{self, Found};
use crate::deps::Deps;
use crate::mail::{self, NewLetter, letters};
use crate::problem::Problem;
use crate::write::Write;

/// Why a ticket does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedeemCode {
    /// It is none, was used, is over, or was withdrawn.
    NotGood,
    /// It is not a name.
    NameInvalid,
    PasswordLength,
    PasswordCommon,
}

/// Makes the account of an invitation or a registration its owner's: the address is theirs, as the letter reached them, and so is the
/// password that they choose. A name replaces the one that was given for them; who has
/// registered says it again, because anybody could have done so with their address.
///
/// # Errors
/// When the code or the input is not good, or something breaks.
pub async fn accept(
    deps: &Deps,
    code: &str,
    password: String,
    name: Option<&str>,
) -> Result<user::Model, Problem<RedeemCode>> {
    let found = tickets::find(deps, code, &[Purpose::Invite, Purpose::Register]).await?.ok_or_else(not_good)?;
    let name = name.map(|name| user::normal_name(name).ok_or_else(name_invalid)).transpose()?;
    if name.is_none() && found.ticket.purpose == Purpose::Register {
        return Err(name_invalid());
    }
    let hash = choose(&found.user, password).await?;
    let write = Write::begin(deps).await?;
    use_up(&write, &found).await?;
    let id = found.user.id;
    ticket::withdraw(write.tx(), id, [Purpose::Invite, Purpose::Register], write.now).await?;
    let mut row = user::ActiveModel {
        id: Unchanged(id),
        password_hash: Set(Some(hash)),
        verified_at: Set(Some(write.now)),
        ..Default::default()
    };
    if let Some(name) = name {
        row.name = Set(name);
    }
    let user = row.update(write.tx()).await?;
    note(&write, by_oneself(id, Action::UserVerified, json!({}))).await?;
    write.commit().await?;
    Ok(user)
}

/// Gives an account the new password, and ends every way in that there was, those by a provider too.
///
/// # Errors
/// When the code or the password is not good, or something breaks.
pub async fn reset(deps: &Deps, code: &str, password: String) -> Result<user::Model, Problem<RedeemCode>> {
    let found = tickets::find(deps, code, &[Purpose::Reset]).await?.ok_or_else(not_good)?;
    let hash = choose(&found.user, password).await?;
    let mut write = Write::begin(deps).await?;
    use_up(&write, &found).await?;
    let id = found.user.id;
    user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(hash))
        .filter(user::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    user::rights_changed(write.tx(), id).await?;
    sessions::end(&mut write, id, Which::All).await?;
    external_identity::end_all(write.tx(), id, write.now).await?;
    sessions::end_impersonations(&write, id).await?;
    write.rights_changed();
    withdraw_all(&write, id).await?;
    let entry = note(&write, by_oneself(id, Action::PasswordReset, json!({}))).await?;
    tell(&mut write, id, entry, letters::PASSWORD_CHANGED, None).await?;
    write.commit().await?;
    Ok(found.user)
}

/// Withdraws every ticket of a person: who had the old password, or the old address, may have asked for one.
pub(super) async fn withdraw_all(write: &Write, user: i64) -> Result<(), sea_orm::DbErr> {
    use Purpose::{Invite, LeaveAddress, Register, Reset, TakeAddress};
    ticket::withdraw(write.tx(), user, [Invite, Register, Reset, LeaveAddress, TakeAddress], write.now).await
}

/// Tells somebody what has become of their account.
pub(super) async fn tell(
    write: &mut Write,
    user: i64,
    entry: i64,
    kind: &str,
    address: Option<String>,
) -> Result<(), sea_orm::DbErr> {
    let cause = entity::id::encode(entity::id::Kind::AuditEntry, entry);
    mail::post(write, NewLetter { cause, recipient: user, kind, course: None, address }).await
}

pub(super) async fn use_up(write: &Write, found: &Found) -> Result<(), Problem<RedeemCode>> {
    if ticket::use_up(write.tx(), found.ticket.id, write.now).await? { Ok(()) } else { Err(not_good()) }
}

async fn choose(user: &user::Model, password: String) -> Result<String, Problem<RedeemCode>> {
    password::allow(&password, &[&user.email, &user.name]).map_err(|fault| {
        let code = match fault {
            PasswordFault::Length => RedeemCode::PasswordLength,
            PasswordFault::Common(_) => RedeemCode::PasswordCommon,
        };
        Problem::refused_at(code, fault.to_string(), &["password"])
    })?;
    Ok(password::hash(password).await?)
}

pub(super) fn not_good() -> Problem<RedeemCode> {
    let message = "That code is not good any more: it was used, is too old, or is not complete. Ask for a new letter.";
    Problem::refused_at(RedeemCode::NotGood, message, &["code"])
}

fn name_invalid() -> Problem<RedeemCode> {
    let message = format!("A name has 1 to {} characters, in one line.", user::NAME_LENGTH);
    Problem::refused_at(RedeemCode::NameInvalid, message, &["name"])
}
