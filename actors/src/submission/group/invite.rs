//! Inviting somebody to share one's work.

use entity::course::enrollment;
use entity::identity::audit::Action;
use entity::submission::{group, member, work};
use entity::viewer::ViewerScope;

use super::{Changer, Done, GroupCode, News, active, put};
use crate::deps::Deps;
use crate::problem::Problem;

/// Invites the person with that address, who takes part in the course, to share the viewer's work; the key of the group, which begins with that
/// if there is none.
///
/// # Errors
/// When there are no groups, it is too late, the group is full, they are of it already, or something breaks.
pub async fn invite(deps: &Deps, viewer: &ViewerScope, assignment: i64, email: &str) -> Done<i64> {
    let changer = Changer::begin(deps, viewer, assignment).await?;
    let inviter = changer.oneself()?;
    changer.open().await?;
    let person = classmate(&changer, email, &["email"]).await?;
    if person == inviter {
        return Err(Problem::refused_at(GroupCode::AlreadyThere, "That is you.", &["email"]));
    }
    // Who is invited has to see what to.
    if !changer.assignment.visible && !work::standing::begun_by(changer.write.tx(), assignment, person).await? {
        let message = format!("This assignment is not shown to {email}. Ask your teacher to put you together.");
        return Err(Problem::refused_at(GroupCode::PersonUnknown, message, &["email"]));
    }
    let works = changer.lock(&[inviter]).await?;
    let own = works.of(assignment, inviter).and_then(|own| own.group_id);
    let group = match own {
        Some(group) => group,
        None => begin(&changer, &works, inviter).await?,
    };
    let members = member::of_group(changer.write.tx(), group).await?;
    if let Some(there) = members.iter().find(|member| member.user_id == person) {
        let what = if there.active { "in the group" } else { "invited" };
        return Err(Problem::refused_at(GroupCode::AlreadyThere, format!("{email} is {what} already."), &["email"]));
    }
    let most = changer.assignment.max_group_size;
    if i32::try_from(members.len()).unwrap_or(i32::MAX) >= most {
        let message = format!("A group has at most {most}, those who are invited included.");
        return Err(Problem::refused(GroupCode::Full, message));
    }
    put(&changer.write, &row(&changer, group), person, false, Some(inviter)).await?;
    let others = active(&members);
    changer.finish(viewer, News { action: Action::GroupInvited, group, person, members: &others }).await?;
    Ok(group)
}

/// A group of one, to which somebody is about to be invited.
async fn begin(changer: &Changer, works: &work::Works, inviter: i64) -> Done<i64> {
    let (assignment, course) = (changer.assignment.id, changer.assignment.course_id);
    let group = group::make(changer.write.tx(), assignment, course, changer.write.now).await?;
    put(&changer.write, &row(changer, group), inviter, true, None).await?;
    changer.recount(works, &[inviter], Some(group)).await?;
    Ok(group)
}

pub(super) fn row(changer: &Changer, group: i64) -> group::Model {
    group::Model {
        id: group,
        assignment_id: changer.assignment.id,
        course_id: changer.assignment.course_id,
        created_at: changer.write.now,
    }
}

/// The person with that address who takes part in the course, and does so until this is over.
pub(super) async fn classmate(changer: &Changer, email: &str, path: &[&str]) -> Done<i64> {
    let unknown = || {
        let message = format!("Nobody with the address {email} takes part in this course.");
        Problem::refused_at(GroupCode::PersonUnknown, message, path)
    };
    let found = enrollment::keep_taking_part(changer.write.tx(), changer.assignment.course_id, email).await?;
    found.ok_or_else(unknown)
}
