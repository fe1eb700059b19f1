//! Somebody's work on an assignment as the schema shows it: what counts and why, how much time there is, and what it is worth.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, Result, SimpleObject};
use entity::assignment::Brief;
use entity::clock::Timestamp;
use entity::grading::grade;
use entity::id::{self, Kind};
use entity::submission::work::{self, Reason, standing};
use entity::viewer::Permission;

use super::Submission;
use super::backup::Backup;
use super::group::Group;
use crate::assignment::object::Assignment;
use crate::assignment::object::deadline::Deadline;
use crate::course::object::{Course, course};
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::quick::Quick;
use crate::graphql::scalar::{DateTime, Decimal};
use crate::identity::object::User;
use crate::submission::loader::{FreeOf, GradesOf};

/// Somebody's work on an assignment. The works of a group's members say the same.
#[derive(Description)]
pub struct Work(pub work::Model);

#[Object(use_type_description)]
impl Work {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Work, self.0.id))
    }

    /// Whose.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        Ok(request(ctx)?.one(ctx, self.0.owner_id).await?.map(User).map(Quick))
    }

    /// On what.
    async fn assignment(&self, ctx: &Context<'_>) -> Result<Quick<Assignment>> {
        let found = request(ctx)?.one(ctx, self.0.assignment_id).await?;
        found.map(Assignment).map(Quick).ok_or_else(|| error::not_found("assignment"))
    }

    /// The course that it belongs to.
    async fn course(&self, ctx: &Context<'_>) -> Result<Quick<Course>> {
        course(ctx, self.0.course_id).await
    }

    /// The group that shares it; null without one.
    async fn group(&self, ctx: &Context<'_>) -> Result<Option<Quick<Group>>> {
        let Some(key) = self.0.group_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Group).map(Quick))
    }

    /// How much time there is, extensions considered.
    async fn deadline(&self, ctx: &Context<'_>) -> Result<Deadline> {
        let brief = request(ctx)?.one::<Brief>(ctx, self.0.assignment_id).await?;
        let brief = brief.ok_or_else(|| error::not_found("assignment"))?;
        Ok(brief.deadline(self.0.due_at).into())
    }

    /// The submission that counts; null while nothing was handed in.
    async fn r#final(&self, ctx: &Context<'_>) -> Result<Option<Quick<Submission>>> {
        let Some(key) = self.0.final_submission_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Submission).map(Quick))
    }

    /// Why that one counts, for a person; null while nothing was handed in.
    async fn final_reason(&self) -> Option<String> {
        self.0.reason().map(reason)
    }

    /// How often something was handed in, by anybody of the group.
    async fn submission_count(&self) -> i32 {
        self.0.submissions
    }

    /// How many attempts are left; null where there is no limit. What came to nothing by a fault of the site or of a test has used none.
    async fn attempts_left(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let request = request(ctx)?;
        let brief = request.one::<Brief>(ctx, self.0.assignment_id).await?;
        let Some(most) = brief.and_then(|brief| brief.attempts) else { return Ok(None) };
        let free = FreeOf { assignment: self.0.assignment_id, owner: self.0.owner_id };
        let free = if self.0.submissions > 0 { request.load(free).await?.unwrap_or_default() } else { 0 };
        Ok(Some(most.saturating_add(free).saturating_sub(self.0.submissions).max(0)))
    }

    /// The last that came of the owner's own; null when they have sent nothing.
    async fn last_backup(&self, ctx: &Context<'_>) -> Result<Option<Quick<Backup>>> {
        let Some(key) = self.0.last_backup_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Backup).map(Quick))
    }

    /// When the latest of what has come was done, by the owner's clock.
    async fn last_done_at(&self) -> Option<DateTime> {
        self.0.last_done_at.map(DateTime)
    }

    /// What was sent last to revise it, marked by a score of the kind `revision`; null when nothing.
    async fn revision(&self, ctx: &Context<'_>) -> Result<Option<Quick<Backup>>> {
        let Some(key) = self.0.revision_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Backup).map(Quick))
    }

    /// On which test its owner is stuck; null while they are not, and for others than those who review work.
    async fn stuck_on(&self, ctx: &Context<'_>) -> Result<Option<StuckOn>> {
        let reviews = request(ctx)?.viewer.may(Permission::ReviewWork, self.0.course_id);
        let test = self.0.failing_test.clone().filter(|_| reviews && self.0.is_stuck());
        let (tries, since, tried_at) =
            (self.0.failing_tries, DateTime(self.0.failing_since), DateTime(self.0.tried_at));
        Ok(test.map(|test| StuckOn { test, tries, since, tried_at }))
    }

    /// What it is worth, lateness considered; null while nothing was handed in.
    #[graphql(complexity = "20 + child_complexity")]
    async fn grade(&self, ctx: &Context<'_>) -> Result<Option<Grade>> {
        let key = GradesOf { course: self.0.course_id, owner: self.0.owner_id };
        let grades = request(ctx)?.load(key).await?.unwrap_or_default();
        Ok(grades.into_iter().find(|grade| grade.assignment == self.0.assignment_id).map(Grade))
    }
}

