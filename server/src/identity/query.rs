//! Questions about whoever asks.

use async_graphql::{Context, Object, Result};
use entity::identity::user;
use entity::visible::Viewable;

use super::object::Viewer;
use crate::graphql::context::request;
use crate::graphql::error;

/// Questions about whoever asks.
#[derive(Default)]
pub struct IdentityQuery;

#[Object]
impl IdentityQuery {
    /// Whoever asks; null when nobody is signed in.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<Viewer>> {
        let request = request(ctx)?;
        let Some(key) = request.viewer.user() else { return Ok(None) };
        let row = user::Entity::visible(&request.viewer).by_key(request.deps.db.read(), key).await;
        Ok(row.map_err(error::database)?.map(Viewer))
    }
}
