//! Taking somebody out of a group: staff anybody, a member whom they invited.

use entity::identity::audit::Action;
use entity::submission::member;
use entity::viewer::ViewerScope;
use sea_orm::EntityTrait as _;

use super::{Changer, Done, GroupCode, News, active};
use crate::deps::Deps;
use crate::problem::Problem;

/// Takes that person out of the group, or their invitation back. Nobody throws out somebody who shares the work: for that one asks staff.
///
/// # Errors
/// When they are not of it, the viewer may not, it is too late, or something breaks.
pub async fn remove(deps: &Deps, viewer: &ViewerScope, group: i64, person: i64) -> Done<()> {
    let (changer, group) = Changer::begin_in(deps, viewer, group).await?;
    changer.in_time().await?;
    let (members, works) = changer.lock_group(group, &[]).await?;
    let there = members.iter().find(|member| member.user_id == person);
    let there = there.ok_or_else(|| {
        Problem::refused_at(GroupCode::NotThere, "They are neither in this group nor invited to it.", &["user"])
    })?;
    let is_member = active(&members).into_iter().any(|member| Some(member) == changer.person);
    if !changer.staff && (there.active || !is_member) {
        let message = "Only staff takes somebody out who is in the group, by a sign-in or a token with `grade`; a member may take back an invitation.";
        return Err(Problem::refused(GroupCode::NotAllowed, message));
    }
    member::Entity::delete_by_id(there.id).exec(changer.write.tx()).await?;
    if there.active {
        changer.recount(&works, &[person], None).await?;
    }
    changer.settle(&works, group).await?;
    let others: Vec<i64> = active(&members).into_iter().filter(|other| *other != person).collect();
    Ok(changer.finish(viewer, News { action: Action::GroupRemoved, group, person, members: &others }).await?)
}
