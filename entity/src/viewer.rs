//! Who asks, and what they may do where. Rights are asked of nothing else.

mod groups;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use self::groups::Groups;
use crate::course::enrollment::{self, Role};
use crate::course::role;
use crate::identity::scope::{Scope, Scopes};
use crate::identity::user;
use crate::submission::member;

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
    /// Give scores.
    Grade,
    /// Change missions and assignments.
    ManageContent,
    /// See who is enrolled.
    SeeRoster,
    /// Change who takes part, and as what, up to what one may oneself.
    ManageRoster,
    /// Change what roles allow in the course, up to what one may oneself.
    ManageRoles,
    /// See who has changed what about rights, grades and deadlines.
    SeeAudit,
    /// Give more time, to those who ask for it and to others, and change the groups that students make.
    GrantExtensions,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Attend,
        Self::Preview,
        Self::ReviewWork,
        Self::Grade,
        Self::ManageContent,
        Self::SeeRoster,
        Self::ManageRoster,
        Self::ManageRoles,
        Self::SeeAudit,
        Self::GrantExtensions,
    ];

    /// The word for it, as it is stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Attend => "attend",
            Self::Preview => "preview",
            Self::ReviewWork => "review_work",
            Self::Grade => "grade",
            Self::ManageContent => "manage_content",
            Self::SeeRoster => "see_roster",
            Self::ManageRoster => "manage_roster",
            Self::ManageRoles => "manage_roles",
            Self::SeeAudit => "see_audit",
            Self::GrantExtensions => "grant_extensions",
        }
    }

    /// The permission of that word.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.word() == word)
    }
}

/// What the way in of a viewer may be used for, where that is less than what its owner may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// None for nothing at all.
    pub scopes: Option<Scopes>,
    /// The only courses; none for no limit.
    pub courses: Option<BTreeSet<i64>>,
}

impl Grant {
    fn covers(&self, permission: Permission) -> bool {
        self.scopes.as_ref().is_some_and(|scopes| scopes.cover(permission))
    }

    fn allows(&self, scope: Scope) -> bool {
        self.scopes.as_ref().is_some_and(|scopes| scopes.allow(scope))
    }
}

