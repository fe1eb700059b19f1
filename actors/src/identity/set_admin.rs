//! Making somebody one who runs the site, and taking that away.

use entity::identity::audit::Action;
use entity::identity::user;
use entity::viewer::ViewerScope;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::audit::{entry, note};
use super::sessions;
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

/// Makes the owner of that account one who runs the site, or takes that away, with what they do in others' names.
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
        let message = "Only who runs the site says who else does, after a sign-in and not with a token.";
        return Err(Problem::refused(SetAdminCode::NotAllowed, message));
    }
    let mut write = Write::begin(deps).await?;
    let unknown = || {
        let message = format!("There is no account for `{email}` that somebody uses.");
        Problem::refused_at(SetAdminCode::UserUnknown, message, &["email"])
    };
    let normal = user::normal_email(email).ok_or_else(unknown)?;
    let user = user::by_email(write.tx(), &normal).await?.filter(user::Model::is_open).ok_or_else(unknown)?;
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
    let action = if admin { Action::UserPromoted } else { Action::UserDemoted };
    note(&write, entry(viewer, action, Some(user.id), json!({}))).await?;
    write.rights_changed();
    write.commit().await?;
    Ok(user::Model { admin, ..user })
}
