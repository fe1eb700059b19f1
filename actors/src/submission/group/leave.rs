//! Leaving a group.

use entity::identity::audit::Action;
use entity::submission::member;
use entity::viewer::ViewerScope;
use sea_orm::EntityTrait as _;

use super::{Changer, Done, GroupCode, News, active};
use crate::deps::Deps;
use crate::problem::Problem;

/// Takes the viewer out of that group. What they handed in stays theirs, what the others handed in stays the others'.
///
/// # Errors
/// When they are not in it, it is too late, or something breaks.
pub async fn leave(deps: &Deps, viewer: &ViewerScope, group: i64) -> Done<()> {
    let (changer, group) = Changer::begin_in(deps, viewer, group).await?;
    let person = changer.oneself()?;
    changer.in_time().await?;
    let (members, works) = changer.lock_group(group, &[person]).await?;
    let own = members.iter().find(|member| member.user_id == person && member.active);
    let own = own.ok_or_else(|| Problem::refused(GroupCode::NotThere, "You are not in this group."))?;
    member::Entity::delete_by_id(own.id).exec(changer.write.tx()).await?;
    changer.recount(&works, &[person], None).await?;
    changer.settle(&works, group).await?;
    let others: Vec<i64> = active(&members).into_iter().filter(|other| *other != person).collect();
    Ok(changer.finish(viewer, News { action: Action::GroupLeft, group, person, members: &others }).await?)
}
