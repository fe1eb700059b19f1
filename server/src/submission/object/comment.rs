//! Comments as the schema shows them.

use actors::content::format::remark_html;
use async_graphql::{Context, Description, ID, Object, Result};
use entity::id::{self, Kind};
use entity::submission::comment;

use super::Submission;
use crate::graphql::context::request;
use crate::graphql::quick::Quick;
use crate::graphql::scalar::DateTime;
use crate::identity::object::User;

/// What somebody says about a line of somebody's work.
#[derive(Description)]
pub struct Comment(pub comment::Model);

#[Object(use_type_description)]
impl Comment {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Comment, self.0.id))
    }

    /// The submission; null for work that was not handed in.
    async fn submission(&self, ctx: &Context<'_>) -> Result<Option<Quick<Submission>>> {
        Ok(request(ctx)?.one(ctx, self.0.backup_id).await?.map(Submission).map(Quick))
    }

    /// Who wrote it; null for whom you may not see.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<Quick<User>>> {
        Ok(request(ctx)?.one(ctx, self.0.author_id).await?.map(User).map(Quick))
    }

    /// The name of the file that it is about.
    async fn filename(&self) -> &str {
        &self.0.filename
    }

    /// The line that it is about, from 1.
    async fn line(&self) -> i32 {
        self.0.line
    }

    /// What it says, in Markdown.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// The same as HTML.
    async fn message_html(&self) -> String {
        remark_html(&self.0.message)
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}
