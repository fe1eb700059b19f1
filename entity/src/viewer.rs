//! Who asks, and what they may do where. Rights are asked of nothing else.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::course::enrollment::{self, Role};
use crate::identity::user;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Nobody that we know. May sign in.
    Anonymous,
    /// A person, by the key of their row.
    Person(i64),
    /// Lectern itself or its operator; the text says for what, and is logged. May everything.
    System(&'static str),
}

/// Something that a role allows in a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// See the course's missions and assignments and work on them.
    Attend,
    /// See what is not published yet.
    Preview,
    /// See everybody's work, runs, scores and jobs.
    ReviewWork,
    /// Change missions and assignments.
    ManageContent,
    /// See who is enrolled.
    SeeRoster,
}

/// The viewer's rights, as they were when a request or the event of a socket came, or within the second before.
#[derive(Clone, Debug)]
pub struct ViewerScope {
    pub viewer: Viewer,
    /// Moves whenever the rights of this person change; a socket compares it.
    pub rights_version: i64,
    all: bool,
    courses: BTreeMap<Permission, BTreeSet<i64>>,
}

/// The courses in which a permission holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Courses<'s> {
    All,
    These(&'s BTreeSet<i64>),
}

impl Courses<'_> {
    #[must_use]
    pub fn contains(&self, course: i64) -> bool {
        match self {
            Self::All => true,
            Self::These(courses) => courses.contains(&course),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::These(courses) if courses.is_empty())
    }
}

impl ViewerScope {
    #[must_use]
    pub fn anonymous() -> Self {
        Self { viewer: Viewer::Anonymous, rights_version: 0, all: false, courses: BTreeMap::new() }
    }

    /// The platform itself. `purpose` is a few words for the log.
    #[must_use]
    pub fn system(purpose: &'static str) -> Self {
        Self { viewer: Viewer::System(purpose), rights_version: 0, all: true, courses: BTreeMap::new() }
    }

    /// The rights of a person as they are now; anonymous when there is no such person.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(db: &impl ConnectionTrait, user: i64) -> Result<Self, DbErr> {
        let Some(row) = user::Entity::find_by_id(user).one(db).await? else {
            return Ok(Self::anonymous());
        };
        let enrollments = enrollment::Entity::find().filter(enrollment::Column::UserId.eq(user)).all(db).await?;
        let roles = enrollments.into_iter().map(|row| (row.course_id, row.role));
        Ok(Self::person(user, row.admin, row.rights_version, roles))
    }

    /// The rights of a person with these roles.
    #[must_use]
    pub fn person(user: i64, admin: bool, rights_version: i64, roles: impl IntoIterator<Item = (i64, Role)>) -> Self {
        let mut courses: BTreeMap<Permission, BTreeSet<i64>> = BTreeMap::new();
        for (course, role) in roles {
            for permission in role.permissions() {
                courses.entry(*permission).or_default().insert(course);
            }
        }
        Self { viewer: Viewer::Person(user), rights_version, all: admin, courses }
    }

    /// The key of the person who asks.
    #[must_use]
    pub fn user(&self) -> Option<i64> {
        match self.viewer {
            Viewer::Person(user) => Some(user),
            Viewer::Anonymous | Viewer::System(_) => None,
        }
    }

    /// Whether somebody is signed in.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.viewer != Viewer::Anonymous
    }

    /// Whether the viewer runs the site.
    #[must_use]
    pub fn may_administer(&self) -> bool {
        self.all
    }

    /// Whether the permission holds in the course.
    #[must_use]
    pub fn may(&self, permission: Permission, course: i64) -> bool {
        self.courses(permission).contains(course)
    }

    /// Where the permission holds.
    #[must_use]
    pub fn courses(&self, permission: Permission) -> Courses<'_> {
        static NONE: BTreeSet<i64> = BTreeSet::new();
        if self.all {
            return Courses::All;
        }
        Courses::These(self.courses.get(&permission).unwrap_or(&NONE))
    }
}
