//! Submissions and files as the schema shows them.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, Result};
use entity::assignment::Brief;
use entity::execution::run;
use entity::file;
use entity::grading::score;
use entity::id::{self, Kind};
use entity::submission::{self, comment as remarks};

use super::loader::{Blob, FilesOf, WorkOf};
use crate::assignment::object::Assignment;
use crate::course::object::{Course, course};
use crate::execution::object::Run;
use crate::grading::object::Score;
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::page::{Page, cost};
use crate::graphql::quick::{Pages, Quick};
use crate::graphql::scalar::{DateTime, Decimal};
use crate::identity::object::User;

pub mod backup;
pub mod comment;
pub mod group;
pub mod history;
pub mod receipt;
pub mod work;

use self::backup::Backup;
use self::comment::Comment;
use self::receipt::{Receipt, receipt_of};
use self::work::Work;

/// Work that was handed in.
#[derive(Description)]
pub struct Submission(pub submission::Model);

#[Object(use_type_description)]
impl Submission {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Submission, self.0.id))
    }

    /// What it was handed in for.
    async fn assignment(&self, ctx: &Context<'_>) -> Result<Quick<Assignment>> {
        let assignment = request(ctx)?.one(ctx, self.0.assignment_id).await?;
        assignment.map(Assignment).map(Quick).ok_or_else(|| error::not_found("assignment"))
    }

    /// The course that it belongs to.
    async fn course(&self, ctx: &Context<'_>) -> Result<Quick<Course>> {
        course(ctx, self.0.course_id).await
    }

    /// Who handed it in.
    async fn submitter(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        Ok(request(ctx)?.one(ctx, self.0.submitter_id).await?.map(User).map(Quick))
    }

    /// When the work arrived; of a backup that was handed in later, when that came first. Counts for lateness.
    async fn submitted_at(&self) -> DateTime {
        DateTime(self.0.submitted_at)
    }

    /// By how many seconds it is late, extensions considered; 0 when it is not.
    async fn lateness(&self, ctx: &Context<'_>) -> Result<f64> {
        let request = request(ctx)?;
        let Some(assignment) = request.one::<Brief>(ctx, self.0.assignment_id).await? else { return Ok(0.0) };
        let more = self.work_row(ctx).await?.and_then(|work| work.due_at);
        let deadline = assignment.deadline(more);
        #[expect(clippy::cast_precision_loss, reason = "a double is exact for microseconds up to 285 years")]
        Ok(deadline.lateness(self.0.submitted_at) as f64 / 1e6)
    }

    /// Whether it is the one that counts for who handed it in.
    async fn is_final(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.work_row(ctx).await?.is_some_and(|work| work.final_submission_id == Some(self.0.id)))
    }

    /// Why it is the one that counts, for a person; null when it is not.
    async fn final_reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let work = self.work_row(ctx).await?.filter(|work| work.final_submission_id == Some(self.0.id));
        Ok(work.and_then(|work| work.reason()).map(work::reason))
    }

    /// The work that it belongs to: that of who handed it in.
    async fn work(&self, ctx: &Context<'_>) -> Result<Option<Quick<Work>>> {
        Ok(self.work_row(ctx).await?.map(Work).map(Quick))
    }

    /// The backup that it is a mark on.
    async fn backup(&self, ctx: &Context<'_>) -> Result<Option<Quick<Backup>>> {
        Ok(request(ctx)?.one(ctx, self.0.id).await?.map(Backup).map(Quick))
    }

    /// The files that were handed in.
    async fn files(&self, ctx: &Context<'_>) -> Result<Vec<SourceFile>> {
        Ok(request(ctx)?.load(FilesOf(self.0.id)).await?.unwrap_or_default().into_iter().map(SourceFile).collect())
    }

    /// Proof that it was taken in. Its holder's own has their address; what others see proves the rest. Null for what came before there
    /// were receipts.
    async fn receipt(&self, ctx: &Context<'_>) -> Result<Option<Receipt>> {
        receipt_of(ctx, self.0.id, self.0.submitter_id).await
    }

    /// Its runs, the first one first; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Run>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let rows = request(ctx)?.many::<run::OfSubmission>(ctx, self.0.id, page).await?;
        Ok(page.connection(rows, |row| row.id, Run))
    }

    /// What it is worth in total, by the last score of that kind; null while it has none.
    async fn points(&self) -> Option<Decimal> {
        self.0.points.map(Decimal)
    }

    /// What was said about it; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Comment>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let rows = request(ctx)?.many::<remarks::OfSubmission>(ctx, self.0.id, page).await?;
        Ok(page.connection(rows, |row| row.id, Comment))
    }

    /// What it is worth so far, in each respect.
    #[graphql(complexity = "child_complexity.saturating_mul(2)")]
    async fn scores(&self, ctx: &Context<'_>) -> Result<Vec<Score>> {
        let scores = request(ctx)?.many::<score::OfSubmission>(ctx, self.0.id, Page::ALL).await?;
        Ok(scores.into_iter().map(Score).collect())
    }
}

impl Submission {
    async fn work_row(&self, ctx: &Context<'_>) -> Result<Option<submission::work::Model>> {
        let key = WorkOf { assignment: self.0.assignment_id, owner: self.0.submitter_id };
        request(ctx)?.load(key).await
    }
}

/// Which submissions.
#[derive(InputObject, Default)]
pub struct SubmissionFilter {
    /// Only those of the person with this global id.
    submitter: Option<ID>,
    /// Only those that count, or only the others.
    is_final: Option<bool>,
    /// Only those that came after the deadline, or only the others.
    is_late: Option<bool>,
    /// Only those that have a total, or only the others.
    is_scored: Option<bool>,
    /// Only those with at least so many points in total.
    points_from: Option<Decimal>,
    /// Only those with fewer points in total.
    points_below: Option<Decimal>,
}

/// The order of submissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SubmissionOrder {
    /// As they came.
    OldestFirst,
    /// The last one first.
    NewestFirst,
}

/// What a filter and an order choose.
///
/// # Errors
/// When an id is not a person's.
pub fn choice(filter: Option<SubmissionFilter>, order: Option<SubmissionOrder>) -> Result<submission::Choice> {
    let filter = filter.unwrap_or_default();
    let person = |id: ID| {
        id::decode_as(Kind::User, &id).ok_or_else(|| error::bad_input("`submitter` is not the global id of a person."))
    };
    Ok(submission::Choice {
        submitter: filter.submitter.map(person).transpose()?,
        is_final: filter.is_final,
        late: filter.is_late,
        scored: filter.is_scored,
        points_from: filter.points_from.map(|points| points.0),
        points_below: filter.points_below.map(|points| points.0),
        newest_first: order == Some(SubmissionOrder::NewestFirst),
    })
}

/// A file.
#[derive(Description)]
pub struct SourceFile(pub file::Entry);

#[Object(use_type_description)]
impl SourceFile {
    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its size in bytes.
    async fn size(&self) -> i32 {
        i32::try_from(self.0.size).unwrap_or(i32::MAX)
    }

    /// The SHA-256 of its bytes, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.0.digest
    }

    /// Its text. Bytes that are not UTF-8 show as U+FFFD.
    async fn text(&self, ctx: &Context<'_>) -> Result<String> {
        let request = request(ctx)?;
        request.hold_text(usize::try_from(self.0.size).unwrap_or_default())?;
        let bytes = request.load(Blob(self.0.digest.clone())).await?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
