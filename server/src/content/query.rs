//! Questions about content.

use async_graphql::{Context, Object, Result};
use entity::content::{check, concept, mission, sync_record};
use entity::plan::InOrder;
use entity::visible::Viewable;
use sea_orm::ColumnTrait;

use super::check::ContentCheck;
use super::history::ContentSync;
use super::object::{Concept, Mission};
use crate::graphql::context::signed_in;
use crate::graphql::error;
use crate::graphql::page::{Page, cost};
use crate::graphql::quick::Pages;

/// Questions about content.
#[derive(Default)]
pub struct ContentQuery;

#[Object]
impl ContentQuery {
    /// The mission with that number; null when there is none for you.
    async fn mission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its number in the content folder.")] number: i32,
    ) -> Result<Option<Mission>> {
        let request = signed_in(ctx)?;
        let wanted = mission::Entity::visible(&request.viewer).filter(mission::Column::Number.eq(number));
        Ok(request.row(ctx, wanted).await?.map(Mission))
    }

    /// What the last synchronisation said about something in the content folder; null when it was never checked. For those who manage
    /// it.
    async fn content_check(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`mission/204` or `assignment/word-counts`.")] subject: String,
    ) -> Result<Option<ContentCheck>> {
        let request = signed_in(ctx)?;
        let wanted = check::Entity::visible(&request.viewer).filter(check::Column::Subject.eq(subject));
        Ok(wanted.one(request.deps.db.read()).await.map_err(error::database)?.map(ContentCheck))
    }

    /// Who has synchronised what, the newest first, as far as something was stored or failed; 20 by default, at most 100. For those who manage
    /// the content.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn content_syncs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of `mission/204` or `assignment/word-counts`.")] subject: Option<String>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<ContentSync>> {
        use sync_record::Column as C;
        let (request, page) = (signed_in(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        let mut wanted = sync_record::Entity::visible(&request.viewer);
        if let Some(subject) = subject {
            wanted = wanted.filter(C::Subject.eq(subject));
        }
        let rows = request.rows(ctx, wanted, InOrder::newest(), page).await?;
        Ok(page.connection(rows, |row: &sync_record::Model| row.id, ContentSync))
    }

    /// Everything that is taught, in the order in which it came; 20 by default, at most 100.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn concepts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Pages<Concept>> {
        let (request, page) = (signed_in(ctx)?, Page::parse(ctx, first, after.as_deref())?);
        let rows = request.rows(ctx, concept::Entity::visible(&request.viewer), InOrder::by_key(), page).await?;
        Ok(page.connection(rows, |row: &concept::Model| row.id, Concept))
    }

    /// The concept with that name; null when there is none.
    async fn concept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name of its file in the content folder, without `.yml`.")] name: String,
    ) -> Result<Option<Concept>> {
        let request = signed_in(ctx)?;
        let wanted = concept::Entity::visible(&request.viewer).filter(concept::Column::Name.eq(name));
        Ok(request.row(ctx, wanted).await?.map(Concept))
    }
}
