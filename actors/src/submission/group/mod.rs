//! Groups of students who share their work on an assignment.
//!
//! A member [invites](invite) others of the course; who is invited [accepts or declines](answer); a member [leaves](leave), or takes an
//! invitation [back](remove). So it goes until the assignment is closed to them. Staff may [put together](form) and take apart at any time.
//!
//! | from | by | to |
//! |---|---|---|
//! | nothing | somebody invites | the two are a group: one is in it, the other invited |
//! | invited | accepts | in it, and out of no other: who is in another group leaves that first |
//! | invited | declines, or a member or staff takes it back | not of it |
//! | in it | leaves, staff removes them, or they are taken off the roster | not of it; what they handed in goes with them |
//! | one left, nobody invited | | there is no group any more |
//!
//! Every change locks the work of all whom it is about, notes itself in the log, and tells the others by letter.

pub mod answer;
pub mod form;
pub mod invite;
pub mod leave;
pub mod remove;

use std::collections::BTreeSet;

use entity::assignment;
use entity::id::{self, Kind};
use entity::identity::audit::{Action, Entry};
use entity::identity::user;
use entity::job::event::Stream;
use entity::submission::group;
use entity::submission::member::{self, Model as Member};
use entity::submission::work::{self, Whose, Works, recount};
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use sea_orm::{DbErr, EntityTrait as _};
use serde_json::json;

use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::mail::{self, NewLetter};
use crate::problem::Problem;
use crate::write::Write;

/// Why a group stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupCode {
    NotAllowed,
    AssignmentUnknown,
    GroupUnknown,
    PersonUnknown,
    /// The assignment is for each on their own.
    Alone,
    /// It has as many as it may.
    Full,
    /// The assignment is closed to changes of groups.
    Closed,
    /// They are in it, or invited to it, already.
    AlreadyThere,
    /// They are in another group.
    InAnother,
    /// They are not in it, or not invited.
    NotThere,
}

/// Somebody who changes a group, and what may be done to it.
struct Changer {
    write: Write,
    assignment: assignment::Model,
    /// Who it is; none for the platform itself.
    person: Option<i64>,
    /// Whether they may at any time, with anybody's.
    staff: bool,
}

type Done<T> = Result<T, Problem<GroupCode>>;

impl Changer {
    /// Begins with the assignment of that key.
    async fn begin(deps: &Deps, viewer: &ViewerScope, assignment: i64) -> Done<Self> {
        let write = Write::begin(deps).await?;
        let found = assignment::Entity::visible(viewer).by_key(write.tx(), assignment).await?;
        let assignment = found.ok_or_else(|| {
            Problem::refused_at(GroupCode::AssignmentUnknown, "There is no such assignment.", &["assignment"])
        })?;
        let (person, staff) = (viewer.works_as(), viewer.sees_to_work(assignment.course_id));
        if person.is_none() && !staff {
            return Err(Problem::refused(GroupCode::NotAllowed, "Sign in to be in a group."));
        }
        Ok(Self { write, assignment, person, staff })
    }

    /// Begins with the assignment of the group with that key.
    async fn begin_in(deps: &Deps, viewer: &ViewerScope, group: i64) -> Done<(Self, i64)> {
        let found = group::Entity::visible(viewer).by_key(deps.db.read(), group).await?;
        let found = found.ok_or_else(unknown_group)?;
        let changer = Self::begin(deps, viewer, found.assignment_id).await?;
        Ok((changer, found.id))
    }

    /// Who it is, if that is a person.
    fn oneself(&self) -> Done<i64> {
        let nobody = || Problem::refused(GroupCode::NotAllowed, "Only a person is in a group.");
        self.person.ok_or_else(nobody)
    }

    /// That there are groups, and that there is still time.
    async fn open(&self) -> Done<()> {
        if self.assignment.max_group_size < 2 {
            return Err(Problem::refused(GroupCode::Alone, "This assignment is for each on their own."));
        }
        self.in_time().await
    }

    /// That there is still time to change groups; of those that are there may be more, or larger ones, than are allowed by now.
    async fn in_time(&self) -> Done<()> {
        if self.staff {
            return Ok(());
        }
        let own = work::find(self.write.tx(), self.assignment.id, self.oneself()?).await?;
        let deadline = self.assignment.deadline(own.and_then(|own| own.due_at));
        let until = deadline.lock_at.unwrap_or(deadline.due_at);
        if self.write.now > until {
            let message =
                format!("Groups could be changed until {}. Ask your teacher to change yours.", until.to_minutes());
            return Err(Problem::refused(GroupCode::Closed, message));
        }
        Ok(())
    }

    /// Locks the work of these people, and of all who share it with one of them.
    async fn lock(&self, people: &[i64]) -> Result<Works, DbErr> {
        let whose =
            |owner: &i64| Whose { assignment: self.assignment.id, owner: *owner, course: self.assignment.course_id };
        work::lock(self.write.tx(), people.iter().map(whose)).await
    }

