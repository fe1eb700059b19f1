//! Accepting or declining an invitation to a group.

use entity::identity::audit::Action;
use entity::submission::member;
use entity::viewer::ViewerScope;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, Set, Unchanged};

use super::{Changer, Done, GroupCode, News, active};
use crate::deps::Deps;
use crate::problem::Problem;

/// Accepts the viewer's invitation to that group: from now on the work is shared.
///
/// # Errors
/// When they are not invited, are in another group, it is too late, or something breaks.
pub async fn accept(deps: &Deps, viewer: &ViewerScope, group: i64) -> Done<()> {
    let (changer, group) = Changer::begin_in(deps, viewer, group).await?;
    let person = changer.oneself()?;
    changer.open().await?;
    let (members, works) = changer.lock_group(group, &[person]).await?;
    let invited = invitation(&members, person)?;
    if works.of(changer.assignment.id, person).is_some_and(|own| own.group_id.is_some()) {
        let message = "You are in another group for this assignment. Leave that first.";
        return Err(Problem::refused(GroupCode::InAnother, message));
    }
    let others = active(&members);
    let most = changer.assignment.max_group_size;
    if i32::try_from(others.len()).unwrap_or(i32::MAX) >= most {
        let message = format!("A group has at most {most}, and this one is full. Ask your teacher.");
        return Err(Problem::refused(GroupCode::Full, message));
    }
    let now_in = member::ActiveModel {
        id: Unchanged(invited.id),
        active: Set(true),
        updated_at: Set(changer.write.now),
        ..Default::default()
    };
    now_in.update(changer.write.tx()).await?;
    let together: Vec<i64> = others.iter().copied().chain([person]).collect();
    changer.recount(&works, &together, Some(group)).await?;
    Ok(changer.finish(viewer, News { action: Action::GroupJoined, group, person, members: &others }).await?)
}

/// Declines it. One may do so at any time.
///
/// # Errors
/// When they are not invited, or something breaks.
pub async fn decline(deps: &Deps, viewer: &ViewerScope, group: i64) -> Done<()> {
    let (changer, group) = Changer::begin_in(deps, viewer, group).await?;
    let person = changer.oneself()?;
    let (members, works) = changer.lock_group(group, &[]).await?;
    let invited = invitation(&members, person)?;
    member::Entity::delete_by_id(invited.id).exec(changer.write.tx()).await?;
    changer.settle(&works, group).await?;
    let others = active(&members);
    Ok(changer.finish(viewer, News { action: Action::GroupDeclined, group, person, members: &others }).await?)
}

fn invitation(members: &[member::Model], person: i64) -> Done<&member::Model> {
    let own = members.iter().find(|member| member.user_id == person);
    match own {
        Some(own) if own.active => Err(Problem::refused(GroupCode::AlreadyThere, "You are in this group already.")),
        Some(own) => Ok(own),
        None => Err(Problem::refused(GroupCode::NotThere, "You are not invited to this group any more.")),
    }
}
