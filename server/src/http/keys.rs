//! `/.well-known/jwks.json`: the public halves of the keys that sign access tokens (RFC 7517). Whoever is shown a token of this site can see by
//! them that it is one; whether it still counts, only this site knows.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::http::header::CACHE_CONTROL;
use poem::web::{Data, Json};
use poem::{IntoResponse, Response, handler};

use super::Shared;

/// The keys.
#[handler]
pub async fn published(shared: Data<&Arc<Shared>>) -> Response {
    match shared.deps.site.keyring.public(&shared.deps.db).await {
        Ok(keys) => Json(keys).with_header(CACHE_CONTROL, "public, max-age=300").into_response(),
        Err(error) => {
            tracing::warn!(error = %error, "the keys cannot be told");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
