//! Taking somebody out of a group: staff anybody, a member whom they invited; and out of all of a course, with whoever is taken off its roster.

use std::collections::BTreeSet;

use entity::assignment;
use entity::identity::audit::Action;
use entity::identity::user;
use entity::submission::member::{self, Model as Member};
use entity::submission::work::{self, Whose, Works};
use entity::viewer::ViewerScope;
use sea_orm::{DbErr, EntityTrait as _};

use super::{Changer, Done, GroupCode, News, active};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Takes that person out of the group, or their invitation back. Nobody throws out somebody who shares the work: for that one asks staff.
///
/// # Errors
/// When they are not of it, the viewer may not, it is too late, or something breaks.
pub async fn remove(deps: &Deps, viewer: &ViewerScope, group: i64, person: i64) -> Done<()> {
    let (mut changer, group) = Changer::begin_in(deps, viewer, group).await?;
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
    changer.take_out(viewer, there, &members, &works).await?;
    Ok(changer.write.commit().await?)
}

/// Takes somebody out of all groups of a course, and their invitations back: what others do from then on is not theirs to see. Whoever calls has
/// taken them off the roster in the same transaction, so nobody has them in another group meanwhile.
///
/// # Errors
/// When something breaks.
pub(crate) async fn remove_from_all(
    mut write: Write,
    viewer: &ViewerScope,
    course: i64,
    person: i64,
) -> Result<Write, DbErr> {
    let works = lock_all(&write, course, person).await?;
    for there in member::in_course(write.tx(), course, person).await? {
        let assignment = assignment::Entity::find_by_id(there.assignment_id).one(write.tx()).await?;
        let Some(assignment) = assignment else { continue };
        let members = member::of_group(write.tx(), there.group_id).await?;
        let mut changer = Changer { write, assignment, person: None, staff: true };
        changer.take_out(viewer, &there, &members, &works).await?;
        write = changer.write;
    }
    Ok(write)
}

/// Locks all work of everybody with whom that person is in a group or invited to one, and then all of them: in the order in which everybody does
/// who locks several.
async fn lock_all(write: &Write, course: i64, person: i64) -> Result<Works, DbErr> {
    let (mut whose, mut people) = (Vec::new(), BTreeSet::new());
    for membership in member::in_course(write.tx(), course, person).await? {
        for member in member::of_group(write.tx(), membership.group_id).await? {
            people.insert(member.user_id);
            if member.active {
                whose.push(Whose { assignment: member.assignment_id, owner: member.user_id, course });
            }
        }
    }
    let works = work::lock(write.tx(), whose).await?;
    for person in people {
        user::rights_changed(write.tx(), person).await?;
    }
    Ok(works)
}

impl Changer {
    /// Takes out one of the members of a group, whose work is locked.
    async fn take_out(
        &mut self,
        viewer: &ViewerScope,
        there: &Member,
        members: &[Member],
        works: &Works,
    ) -> Result<(), DbErr> {
        let (group, person) = (there.group_id, there.user_id);
        member::Entity::delete_by_id(there.id).exec(self.write.tx()).await?;
        if there.active {
            self.recount(works, &[person], None).await?;
        }
        self.settle(works, group).await?;
        let others: Vec<i64> = active(members).into_iter().filter(|other| *other != person).collect();
        let action = if there.active { Action::GroupRemoved } else { Action::GroupUninvited };
        self.tell(viewer, News { action, group, person, members: &others }).await
    }
}
