//! Inviting somebody: an account that they make theirs by the letter that they get. Nobody else ever knows its password.

use entity::identity::audit::Action;
use entity::identity::ticket::Purpose;
use entity::identity::user;
use entity::viewer::ViewerScope;
use sea_orm::{ActiveModelTrait as _, ColumnTrait, EntityTrait, QueryFilter, Set, Unchanged};
use serde_json::json;

use super::audit::{entry, note};
use super::create_user::{self, CreateUserCode};
use super::requests;
use super::tickets::{self, Seed};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Invites the person with that address. One who was invited before and has not come gets a new letter, and the old one opens nothing.
///
/// # Errors
/// When the viewer may not, the input is not good, somebody uses the account already, or something breaks.
pub async fn invite(
    deps: &Deps,
    viewer: &ViewerScope,
    email: &str,
    name: &str,
) -> Result<user::Model, Problem<CreateUserCode>> {
    create_user::may(viewer)?;
    let (email, name) = create_user::who(email, name)?;
    let seed = Seed::new(&deps.site.keyring)?;
    let mut write = Write::begin(deps).await?;
    let id = requests::begin(&write, &email, &name).await?;
    let user = user::Entity::find().filter(user::Column::Id.eq(id)).one(write.tx()).await?;
    let user = user.filter(|user| user.verified_at.is_none()).ok_or_else(|| create_user::taken(&email))?;
    // Whoever has asked for that account before said another name perhaps.
    let row = user::ActiveModel { id: Unchanged(user.id), name: Set(name), ..Default::default() };
    let user = row.update(write.tx()).await?;
    tickets::issue(&mut write, seed, user.id, Purpose::Invite, None).await?;
    note(&write, entry(viewer, Action::UserInvited, Some(user.id), json!({}))).await?;
    write.commit().await?;
    Ok(user)
}
