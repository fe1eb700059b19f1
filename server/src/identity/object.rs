//! People as the schema shows them.

use async_graphql::{Context, Description, ID, Object, Result};
use entity::assignment;
use entity::course::enrollment;
use entity::id::{self, Kind};
use entity::identity::external_identity as identities;
use entity::identity::session as sessions;
use entity::identity::user::{self, Person};
use entity::mail::letter;
use entity::plan::InOrder;
use entity::submission;
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, EntityTrait as _};

use self::external_identity::ExternalIdentity;
use self::session::Session;
use crate::assignment::object::Assignment;
use crate::course::object::Enrollment;
use crate::graphql::context::request;
use crate::graphql::error;
use crate::graphql::page::{Page, cost};
use crate::graphql::quick::Pages;
use crate::mail::object::Letter;
use crate::submission::object::{Submission, SubmissionFilter, SubmissionOrder, choice};

pub mod audit;
pub mod external_identity;
pub mod program;
pub mod session;

/// A person with an account.
#[derive(Description)]
pub struct User(pub Person);

#[Object(use_type_description)]
impl User {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::User, self.0.id))
    }

    /// The name that others see.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The address that they sign in with.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// The courses that they take part in, as far as you may see; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn enrollments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Enrollment>> {
        let page = Page::parse(ctx, first, after.as_deref())?;
        let rows = request(ctx)?.many::<enrollment::OfPerson>(ctx, self.0.id, page).await?;
        Ok(page.connection(rows, |row| row.id, Enrollment))
    }

    /// What they have handed in, as far as you may see; 20 by default, at most 100.
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
        let rows = request(ctx)?.chosen::<submission::OfPerson>(ctx, self.0.id, page, choice).await?;
        Ok(page.connection(rows, |row| row.id, Submission))
    }

    /// Their sign-ins and tokens that are good, the newest first; 20 by default, at most 100. Only they and who runs the site see any.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Session>> {
        let (request, page) = (request(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        let theirs = sessions::Entity::visible(&request.viewer)
            .filter(sessions::Column::UserId.eq(self.0.id))
            .filter(sessions::Column::RevokedAt.is_null())
            .filter(sessions::Column::ExpiresAt.gt(request.deps.clock.now()));
        let rows = request.rows(ctx, theirs, InOrder::newest(), page).await?;
        Ok(page.connection(rows, |row| row.id, Session))
    }

    /// Who they are at providers of sign-ins, and were; 20 by default, at most 100. Only they and who runs the site see any,
    /// and not with a token.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn external_identities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<ExternalIdentity>> {
        let (request, page) = (request(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        let theirs = identities::Entity::visible(&request.viewer).filter(identities::Column::UserId.eq(self.0.id));
        let rows = request.rows(ctx, theirs, InOrder::by_key(), page).await?;
        Ok(page.connection(rows, |row: &identities::Model| row.id, ExternalIdentity))
    }
}

/// Whoever asks.
#[derive(Description)]
pub struct Viewer(pub i64);

#[Object(use_type_description)]
impl Viewer {
    /// Their account.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        request(ctx)?.one(ctx, self.0).await?.map(User).ok_or_else(|| error::not_found("person"))
    }

    /// The name of who acts in their name, if somebody does: pages say so in a banner.
    async fn impersonator(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let request = request(ctx)?;
        let Some(impersonator) = request.viewer.impersonator else { return Ok(None) };
        // Whoever runs the site is visible to nobody by that, but to whoever is them.
        let row = user::Entity::find_by_id(impersonator).one(request.deps.db.read()).await.map_err(error::database)?;
        Ok(row.map(|row| row.name))
    }

    /// Whether they run the site.
    async fn is_admin(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(request(ctx)?.viewer.may_administer())
    }

    /// The assignments of the courses that they attend; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn assignments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Assignment>> {
        let (request, page) = (request(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        // Who attends a course sees its assignments, and nobody else does.
        let theirs = assignment::Entity::visible(&request.viewer);
        let rows = request.rows(ctx, theirs, InOrder::by_key(), page).await?;
        Ok(page.connection(rows, |row: &assignment::Brief| row.id, Assignment))
    }

    /// Letters to them; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn letters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Letter>> {
        let (request, page) = (request(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        let theirs = letter::Entity::visible(&request.viewer).filter(letter::Column::RecipientId.eq(self.0));
        let rows = request.rows(ctx, theirs, InOrder::by_key(), page).await?;
        Ok(page.connection(rows, |row| row.id, Letter))
    }
}
