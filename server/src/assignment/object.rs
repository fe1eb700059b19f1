//! Assignments as the schema shows them.

use async_graphql::{Context, Description, ID, Object, Result};
use entity::assignment::{Brief, Details, extension, test_case};
use entity::id::{self, Kind};
use entity::submission::{self, backup, group, work};
use entity::viewer::Permission;

use super::loader::{StandingsOf, StatisticsOf};
use crate::course::object::{Course, course};
use crate::execution::object::Language;
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::page::{Page, cost};
use crate::graphql::quick::{Pages, Quick};
use crate::graphql::scalar::DateTime;
use crate::submission::object::backup::{Backup, BackupFilter};
use crate::submission::object::group::Group;
use crate::submission::object::work::{Work, WorkFilter};
use crate::submission::object::{SourceFile, Submission, SubmissionFilter, SubmissionOrder, choice};

pub mod deadline;
pub mod rule;
pub mod statistics;
pub mod test;

use self::deadline::{Deadline, Extension, ExtensionState, LatePolicy};
use self::rule::RuleByHand;
use self::statistics::{AssignmentStatistics, Standings};
use self::test::Test;

/// Work that is handed in by a deadline and scored by its tests.
#[derive(Description)]
pub struct Assignment(pub Brief);

#[Object(use_type_description)]
impl Assignment {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Assignment, self.0.id))
    }

    /// Its name in addresses, such as `data-in-the-wild/word-counts`.
    async fn endpoint(&self) -> &str {
        &self.0.endpoint
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What to do, as HTML that is safe to show.
    async fn description_html(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.details(ctx).await?.description_html)
    }

    /// What it is to be written in.
    async fn language(&self) -> Language {
        (&self.0.language).into()
    }

    /// The course that it is in.
    async fn course(&self, ctx: &Context<'_>) -> Result<Quick<Course>> {
        course(ctx, self.0.course_id).await
    }

    /// The deadline.
    async fn due_at(&self) -> DateTime {
        DateTime(self.0.due_at)
    }

    /// The deadline as its author wrote it: wall time, without a zone.
    async fn due_local(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.details(ctx).await?.due_local)
    }

    /// The zone of that wall time, as in the IANA database.
    async fn time_zone(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.details(ctx).await?.time_zone)
    }

    /// The last instant at which work is taken for handed in; null: there is no end.
    async fn lock_at(&self) -> Option<DateTime> {
        self.0.lock_at.map(DateTime)
    }

    /// The same as its author wrote it: wall time in the zone of the assignment.
    async fn lock_local(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.details(ctx).await?.lock_local)
    }

    /// How many may share their work; 1: nobody.
    async fn max_group_size(&self) -> i32 {
        self.0.max_group_size
    }

    /// At most so many submissions are taken of a student or group; null: as many as they like.
    async fn attempts(&self) -> Option<i32> {
        self.0.attempts
    }

    /// Whether what was handed in may be revised afterwards, by the `ok` client.
    async fn revisions(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.details(ctx).await?.revisions)
    }

    /// Whether students see it who have not begun.
    async fn is_visible(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.details(ctx).await?.visible)
    }

    /// Where its page is, if it is elsewhere; null when it is here.
    async fn url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.details(ctx).await?.url)
    }

    /// Whether it is handed in on pages and by scripts; otherwise by the `ok` client alone.
    async fn uploads_enabled(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.details(ctx).await?.uploads_enabled)
    }

    /// What there is to know for who hands it in on a page; null when nothing.
    async fn upload_info(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.details(ctx).await?.upload_info)
    }

    /// Whether it comes from the content folder; otherwise it was made by hand.
    async fn is_from_folder(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.details(ctx).await?.is_from_folder())
    }

    /// Whether you may change its rules.
    async fn viewer_can_update(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(request(ctx)?.viewer.may(Permission::ManageContent, self.0.course_id))
    }

    /// The rules that are said by hand, in the place of the content folder; at most 7. For those who may change them; others are shown none.
    #[graphql(complexity = "child_complexity.saturating_mul(7)")]
    async fn rules_by_hand(&self, ctx: &Context<'_>) -> Result<Vec<RuleByHand>> {
        if !request(ctx)?.viewer.may(Permission::ManageContent, self.0.course_id) {
            return Ok(Vec::new());
        }
        Ok(RuleByHand::all(&self.details(ctx).await?.by_hand()))
    }

    /// What lateness costs.
    async fn late_policy(&self, ctx: &Context<'_>) -> Result<LatePolicy> {
        Ok(self.details(ctx).await?.late_policy().into())
    }

    /// The deadlines that hold for you, extensions considered.
    async fn viewer_deadline(&self, ctx: &Context<'_>) -> Result<Deadline> {
        let own = self.own_work(ctx).await?.and_then(|work| work.due_at);
        Ok(self.0.deadline(own).into())
    }

    /// Your own work; null while you have not begun.
    async fn viewer_work(&self, ctx: &Context<'_>) -> Result<Option<Quick<Work>>> {
        Ok(self.own_work(ctx).await?.map(Work).map(Quick))
    }

    /// The file that is run.
    async fn main(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.details(ctx).await?.main)
    }

    /// The files to hand in, as they are at first.
    async fn template(&self, ctx: &Context<'_>) -> Result<Vec<SourceFile>> {
        Ok(self.details(ctx).await?.template.0.into_iter().map(SourceFile).collect())
    }

    /// The tests that you may see, in their order.
    #[graphql(complexity = "child_complexity.saturating_mul(10)")]
    async fn tests(&self, ctx: &Context<'_>) -> Result<Vec<Test>> {
        let tests = request(ctx)?.many::<test_case::OfAssignment>(ctx, self.0.id, Page::ALL).await?;
        Ok(tests.into_iter().map(Test).collect())
    }

    /// Your own submissions; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn viewer_submissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Submission>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let rows = request(ctx)?.many::<submission::OwnTo>(ctx, self.0.id, page).await?;
        Ok(page.connection(rows, |row| row.id, Submission))
    }

    /// Whether you may hand in work.
    async fn viewer_can_submit(&self, ctx: &Context<'_>) -> Result<bool> {
        // Whoever sees an assignment may, and has to be somebody.
        Ok(request(ctx)?.viewer.user().is_some())
    }

    /// Your submission that counts; null while you have handed in none.
    async fn viewer_final(&self, ctx: &Context<'_>) -> Result<Option<Quick<Submission>>> {
        let own = request(ctx)?.many::<submission::FinalTo>(ctx, self.0.id, Page::ONLY).await?.pop();
        Ok(own.map(Submission).map(Quick))
    }

    /// All submissions that you may see; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn submissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when absent.")] filter: Option<SubmissionFilter>,
        #[graphql(desc = "In which order; the oldest first when absent.")] order_by: Option<SubmissionOrder>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Submission>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let choice = choice(filter, order_by)?;
        let rows = request(ctx)?.chosen::<submission::To>(ctx, self.0.id, page, choice).await?;
        Ok(page.connection(rows, |row| row.id, Submission))
    }

    /// The work of all who have begun, have been given more time or are in a group, as far as you may see it; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn works(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; everybody's when absent.")] filter: Option<WorkFilter>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Work>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let choice = filter.unwrap_or_default().choice(request(ctx)?.deps.clock.now())?;
        let rows = request(ctx)?.chosen::<work::OfAssignment>(ctx, self.0.id, page, choice).await?;
        Ok(page.connection(rows, |row| row.id, Work))
    }

    /// How the students of the course stand with it, in numbers. For those who review work; null for others.
    #[graphql(complexity = "20 + child_complexity")]
    async fn standings(&self, ctx: &Context<'_>) -> Result<Option<Standings>> {
        if !self.may_review(ctx)? {
            return Ok(None);
        }
        Ok(request(ctx)?.load(StandingsOf(self.0.id)).await?.map(Standings::from))
    }

    /// How it goes: verdicts, points, attempts, and the tests that most do not pass. For those who review work; null for others.
    #[graphql(complexity = "200 + child_complexity")]
    async fn statistics(&self, ctx: &Context<'_>) -> Result<Option<AssignmentStatistics>> {
        if !self.may_review(ctx)? {
            return Ok(None);
        }
        Ok(request(ctx)?.load(StatisticsOf(self.0.id)).await?.map(AssignmentStatistics))
    }

    /// All that was sent for it and that you may see, in the order in which it came; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn backups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all when absent.")] filter: Option<BackupFilter>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Backup>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let choice = filter.unwrap_or_default().choice()?;
        let rows = request(ctx)?.chosen::<backup::OfAssignment>(ctx, self.0.id, page, choice).await?;
        Ok(page.connection(rows, |row| row.id, Backup))
    }

    /// The groups that you are in or invited to, or all where you may see everybody's work; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Group>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let rows = request(ctx)?.many::<group::OfAssignment>(ctx, self.0.id, page).await?;
        Ok(page.connection(rows, |row| row.id, Group))
    }

    /// More time that somebody asked for or was given, as far as you may see it; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn extensions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this state.")] state: Option<ExtensionState>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Extension>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let state = state.map(Into::into);
        let rows = request(ctx)?.chosen::<extension::OfAssignment>(ctx, self.0.id, page, state).await?;
        Ok(page.connection(rows, |row| row.id, Extension))
    }
}

impl Assignment {
    async fn own_work(&self, ctx: &Context<'_>) -> Result<Option<work::Model>> {
        Ok(request(ctx)?.many::<work::OwnOf>(ctx, self.0.id, Page::ONLY).await?.pop())
    }

    fn may_review(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(request(ctx)?.viewer.may(Permission::ReviewWork, self.0.course_id))
    }

    /// What lists do not show.
    async fn details(&self, ctx: &Context<'_>) -> Result<Details> {
        request(ctx)?.one(ctx, self.0.id).await?.ok_or_else(|| error::not_found("assignment"))
    }
}
