//! Roles as the schema shows them.

use std::collections::BTreeSet;

use async_graphql::{Enum, SimpleObject};
use entity::course::enrollment;
use entity::course::role::{self, effective};
use entity::viewer;
use sea_orm::Iterable as _;

use super::Role;

/// Something that a role allows in a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "viewer::Permission")]
pub enum Permission {
    /// See the course's missions and assignments and work on them.
    Attend,
    /// See what is not published yet.
    Preview,
    /// See everybody's work, runs, scores and jobs.
    ReviewWork,
    /// Give scores.
    Grade,
    /// Change missions and assignments.
    ManageContent,
    /// See who takes part.
    SeeRoster,
    /// Change who takes part, and as what, up to what one may oneself.
    ManageRoster,
    /// Change what roles allow, up to what one may oneself.
    ManageRoles,
    /// See who has changed what about rights, grades and deadlines.
    SeeAudit,
    /// Give more time, and change the groups that students make.
    GrantExtensions,
}

/// What a role allows in a course.
#[derive(SimpleObject)]
pub struct CourseRole {
    /// The word for it, such as `grader` or `head_ta`.
    key: String,
    /// How people know it.
    name: String,
    /// As what somebody takes part who has it.
    kind: Role,
    /// What it allows; at most 10.
    permissions: Vec<Permission>,
}

impl CourseRole {
    /// That role.
    #[must_use]
    pub fn of(role: &role::Model) -> Self {
        Self::new(&role.key, &role.name, role.kind, role.allows())
    }

    fn new(key: &str, name: &str, kind: enrollment::Role, permissions: BTreeSet<viewer::Permission>) -> Self {
        let permissions = permissions.into_iter().map(Into::into).collect();
        Self { key: key.to_owned(), name: name.to_owned(), kind: kind.into(), permissions }
    }

    /// All roles of a course, which has these: what each kind allows there, and its own.
    #[must_use]
    pub fn all(roles: &[role::Model]) -> Vec<Self> {
        let of_kind = |kind: enrollment::Role| {
            let said = roles.iter().filter(|row| row.key == kind.word()).max_by_key(|row| row.course_id.is_some());
            let name = said.map_or_else(|| usual_name(kind).to_owned(), |row| row.name.clone());
            Self::new(&kind.word(), &name, kind, effective(roles, kind, None))
        };
        let own = roles.iter().filter(|row| row.course_id.is_some() && row.key != row.kind.word());
        enrollment::Role::iter().map(of_kind).chain(own.map(Self::of)).collect()
    }
}

fn usual_name(kind: enrollment::Role) -> &'static str {
    match kind {
        enrollment::Role::Student => "Student",
        enrollment::Role::LabAssistant => "Lab assistant",
        enrollment::Role::Grader => "Grader",
        enrollment::Role::TeachingAssistant => "Teaching assistant",
        enrollment::Role::Instructor => "Instructor",
    }
}
