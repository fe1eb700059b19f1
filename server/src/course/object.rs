//! Sections, courses and enrollments as the schema shows them.

use async_graphql::connection::Connection;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, Result};
use entity::assignment;
use entity::clock::Timestamp;
use entity::content::mission;
use entity::course::{self, enrollment, section};
use entity::id::{self, Kind};
use entity::job;
use entity::viewer::Permission;

use self::join_code::JoinCode;
use self::role::CourseRole;
use crate::assignment::object::Assignment;
use crate::content::loader::WayThrough;
use crate::content::object::{AnswerPolicy, LearningProgress, Mission};
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::page::{Page, cost};
use crate::graphql::quick::{Pages, Quick};
use crate::graphql::scalar::DateTime;
use crate::identity::object::User;
use crate::job::object::Job;
use crate::job::object::lane::{self, LaneWaiting};
use crate::submission::object::history::{self, HistoryCursor, HistoryEntry};
use crate::submission::object::work::WorkStanding;

pub mod activity;
pub mod join_code;
pub mod role;

/// A group of courses in the catalogue.
#[derive(Description)]
pub struct Section(pub section::Model);

#[Object(use_type_description)]
impl Section {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Section, self.0.id))
    }

    /// Its name in the content folder.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What it is about.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Its courses; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn courses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Course>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let rows = request(ctx)?.many::<course::OfSection>(ctx, self.0.id, page).await?;
        Ok(page.connection(rows, |row| row.id, Course))
    }
}

/// An offering with a roster, missions and assignments.
#[derive(Description)]
pub struct Course(pub course::Model);

#[Object(use_type_description)]
impl Course {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Course, self.0.id))
    }

    /// Its name in addresses, such as `data-in-the-wild`.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What it is about.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// The zone in which its deadlines are meant, as in the IANA database.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// The section that it stands in.
    async fn section(&self, ctx: &Context<'_>) -> Result<Option<Section>> {
        Ok(request(ctx)?.one(ctx, self.0.section_id).await?.map(Section))
    }

    /// Whether you may see everybody's work and scores here.
    async fn viewer_can_review_work(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(request(ctx)?.viewer.may(Permission::ReviewWork, self.0.id))
    }

    /// Whether you may give scores here.
    async fn viewer_can_grade(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(request(ctx)?.viewer.may(Permission::Grade, self.0.id))
    }

    /// Whether you may synchronise its missions.
    async fn viewer_can_manage_content(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(request(ctx)?.viewer.may(Permission::ManageContent, self.0.id))
    }

    /// Whether you may enroll people here.
    async fn viewer_can_enroll(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(request(ctx)?.viewer.may(Permission::ManageRoster, self.0.id))
    }

    /// Its roles, and what they allow; at most 55. For those who may see the roster; others are shown none.
    #[graphql(complexity = "20 + child_complexity")]
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<CourseRole>> {
        let request = request(ctx)?;
        if !request.viewer.may(Permission::SeeRoster, self.0.id) {
            return Ok(Vec::new());
        }
        let roles = course::role::of_course(request.deps.db.read(), self.0.id).await.map_err(error::database)?;
        Ok(CourseRole::all(&roles))
    }

    /// Your own enrollment here.
    async fn viewer_enrollment(&self, ctx: &Context<'_>) -> Result<Option<Enrollment>> {
        let own = request(ctx)?.many::<enrollment::OwnOfCourse>(ctx, self.0.id, Page::ONLY).await?.pop();
        Ok(own.map(Enrollment))
    }

    /// When its learners may see the model solutions of its exercises.
    async fn answers(&self) -> AnswerPolicy {
        self.0.answers.into()
    }

    /// How far you are with its missions, and where you go on.
    async fn viewer_progress(&self, ctx: &Context<'_>) -> Result<LearningProgress> {
        Ok(LearningProgress(request(ctx)?.load(WayThrough(self.0.id)).await?.unwrap_or_default()))
    }

    /// Its missions in their order; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn missions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Mission>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let rows = request(ctx)?.many::<mission::OfCourse>(ctx, self.0.id, page).await?;
        Ok(page.connection(rows, |row| i64::from(row.position), Mission))
    }

    /// How many of its jobs wait in each lane, and for how long. For those who review work in it; others are shown none.
    #[graphql(complexity = "20 + child_complexity")]
    async fn waiting(&self, ctx: &Context<'_>) -> Result<Vec<LaneWaiting>> {
        lane::of_course(request(ctx)?, self.0.id).await
    }

    /// Its assignments; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn assignments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Assignment>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let rows = request(ctx)?.many::<assignment::OfCourse>(ctx, self.0.id, page).await?;
        Ok(page.connection(rows, |row| row.id, Assignment))
    }

    /// The jobs that belong to it, as far as you may see them, the newest first; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Job>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let rows = request(ctx)?.many::<job::OfCourse>(ctx, self.0.id, page).await?;
        Ok(page.connection(rows, |row| row.id, Job))
    }

    /// The codes by which people join it, for those who may change the roster; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn join_codes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<JoinCode>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let rows = request(ctx)?.many::<course::join_code::OfCourse>(ctx, self.0.id, page).await?;
        Ok(page.connection(rows, |row| row.id, JoinCode))
    }

    /// The roster, as far as you may see it; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn enrollments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom; everybody when absent.")] filter: Option<EnrollmentFilter>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Enrollment>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let choice = filter.unwrap_or_default().choice(request(ctx)?.deps.clock.now())?;
        let rows = request(ctx)?.chosen::<enrollment::OfCourse>(ctx, self.0.id, page, choice).await?;
        Ok(page.connection(rows, |row| row.id, Enrollment))
    }
}