    /// The members of a group, all of whose work is locked when this returns, with that of these people.
    async fn lock_group(&self, group: i64, people: &[i64]) -> Done<(Vec<Member>, Works)> {
        let before = member::of_group(self.write.tx(), group).await?;
        let active = before.iter().filter(|member| member.active).map(|member| member.user_id);
        let works = self.lock(&active.chain(people.iter().copied()).collect::<Vec<_>>()).await?;
        // Whoever changed it meanwhile had the lock.
        let members = member::of_group(self.write.tx(), group).await?;
        if members.is_empty() {
            return Err(unknown_group());
        }
        Ok((members, works))
    }

    /// Works out anew what the work of these people says from now on, in that group or each alone.
    async fn recount(&self, works: &Works, people: &[i64], group: Option<i64>) -> Result<(), DbErr> {
        let rows: Vec<&work::Model> =
            people.iter().filter_map(|person| works.of(self.assignment.id, *person)).collect();
        match group {
            Some(_) => recount(self.write.tx(), &rows, group).await,
            None => {
                for row in rows {
                    recount(self.write.tx(), &[row], None).await?;
                }
                Ok(())
            }
        }
    }

    /// What is left of a group after somebody has gone: nothing, where that is one who shares with nobody.
    async fn settle(&self, works: &Works, group: i64) -> Result<(), DbErr> {
        let left = member::of_group(self.write.tx(), group).await?;
        let active: Vec<i64> = left.iter().filter(|member| member.active).map(|member| member.user_id).collect();
        if left.len() < 2 || active.is_empty() {
            self.recount(works, &active, None).await?;
            return group::remove(self.write.tx(), group).await;
        }
        self.recount(works, &active, Some(group)).await
    }

    /// Tells what was done to somebody, and ends.
    async fn finish(mut self, viewer: &ViewerScope, news: News<'_>) -> Result<(), DbErr> {
        self.tell(viewer, news).await?;
        self.write.commit().await
    }

    /// Notes what was done to somebody, has the rights of all of these looked at anew, and tells those who are to know.
    async fn tell(&mut self, viewer: &ViewerScope, news: News<'_>) -> Result<(), DbErr> {
        let of = |people: &[i64]| people.iter().map(|person| id::encode(Kind::User, *person)).collect::<Vec<_>>();
        let details = json!({
            "assignment": id::encode(Kind::Assignment, self.assignment.id),
            "group": id::encode(Kind::Group, news.group),
            "members": of(news.members),
        });
        let about = Entry {
            course: Some(self.assignment.course_id),
            ..entry(viewer, news.action, Some(news.person), details.clone())
        };
        let cause = id::encode(Kind::AuditEntry, note(&self.write, about).await?);
        // In one order: the same people may be about to share other work as well.
        let people: BTreeSet<i64> = news.members.iter().copied().chain([news.person]).collect();
        for person in people {
            user::rights_changed(self.write.tx(), person).await?;
            if Some(person) != viewer.user() {
                let letter = NewLetter {
                    cause: cause.clone(),
                    recipient: person,
                    kind: mail::letters::GROUP,
                    course: Some(self.assignment.course_id),
                    address: None,
                };
                mail::post(&mut self.write, letter).await?;
            }
        }
        self.write.rights_changed();
        let person = id::encode(Kind::User, news.person);
        let data = json!({ "group": details["group"], "assignment": details["assignment"], "person": person });
        self.write.emit(Stream::Course(self.assignment.course_id), news.action.word(), data);
        Ok(())
    }
}

/// What has happened.
struct News<'n> {
    action: Action,
    group: i64,
    /// To whom.
    person: i64,
    /// Who else is to know: those who are in the group.
    members: &'n [i64],
}

fn unknown_group() -> Problem<GroupCode> {
    Problem::refused_at(GroupCode::GroupUnknown, "There is no such group for you.", &["group"])
}

fn active(members: &[Member]) -> Vec<i64> {
    members.iter().filter(|member| member.active).map(|member| member.user_id).collect()
}

/// Has somebody in a group, or invited to it.
async fn put(
    write: &Write,
    group: &group::Model,
    person: i64,
    active: bool,
    invited_by: Option<i64>,
) -> Result<(), DbErr> {
    use sea_orm::Set;
    let row = member::ActiveModel {
        group_id: Set(group.id),
        assignment_id: Set(group.assignment_id),
        course_id: Set(group.course_id),
        user_id: Set(person),
        active: Set(active),
        invited_by: Set(invited_by),
        created_at: Set(write.now),
        updated_at: Set(write.now),
        ..Default::default()
    };
    member::Entity::insert(row).exec_without_returning(write.tx()).await.map(drop)
}
