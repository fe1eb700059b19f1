//! Scores as the schema shows them.

use actors::content::format::remark_html;
use async_graphql::{Context, Description, ID, Object, Result};
use entity::grading::score;
use entity::id::{self, Kind};

use crate::assignment::object::Assignment;
use crate::execution::object::Run;
use crate::graphql::context::request;
use crate::graphql::quick::Quick;
use crate::graphql::scalar::{DateTime, Decimal};
use crate::identity::object::User;
use crate::submission::object::Submission;

/// What a submission is worth in one respect.
#[derive(Description)]
pub struct Score(pub score::Model);

#[Object(use_type_description)]
impl Score {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Score, self.0.id))
    }

    /// In which respect: `total` for the sum of the tests.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The points that it got.
    async fn value(&self) -> Decimal {
        Decimal(self.0.value)
    }

    /// The points that there are; null where its grader does not say.
    async fn maximum(&self) -> Option<Decimal> {
        self.0.maximum.map(Decimal)
    }

    /// What its grader says about it, in Markdown; null for nothing.
    async fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The same as HTML.
    async fn message_html(&self) -> Option<String> {
        self.0.message.as_deref().map(remark_html)
    }

    /// The assignment.
    async fn assignment(&self, ctx: &Context<'_>) -> Result<Option<Quick<Assignment>>> {
        let Some(key) = self.0.assignment_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Assignment).map(Quick))
    }

    /// The person who gave it; null for the tests of the assignment.
    async fn grader(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        let Some(grader) = self.0.grader_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, grader).await?.map(User).map(Quick))
    }

    /// The submission; null for work that was not handed in.
    async fn submission(&self, ctx: &Context<'_>) -> Result<Option<Quick<Submission>>> {
        Ok(request(ctx)?.one(ctx, self.0.submission_id).await?.map(Submission).map(Quick))
    }

    /// The run that it comes from; null for a person's.
    async fn run(&self, ctx: &Context<'_>) -> Result<Option<Run>> {
        let Some(key) = self.0.run_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(Run))
    }

    /// When it was given.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Since when another of its kind counts; null while it counts itself.
    async fn archived_at(&self) -> Option<DateTime> {
        self.0.archived_at.map(DateTime)
    }
}
