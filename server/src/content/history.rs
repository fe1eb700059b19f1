//! Who has synchronised what, as the schema shows it.

use async_graphql::{Context, Description, Object, Result};
use entity::content::sync_record;

use super::check::CheckOutcome;
use crate::graphql::context::request;
use crate::graphql::quick::Quick;
use crate::graphql::scalar::DateTime;
use crate::identity::object::User;

/// A synchronisation that stored something, or failed.
#[derive(Description)]
pub struct ContentSync(pub sync_record::Model);

#[Object(use_type_description)]
impl ContentSync {
    /// What was synchronised: `mission/204` or `assignment/word-counts`.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// How it ended.
    async fn outcome(&self) -> CheckOutcome {
        self.0.outcome.into()
    }

    /// How many errors it told.
    async fn errors(&self) -> i32 {
        self.0.errors
    }

    /// How many warnings it told.
    async fn warnings(&self) -> i32 {
        self.0.warnings
    }

    /// Who had it done; null where the site did itself.
    async fn requester(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        let Some(key) = self.0.requester_id else { return Ok(None) };
        Ok(request(ctx)?.one(ctx, key).await?.map(User).map(Quick))
    }

    /// The commit that the content folder was at, where it belongs to a repository of git.
    async fn commit(&self) -> Option<&str> {
        self.0.commit_hash.as_deref()
    }

    /// When it ended.
    async fn done_at(&self) -> DateTime {
        DateTime(self.0.done_at)
    }
}
