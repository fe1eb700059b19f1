//! Closing an account, and opening it again. What its owner has handed in stays.

use entity::identity::audit::Action;
use entity::identity::user;
use entity::viewer::ViewerScope;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::audit::{entry, note};
use super::redeem;
use super::sessions::{self, Which};
use super::tickets::{self, Seed};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Why nothing was done to somebody's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManageUserCode {
    NotAllowed,
    /// There is no account with that address.
    UserUnknown,
    /// Nobody closes the account by which they have come.
    Oneself,
}

/// Closes or opens the account with that address. A closed one has no way in, whatever its owner carries.
///
/// # Errors
/// When the viewer may not, there is no such account, it is the viewer's own, or something breaks.
pub async fn disable_user(
    deps: &Deps,
    viewer: &ViewerScope,
    email: &str,
    disabled: bool,
) -> Result<user::Model, Problem<ManageUserCode>> {
    may(viewer)?;
    let mut write = Write::begin(deps).await?;
    let user = find(&write, email).await?;
    if viewer.user() == Some(user.id) {
        let message = "Nobody closes the account by which they have come. Ask another who runs the site.";
        return Err(Problem::refused_at(ManageUserCode::Oneself, message, &["email"]));
    }
    if user.disabled_at.is_some() == disabled {
        return Ok(user);
    }
    user::Entity::update_many()
        .col_expr(user::Column::DisabledAt, Expr::value(disabled.then_some(write.now)))
        .filter(user::Column::Id.eq(user.id))
        .exec(write.tx())
        .await?;
    user::rights_changed(write.tx(), user.id).await?;
    sessions::end(&mut write, user.id, Which::All).await?;
    sessions::end_impersonations(&write, user.id).await?;
    redeem::withdraw_all(&write, user.id).await?;
    let action = if disabled { Action::UserDisabled } else { Action::UserEnabled };
    note(&write, entry(viewer, action, Some(user.id), json!({}))).await?;
    write.rights_changed();
    let disabled_at = disabled.then_some(write.now);
    write.commit().await?;
    Ok(user::Model { disabled_at, ..user })
}

/// Sends the owner of that account a letter with which they choose a new password; to one who has not come yet, a new invitation.
///
/// # Errors
/// When the viewer may not, there is no such account, or something breaks.
pub async fn send_new_password(
    deps: &Deps,
    viewer: &ViewerScope,
    email: &str,
) -> Result<user::Model, Problem<ManageUserCode>> {
    use entity::identity::ticket::Purpose;
    may(viewer)?;
    let seed = Seed::new(&deps.site.keyring)?;
    let mut write = Write::begin(deps).await?;
    let user = find(&write, email).await?;
    let purpose = if user.verified_at.is_some() { Purpose::Reset } else { Purpose::Invite };
    tickets::issue(&mut write, seed, user.id, purpose, None).await?;
    note(&write, entry(viewer, Action::ResetSent, Some(user.id), json!({}))).await?;
    write.commit().await?;
    Ok(user)
}

fn may(viewer: &ViewerScope) -> Result<(), Problem<ManageUserCode>> {
    if viewer.may_administer() {
        return Ok(());
    }
    Err(Problem::refused(ManageUserCode::NotAllowed, "Only who runs the site may do that to an account."))
}

async fn find(write: &Write, email: &str) -> Result<user::Model, Problem<ManageUserCode>> {
    let unknown = || {
        let message = format!("There is no account for `{email}`.");
        Problem::refused_at(ManageUserCode::UserUnknown, message, &["email"])
    };
    let email = user::normal_email(email).ok_or_else(unknown)?;
    user::by_email(write.tx(), &email).await?.ok_or_else(unknown)
}
