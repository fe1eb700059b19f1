//! Moving an account to another address: confirmed from the present one and from the new one, in either order.
//!
//! `asked → one half confirmed → moved`. Both halves are tickets of a day. A new request withdraws them; so does another password.

use entity::course::enrollment;
use entity::identity::audit::Action;
use entity::identity::ticket::{self, Purpose};
use entity::identity::user;
use entity::viewer::ViewerScope;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::json;

use super::audit::{by_oneself, note};
use super::change_password::{self, AccountCode};
use super::redeem::{self, RedeemCode};
use super::sessions;
use super::tickets::{self, Found, Seed};
use crate::deps::Deps;
use crate::mail::letters;
use crate::problem::Problem;
use crate::write::Write;

/// How far a change of address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// The other half is missing: a letter about it waits at the other address.
    Half,
    /// The account has its new address.
    Whole,
}

/// Sends a letter to the present address and one to the new. The answer is the same when somebody has that address already; then no letter
/// comes with which the change could be finished.
///
/// # Errors
/// When the password is not right, it is no address, the viewer may not, or something breaks.
pub async fn request_email_change(
    deps: &Deps,
    viewer: &ViewerScope,
    password: String,
    email: &str,
    address: u64,
) -> Result<(), Problem<AccountCode>> {
    let email = user::normal_email(email).ok_or_else(|| {
        Problem::refused_at(AccountCode::EmailInvalid, "That is not an address such as ada@example.org.", &["email"])
    })?;
    let user = change_password::confirm(deps, viewer, password, address).await?;
    let (leave, take) = (Seed::new(&deps.site.keyring)?, Seed::new(&deps.site.keyring)?);
    let mut write = Write::begin(deps).await?;
    if !sessions::still_open(&write, viewer).await? {
        return Err(change_password::may_not());
    }
    tickets::issue(&mut write, leave, user.id, Purpose::LeaveAddress, Some(email.clone())).await?;
    ticket::withdraw(write.tx(), user.id, [Purpose::TakeAddress], write.now).await?;
    if !is_taken(&write, &email).await? {
        tickets::issue(&mut write, take, user.id, Purpose::TakeAddress, Some(email)).await?;
    }
    write.commit().await?;
    Ok(())
}

/// Confirms one half; with the second, the account moves.
///
/// # Errors
/// When the code is not good, or something breaks.
pub async fn confirm_email(deps: &Deps, code: &str) -> Result<Moved, Problem<RedeemCode>> {
    let found = tickets::find(deps, code, &[Purpose::LeaveAddress, Purpose::TakeAddress]).await?;
    let found = found.ok_or_else(redeem::not_good)?;
    let email = found.ticket.address.clone().ok_or_else(redeem::not_good)?;
    let mut write = Write::begin(deps).await?;
    // Of two halves that are confirmed at once, the second finds the first.
    user::lock(write.tx(), found.user.id).await?;
    redeem::use_up(&write, &found).await?;
    if !other_half_is_there(&write, &found, &email).await? {
        write.commit().await?;
        return Ok(Moved::Half);
    }
    if !make_room(&write, &email).await? {
        return Err(redeem::not_good());
    }
    let (id, before) = (found.user.id, found.user.email);
    user::Entity::update_many()
        .col_expr(user::Column::Email, Expr::value(email))
        .filter(user::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    redeem::withdraw_all(&write, id).await?;
    let noted = note(&write, by_oneself(id, Action::AddressChanged, json!({}))).await?;
    redeem::tell(&mut write, id, noted, letters::ADDRESS_CHANGED, Some(before)).await?;
    write.commit().await?;
    Ok(Moved::Whole)
}

/// Whether somebody has that address. An account that nobody has made theirs and that takes part in nothing has none.
async fn is_taken(write: &Write, email: &str) -> Result<bool, DbErr> {
    let Some(there) = user::by_email(write.tx(), email).await? else { return Ok(false) };
    let part = enrollment::Entity::find().filter(enrollment::Column::UserId.eq(there.id)).one(write.tx()).await?;
    Ok(there.verified_at.is_some() || part.is_some())
}

/// Takes an address from an account that nobody has made theirs; false when somebody has it.
async fn make_room(write: &Write, email: &str) -> Result<bool, DbErr> {
    let Some(there) = user::by_email(write.tx(), email).await? else { return Ok(true) };
    // Whoever makes it theirs at this moment was first.
    user::lock(write.tx(), there.id).await?;
    if is_taken(write, email).await? {
        return Ok(false);
    }
    redeem::withdraw_all(write, there.id).await?;
    user::Entity::update_many()
        .col_expr(user::Column::Email, Expr::value(format!("replaced {}", there.id)))
        .filter(user::Column::Id.eq(there.id))
        .exec(write.tx())
        .await?;
    Ok(true)
}

async fn other_half_is_there(write: &Write, found: &Found, email: &str) -> Result<bool, DbErr> {
    let other = match found.ticket.purpose {
        Purpose::LeaveAddress => Purpose::TakeAddress,
        _ => Purpose::LeaveAddress,
    };
    let half = ticket::Entity::find()
        .filter(ticket::Column::UserId.eq(found.user.id))
        .filter(ticket::Column::Purpose.eq(other))
        .filter(ticket::Column::Address.eq(email))
        .filter(ticket::Column::UsedAt.is_not_null())
        .filter(ticket::Column::ExpiresAt.gt(write.now));
    Ok(half.one(write.tx()).await?.is_some())
}
