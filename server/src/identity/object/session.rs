//! Ways into an account as the schema shows them.

use async_graphql::{Context, Description, Enum, ID, Object, Result};
use entity::id::{self, Kind};
use entity::identity::scope::{Scope, Scopes};
use entity::identity::session::{self, Listed};
use futures_util::future::try_join_all;

use super::User;
use crate::course::object::Course;
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::scalar::DateTime;

/// A way into an account: a sign-in, or a token that its owner made.
#[derive(Description)]
pub struct Session(pub Listed);

/// What kind of way in it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "session::SessionKind")]
pub enum SessionKind {
    /// A browser that is signed in.
    Browser,
    /// A program that has signed in with the password.
    Script,
    /// A program that was let in without a password.
    Application,
    /// A token that its owner made.
    Token,
}

/// What a token may be used for. It never allows more than its owner may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Scope")]
pub enum TokenScope {
    /// Know who its owner is, and in which courses they take part; nothing of their work.
    Email,
    /// See what its owner sees, and change nothing.
    Read,
    /// Work as a student does: attempt exercises, hand in, run programs.
    Submit,
    /// Review work, and see to it that it is graded.
    Grade,
    /// Synchronise missions and assignments.
    Content,
    /// Change who takes part in a course, and as what.
    Roster,
    /// Run the site.
    Admin,
    /// Whatever its owner may, but for their account itself.
    All,
}

#[Object(use_type_description)]
impl Session {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Session, self.0.id))
    }

    /// What kind of way in it is.
    async fn kind(&self) -> SessionKind {
        self.0.kind.into()
    }

    /// The program, as it called itself when it signed in; the name of a token.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whose it is.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        request(ctx)?.one(ctx, self.0.user_id).await?.map(User).ok_or_else(|| error::not_found("person"))
    }

    /// What it may be used for; none for whatever its owner may; at most 7.
    async fn scopes(&self) -> Vec<TokenScope> {
        let scopes = self.0.scopes.as_deref().and_then(|scopes| Scopes::parse(scopes).ok());
        scopes.iter().flat_map(Scopes::iter).map(TokenScope::from).collect()
    }

    /// The only courses that it may be used for, at most 100; none for no limit.
    #[graphql(complexity = "20 + child_complexity")]
    async fn courses(&self, ctx: &Context<'_>) -> Result<Vec<Course>> {
        let courses = self.0.courses.as_deref().and_then(|courses| serde_json::from_str::<Vec<i64>>(courses).ok());
        let request = request(ctx)?;
        let found = try_join_all(courses.into_iter().flatten().map(|course| request.one(ctx, course))).await?;
        Ok(found.into_iter().flatten().map(Course).collect())
    }

    /// When it began.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was used last, to about a minute.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime)
    }

    /// When it ends by itself.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// Whether it is the one by which this was asked.
    async fn is_current(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(request(ctx)?.viewer.session == Some(self.0.id))
    }
}