/// The course with that key, as a field of something else shows it.
pub(crate) async fn course(ctx: &Context<'_>, key: i64) -> Result<Quick<Course>> {
    request(ctx)?.one(ctx, key).await?.map(Course).map(Quick).ok_or_else(|| error::not_found("course"))
}

/// Somebody's part in a course.
#[derive(Description)]
pub struct Enrollment(pub enrollment::Model);

#[Object(use_type_description)]
impl Enrollment {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Enrollment, self.0.id))
    }

    /// Who.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        Ok(request(ctx)?.one(ctx, self.0.user_id).await?.map(User).map(Quick))
    }

    /// Where.
    async fn course(&self, ctx: &Context<'_>) -> Result<Quick<Course>> {
        course(ctx, self.0.course_id).await
    }

    /// As what.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// The role of the course's own that they were given, which says what they may; null when that is said by their kind.
    async fn own_role(&self, ctx: &Context<'_>) -> Result<Option<CourseRole>> {
        let Some(role) = self.0.role_id else { return Ok(None) };
        let row = request(ctx)?.one::<course::role::Model>(ctx, role).await?;
        Ok(row.as_ref().map(CourseRole::of))
    }

    /// Whether the course is theirs: they may everything in it.
    async fn is_owner(&self) -> bool {
        self.0.owner
    }

    /// The number by which their school knows them.
    async fn student_number(&self) -> Option<&str> {
        self.0.student_number.as_deref()
    }

    /// The name of their account on the machines of the class.
    async fn class_account(&self) -> Option<&str> {
        self.0.class_account.as_deref()
    }

    /// The lab or exercise group that they go to.
    async fn lab_section(&self) -> Option<&str> {
        self.0.lab_section.as_deref()
    }

    /// Since when.
    async fn since(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// What they did in the course and what became of it, over all assignments, in the order of time. For those who review work; others are
    /// shown none. 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<HistoryCursor, HistoryEntry>> {
        history::page(ctx, &self.0, first, after.as_deref()).await
    }
}

/// Whom of a roster.
#[derive(InputObject, Default)]
pub struct EnrollmentFilter {
    /// Only those with this role.
    role: Option<Role>,
    /// Only the person with this global id.
    user: Option<ID>,
    /// Only those of this lab section.
    lab_section: Option<String>,
    /// Only students who stand so with the assignment, for those who review work; others find none. Needs `assignment`.
    standing: Option<WorkStanding>,
    /// The global id of the assignment that `standing` is about, which is one of the course.
    assignment: Option<ID>,
}

impl EnrollmentFilter {
    fn choice(self, now: Timestamp) -> Result<enrollment::Choice> {
        let standing = match (self.standing, &self.assignment) {
            (None, None) => None,
            (Some(standing), Some(assignment)) => {
                let wrong = || error::bad_input("`assignment` is not the global id of an assignment.");
                let key = id::decode_as(Kind::Assignment, assignment).ok_or_else(wrong)?;
                Some((key, standing.into(), now))
            }
            (Some(_), None) | (None, Some(_)) => {
                return Err(error::bad_input("`standing` and `assignment` go together: who stands so, with what."));
            }
        };
        let person = |id: ID| {
            id::decode_as(Kind::User, &id).ok_or_else(|| error::bad_input("`user` is not the global id of a person."))
        };
        Ok(enrollment::Choice {
            role: self.role.map(Into::into),
            person: self.user.map(person).transpose()?,
            lab_section: self.lab_section,
            standing,
        })
    }
}

/// As what somebody takes part in a course. What it allows, the course may say; usually each allows what those before it allow, and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "enrollment::Role")]
pub enum Role {
    /// Works on missions and assignments.
    Student,
    /// Also sees what is not published yet.
    LabAssistant,
    /// Also sees everybody's work and scores.
    Grader,
    /// Like a grader.
    TeachingAssistant,
    /// Also manages missions, assignments, the roster and its roles.
    Instructor,
}