/// The viewer's rights, as they were when a request or the event of a socket came, or within the second before.
#[derive(Clone, Debug)]
pub struct ViewerScope {
    pub viewer: Viewer,
    /// Moves whenever the rights of this person change; a socket compares it.
    pub rights_version: i64,
    /// The session by which they came, if it was one.
    pub session: Option<i64>,
    /// Who acts in their name.
    pub impersonator: Option<i64>,
    all: bool,
    courses: BTreeMap<Permission, BTreeSet<i64>>,
    /// The groups that they are in or invited to, with whether they are in it.
    groups: Groups,
    /// None for whatever the viewer may.
    grant: Option<Grant>,
    /// What they may whatever the way in is for, where that is more.
    held: Option<BTreeMap<Permission, BTreeSet<i64>>>,
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
        Self {
            viewer: Viewer::Anonymous,
            rights_version: 0,
            session: None,
            impersonator: None,
            all: false,
            courses: BTreeMap::new(),
            groups: Groups::default(),
            grant: None,
            held: None,
        }
    }

    /// The platform itself. `purpose` is a few words for the log.
    #[must_use]
    pub fn system(purpose: &'static str) -> Self {
        Self {
            viewer: Viewer::System(purpose),
            rights_version: 0,
            session: None,
            impersonator: None,
            all: true,
            courses: BTreeMap::new(),
            groups: Groups::default(),
            grant: None,
            held: None,
        }
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
        let mut allowed = Vec::new();
        for row in enrollments {
            let roles = role::of_course(db, row.course_id).await?;
            allowed.push((row.course_id, row.allows(&roles)));
        }
        let groups = member::groups_of(db, user).await?;
        Ok(Self::allowed(user, row.admin, row.rights_version, allowed).in_groups(groups))
    }

    /// The rights of a person who takes part in these courses as that, where nothing else is said of what it allows.
    #[must_use]
    pub fn person(user: i64, admin: bool, rights_version: i64, roles: impl IntoIterator<Item = (i64, Role)>) -> Self {
        let roles = roles.into_iter().map(|(course, role)| (course, role.permissions().iter().copied()));
        Self::allowed(user, admin, rights_version, roles)
    }

    /// The rights of a person who may that in these courses.
    #[must_use]
    pub fn allowed(
        user: i64,
        admin: bool,
        rights_version: i64,
        allowed: impl IntoIterator<Item = (i64, impl IntoIterator<Item = Permission>)>,
    ) -> Self {
        let mut courses: BTreeMap<Permission, BTreeSet<i64>> = BTreeMap::new();
        for (course, permissions) in allowed {
            for permission in permissions {
                courses.entry(permission).or_default().insert(course);
            }
        }
        Self {
            viewer: Viewer::Person(user),
            rights_version,
            session: None,
            impersonator: None,
            all: admin,
            courses,
            groups: Groups::default(),
            grant: None,
            held: None,
        }
    }

    /// The same viewer, who is in these groups or, where it says false, invited to them.
    #[must_use]
    pub fn in_groups(mut self, groups: impl IntoIterator<Item = (i64, bool)>) -> Self {
        self.groups = Groups::of(groups);
        self
    }

    /// Notes that the viewer is in a group by now, or, where it says false, invited to it; with nothing, that they are neither. What is read for
    /// the same request afterwards knows it.
    pub fn note_group(&self, group: i64, active: Option<bool>) {
        self.groups.note(group, active);
    }

    /// The groups that the viewer is in or invited to.
    pub fn groups(&self) -> impl Iterator<Item = i64> + '_ {
        self.groups.all().into_iter().map(|(group, _)| group)
    }

    /// The groups that the viewer is in.
    pub fn own_groups(&self) -> impl Iterator<Item = i64> + '_ {
        self.groups.all().into_iter().filter(|(_, active)| *active).map(|(group, _)| group)
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

    /// Whether the viewer may run the site.
    #[must_use]
    pub fn may_administer(&self) -> bool {
        self.all && self.allows(Scope::Admin)
    }

    /// Whether the viewer may see whatever there is.
    #[must_use]
    pub fn sees_everything(&self) -> bool {
        self.all && (self.allows(Scope::Read) || self.allows(Scope::Admin))
    }

    /// Whether the way in may be used for that. Whether its owner may do it is another question.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.grant.as_ref().is_none_or(|grant| grant.allows(scope))
    }

    /// Whether the viewer sees to the work of others in the course: they may give more time there, and their way in is for changing what others
    /// have.
    #[must_use]
    pub fn sees_to_work(&self, course: i64) -> bool {
        self.allows(Scope::Grade) && self.may(Permission::GrantExtensions, course)
    }

    /// Whether the viewer hands in what others have sent and not handed in: as one who sees to their work, and in nobody else's name.
    #[must_use]
    pub fn hands_in_for_others(&self, course: i64) -> bool {
        self.impersonator.is_none() && self.sees_to_work(course)
    }

    /// Whose own work the viewer may change: theirs, where their way in is for handing in.
    #[must_use]
    pub fn works_as(&self) -> Option<i64> {
        self.user().filter(|_| self.allows(Scope::Submit))
    }

    /// Whether the viewer has the permission in the course, whatever their way in may be used for: nobody gives to others what they do not
    /// have.
    #[must_use]
    pub fn has(&self, permission: Permission, course: i64) -> bool {
        let held = self.held.as_ref().unwrap_or(&self.courses);
        self.all || held.get(&permission).is_some_and(|courses| courses.contains(&course))
    }

    /// Whether the viewer came by a way in that may be used for whatever its owner may, their account too.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        self.grant.is_none()
    }

    /// What the way in may be used for; none for whatever its owner may.
    #[must_use]
    pub fn scopes(&self) -> Option<Vec<Scope>> {
        let grant = self.grant.as_ref()?;
        Some(grant.scopes.as_ref().map(|scopes| scopes.iter().collect()).unwrap_or_default())
    }

    /// Whether the way in says who its owner is, and shows nothing else of theirs.
    #[must_use]
    pub fn only_introduces(&self) -> bool {
        self.grant.as_ref().is_some_and(|grant| grant.scopes.as_ref().is_some_and(Scopes::only_introduce))
    }

    /// The only courses that the way in may be used for; none for no limit.
    #[must_use]
    pub fn limit(&self) -> Option<&BTreeSet<i64>> {
        self.grant.as_ref()?.courses.as_ref()
    }

    /// Whether the way in may be used for something of that course, or of none.
    #[must_use]
    pub fn reaches(&self, course: Option<i64>) -> bool {
        self.limit().is_none_or(|limit| course.is_some_and(|course| limit.contains(&course)))
    }

    /// The same viewer, by a way in that may be used for less.
    #[must_use]
    pub fn granted(mut self, grant: Option<Grant>) -> Self {
        let Some(grant) = grant else { return self };
        if let Some(limit) = &grant.courses {
            // Who sees all courses sees these.
            if self.all {
                self.courses = Permission::ALL.map(|permission| (permission, limit.clone())).into();
                self.all = false;
            }
            self.courses.values_mut().for_each(|courses| courses.retain(|course| limit.contains(course)));
        }
        self.held = Some(self.courses.clone());
        self.courses.retain(|permission, _| grant.covers(*permission));
        if grant.scopes.as_ref().is_some_and(Scopes::only_introduce) {
            self.groups = Groups::default();
        }
        self.grant = Some(grant);
        self
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
        if self.all && self.grant.as_ref().is_none_or(|grant| grant.covers(permission)) {
            return Courses::All;
        }
        Courses::These(self.courses.get(&permission).unwrap_or(&NONE))
    }
}

#[cfg(test)]
mod tests;
