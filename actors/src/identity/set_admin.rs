//! Making somebody one who runs the site, and taking that away.

use entity::identity::audit::Action;
use entity::identity::{external_identity, user};
use entity::viewer::ViewerScope;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::json;

use super::audit::{entry, note};
use super::sessions::{self, Which};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetAdminCode {
    NotAllowed,
    /// There is no account with that address that somebody uses.
    UserUnknown,
    /// Nobody takes it from themselves: so somebody always runs the site.
    Oneself,
}

/// Makes the owner of that account one who runs the site, or takes that away, with what they do in others' names. Who is made one signs in
/// again, with their password.
///
/// # Errors
/// When the viewer may not, there is no such account, it is the viewer's own, or something breaks.
pub async fn set_admin(
    deps: &Deps,
    viewer: &ViewerScope,
    email: &str,
    admin: bool,
) -> Result<user::Model, Problem<SetAdminCode>> {
    if !viewer.may_administer() || !viewer.is_unlimited() {
        return Err(may_not());
    }
    let mut write = Write::begin(deps).await?;
    let unknown = || {
        let message = format!("There is no account for `{email}` that somebody uses.");
        Problem::refused_at(SetAdminCode::UserUnknown, message, &["email"])
    };
    let normal = user::normal_email(email).ok_or_else(unknown)?;
    let found = user::by_email(write.tx(), &normal).await?.ok_or_else(unknown)?;
    if !still_runs_it(&write, viewer, found.id).await? {
        return Err(may_not());
    }
    let user = user::lock(write.tx(), found.id).await?.filter(user::Model::is_open).ok_or_else(unknown)?;
    if viewer.user() == Some(user.id) {
        let message = "Nobody changes that about themselves. Ask another who runs the site.";
        return Err(Problem::refused_at(SetAdminCode::Oneself, message, &["email"]));
    }
    if user.admin == admin {
        return Ok(user);
    }
    user::Entity::update_many()
        .col_expr(user::Column::Admin, Expr::value(admin))
        .filter(user::Column::Id.eq(user.id))
        .exec(write.tx())
        .await?;
    user::rights_changed(write.tx(), user.id).await?;
    sessions::end_impersonations(&write, user.id).await?;
    if admin {
        // What let them in until now was made for somebody who may less, and by an address alone perhaps.
        external_identity::end_all(write.tx(), user.id, write.now).await?;
        sessions::end(&mut write, user.id, Which::All).await?;
    }
    let action = if admin { Action::UserPromoted } else { Action::UserDemoted };
    note(&write, entry(viewer, action, Some(user.id), json!({}))).await?;
    write.rights_changed();
    write.commit().await?;
    Ok(user::Model { admin, ..user })
}

/// Whether the viewer runs the site, and has come by a session that is open, until the transaction has ended: of two who take that from each
/// other, one is first. The two accounts are locked in the order of their keys, so that neither waits for the other for ever.
async fn still_runs_it(write: &Write, viewer: &ViewerScope, other: i64) -> Result<bool, DbErr> {
    let Some(own) = viewer.user() else { return Ok(true) };
    for account in [own.min(other), own.max(other)] {
        user::lock(write.tx(), account).await?;
    }
    let now = user::lock(write.tx(), own).await?;
    Ok(now.is_some_and(|now| now.admin && now.is_open()) && sessions::still_open(write, viewer).await?)
}

fn may_not() -> Problem<SetAdminCode> {
    let message = "Only who runs the site says who else does, after a sign-in and not with a token.";
    Problem::refused(SetAdminCode::NotAllowed, message)
}
