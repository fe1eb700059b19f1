//! Putting students together, by staff: nobody is asked, it is never too late, and they may be more than could find together by themselves.

use std::collections::BTreeSet;

use entity::identity::audit::Action;
use entity::submission::group;
use entity::viewer::ViewerScope;

use super::invite::{classmate, row};
use super::{Changer, Done, GroupCode, News, put};
use crate::deps::Deps;
use crate::problem::Problem;

/// Makes a group of the people with these addresses; its key. Invitations that they have stay, and lead nowhere while they are in it.
///
/// # Errors
/// When the viewer may not, somebody is unknown or in a group, they are too many or too few, or something breaks.
pub async fn form(deps: &Deps, viewer: &ViewerScope, assignment: i64, emails: &[String]) -> Done<i64> {
    let changer = Changer::begin(deps, viewer, assignment).await?;
    if !changer.staff {
        let message = "Only staff puts others together. Invite those with whom you want to work.";
        return Err(Problem::refused(GroupCode::NotAllowed, message));
    }
    let mut people = BTreeSet::new();
    for (place, email) in emails.iter().enumerate() {
        if !people.insert(classmate(&changer, email, &["emails", &place.to_string()]).await?) {
            return Err(Problem::refused_at(GroupCode::AlreadyThere, format!("{email} is there twice."), &["emails"]));
        }
    }
    let (many, most) = (people.len(), group::MOST_MEMBERS);
    if many < 2 || i32::try_from(many).unwrap_or(i32::MAX) > most {
        let message = format!("A group has 2 to {most} members, and these are {many}.");
        return Err(Problem::refused_at(GroupCode::Full, message, &["emails"]));
    }
    let people: Vec<i64> = people.into_iter().collect();
    let works = changer.lock(&people).await?;
    if works.rows().any(|row| people.contains(&row.owner_id) && row.group_id.is_some()) {
        let message = "Somebody of them is in a group already. Take them out of it first.";
        return Err(Problem::refused_at(GroupCode::InAnother, message, &["emails"]));
    }
    let group = group::make(changer.write.tx(), assignment, changer.assignment.course_id, changer.write.now).await?;
    for person in &people {
        put(&changer.write, &row(&changer, group), *person, true, viewer.user()).await?;
    }
    changer.recount(&works, &people, Some(group)).await?;
    if let Some((first, others)) = people.split_first() {
        changer.finish(viewer, News { action: Action::GroupFormed, group, person: *first, members: others }).await?;
    }
    Ok(group)
}