/// The test that somebody is stuck on: at least 5 tries in a row fail it, over at least 20 minutes, and no more of it passes.
#[derive(SimpleObject)]
pub struct StuckOn {
    /// The name of the test.
    test: String,
    /// How many tries in a row fail it.
    tries: i32,
    /// When the first of them was.
    since: DateTime,
    /// When the last was.
    tried_at: DateTime,
}

/// How somebody stands with an assignment. Everybody is one of the first three; the others come in addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "standing::Standing")]
pub enum WorkStanding {
    /// Nothing has come, neither from them nor from those with whom they share the work.
    NotBegun,
    /// Something has come, and nothing is handed in.
    Started,
    /// Something is handed in.
    Submitted,
    /// What counts came after the deadline that holds for them.
    Late,
    /// Nothing is handed in, and the deadline that holds for them is over.
    Overdue,
    /// At least 5 tries in a row fail the same test, over at least 20 minutes, and no more of it passes.
    Stuck,
}

/// Why a submission counts, for a person.
pub(super) fn reason(reason: Reason) -> String {
    match reason {
        Reason::Latest { of: 1 } => "It is the only one that was handed in.".to_owned(),
        Reason::Latest { of } => format!("It came last, of {of} that were handed in."),
        Reason::Chosen { .. } => "It was chosen, in the place of the latest.".to_owned(),
    }
}

/// What somebody's work is worth, and what gave or took which part of it.
#[derive(Description)]
pub struct Grade(grade::Grade);

#[Object(use_type_description)]
impl Grade {
    /// The points that its tests and graders gave; null while there are none.
    async fn earned(&self) -> Option<Decimal> {
        self.0.earned.map(Decimal)
    }

    /// The points that it could have been given; null while it was given none.
    async fn maximum(&self) -> Option<Decimal> {
        self.0.maximum.map(Decimal)
    }

    /// The days that it is late, each begun one as a whole; grace and extensions considered.
    async fn days_late(&self) -> i32 {
        i32::try_from(self.0.days_late).unwrap_or(i32::MAX)
    }

    /// How many of these days were paid with slip days.
    async fn slip_days(&self) -> i32 {
        i32::try_from(self.0.slip_days).unwrap_or(i32::MAX)
    }

    /// What the other days cost.
    async fn deduction(&self) -> Decimal {
        Decimal(self.0.deduction)
    }

    /// What is left: what counts; null while it was given no points.
    async fn points(&self) -> Option<Decimal> {
        self.0.points().map(Decimal)
    }

    /// Which rule gave or took which part of the points, in their order; the sum of all is `points`.
    #[graphql(complexity = "child_complexity.saturating_mul(4)")]
    async fn explanation(&self) -> Vec<ScoreStep> {
        steps(&self.0)
    }
}

/// A rule, and what it gave or took.
#[derive(SimpleObject)]
pub struct ScoreStep {
    /// Which rule.
    rule: ScoreRule,
    /// What it did, for a person.
    text: String,
    /// What it gave; less than nothing where it took.
    points: Decimal,
}

/// The rules of a grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ScoreRule {
    /// What tests and graders gave. How each test went, the run of the submission says.
    Earned,
    /// Days that were paid with slip days.
    SlipDays,
    /// Days that cost points.
    Late,
}

fn steps(grade: &grade::Grade) -> Vec<ScoreStep> {
    use entity::points::Points;
    let Some(earned) = grade.earned else { return Vec::new() };
    let step = |rule, text, points: Points| ScoreStep { rule, text, points: Decimal(points) };
    let maximum = grade.maximum.map(|maximum| format!(" of {maximum}")).unwrap_or_default();
    let mut steps = vec![step(ScoreRule::Earned, format!("{earned}{maximum} points for the work itself."), earned)];
    if grade.slip_days > 0 {
        let text = format!("{} late, {} paid with slip days.", days(grade.days_late), days(grade.slip_days));
        steps.push(step(ScoreRule::SlipDays, text, Points::ZERO));
    }
    let charged = grade.days_late - grade.slip_days;
    if charged > 0 {
        let text = format!("{} late: {} points less.", days(charged), grade.deduction);
        steps.push(step(ScoreRule::Late, text, Points::ZERO - grade.deduction));
    }
    steps
}

fn days(count: u32) -> String {
    format!("{count} day{}", if count == 1 { "" } else { "s" })
}

/// Whose work.
#[derive(InputObject, Default)]
pub struct WorkFilter {
    /// Only that of the person with this global id.
    owner: Option<ID>,
    /// Only where something was handed in, or only where nothing was yet.
    is_submitted: Option<bool>,
    /// Only what stands so, for those who review work; others find none. Who has not begun mostly has no work: see `Course.enrollments`.
    standing: Option<WorkStanding>,
}

impl WorkFilter {
    /// What it chooses.
    ///
    /// # Errors
    /// When an id is not a person's.
    pub fn choice(self, now: Timestamp) -> Result<work::Choice> {
        let person = |id: ID| {
            let wrong = || error::bad_input("`owner` is not the global id of a person.");
            id::decode_as(Kind::User, &id).ok_or_else(wrong)
        };
        Ok(work::Choice {
            owner: self.owner.map(person).transpose()?,
            submitted: self.is_submitted,
            standing: self.standing.map(|standing| (standing.into(), now)),
        })
    }
}
