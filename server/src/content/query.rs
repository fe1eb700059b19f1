//! Questions about content.

use async_graphql::{Context, Object, Result};
use entity::content::{check, concept, mission};
use entity::visible::Viewable;
use sea_orm::ColumnTrait;

use super::check::ContentCheck;
use super::object::{Concept, Mission};
use crate::graphql::context::signed_in;
use crate::graphql::error;

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
