//! Questions about whoever asks.

use async_graphql::{Context, Object, Result};

use super::object::Viewer;
use crate::graphql::context::request;
use crate::graphql::quick::Quick;

/// Questions about whoever asks.
#[derive(Default)]
pub struct IdentityQuery;

#[Object]
impl IdentityQuery {
    /// Whoever asks; null when nobody is signed in.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<Quick<Viewer>>> {
        Ok(request(ctx)?.viewer.user().map(Viewer).map(Quick))
    }
}
