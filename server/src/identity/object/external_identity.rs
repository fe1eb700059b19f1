//! Who somebody is at a provider, as the schema shows it.

use async_graphql::{Context, Description, ID, Object, Result};
use entity::id::{self, Kind};
use entity::identity::external_identity as identity;

use super::User;
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::scalar::DateTime;

/// Who somebody is at a provider of sign-ins: by signing in there they come into their account here.
#[derive(Description)]
pub struct ExternalIdentity(pub identity::Model);

#[Object(use_type_description)]
impl ExternalIdentity {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::ExternalIdentity, self.0.id))
    }

    /// Whose account it opens.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        request(ctx)?.one(ctx, self.0.user_id).await?.map(User).ok_or_else(|| error::not_found("person"))
    }

    /// The provider, by its address.
    async fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// What the provider calls them.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// When it was connected with the account.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When the connection was ended, if it was: they show their password before they come in by it again.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }

    /// When they came in by it last.
    async fn last_used_at(&self) -> DateTime {
        DateTime(self.0.last_used_at)
    }
}
