//! Questions about assignments.

use async_graphql::{Context, Object, Result};
use entity::assignment;
use entity::visible::Viewable;
use sea_orm::ColumnTrait;

use super::object::Assignment;
use crate::graphql::context::signed_in;
use crate::graphql::quick::Quick;

/// Questions about assignments.
#[derive(Default)]
pub struct AssignmentQuery;

#[Object]
impl AssignmentQuery {
    /// The assignment with that endpoint; null when there is none for you.
    async fn assignment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name in addresses, such as `data-in-the-wild/word-counts`.")] endpoint: String,
    ) -> Result<Option<Quick<Assignment>>> {
        let request = signed_in(ctx)?;
        let wanted = assignment::Entity::visible(&request.viewer).filter(assignment::Column::Endpoint.eq(endpoint));
        Ok(request.row(ctx, wanted).await?.map(Assignment).map(Quick))
    }
}
