//! Scores as the schema shows them.

use async_graphql::{Context, Description, ID, Object, Result};
use entity::grading::score;
use entity::id::{self, Kind};

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

    /// The points that there are.
    async fn maximum(&self) -> Decimal {
        Decimal(self.0.maximum)
    }

    /// The person who gave it; null for the tests of the assignment.
    async fn grader(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        let Some(grader) = self.0.grader_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, grader).await?.map(User).map(Quick))
    }

    /// The submission.
    async fn submission(&self, ctx: &Context<'_>) -> Result<Option<Quick<Submission>>> {
        Ok(request(ctx)?.one(ctx, self.0.submission_id).await?.map(Submission).map(Quick))
    }

    /// The run that it comes from.
    async fn run(&self, ctx: &Context<'_>) -> Result<Option<Run>> {
        Ok(request(ctx)?.one(ctx, self.0.run_id).await?.map(Run))
    }

    /// When it was given.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}
