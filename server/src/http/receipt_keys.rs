//! `/.well-known/receipt-keys.json`: the public halves of all keys that ever signed receipts (RFC 7517). They are not among those of access
//! tokens, so that nobody takes the one for the other.

use std::sync::Arc;

use actors::submission::receipt::examine;
use entity::submission::receipt::key;
use poem::http::StatusCode;
use poem::http::header::CACHE_CONTROL;
use poem::web::{Data, Json};
use poem::{IntoResponse, Response, handler};

use super::Shared;

/// The keys.
#[handler]
pub async fn published(shared: Data<&Arc<Shared>>) -> Response {
    match key::all(shared.deps.db.read()).await {
        Ok(keys) => Json(examine::published(&keys)).with_header(CACHE_CONTROL, "public, max-age=300").into_response(),
        Err(error) => {
            tracing::warn!(error = %error, "the keys of receipts cannot be told");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
