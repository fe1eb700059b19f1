//! Whether the process lives, and whether it can work. Both tell the truth.

use std::sync::Arc;
use std::time::Duration;

use actors::guardian::Health;
use poem::http::StatusCode;
use poem::web::{Data, Json};
use poem::{IntoResponse, Response, handler};
use serde_json::json;
use tokio::time::timeout;

use super::Shared;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process lives.
#[handler]
pub fn healthz() -> Json<serde_json::Value> {
    Json(json!({ "alive": true }))
}

/// The process can work: database, actors and sandbox. If not, 503 with everything that is in its way.
#[handler]
pub async fn readyz(shared: Data<&Arc<Shared>>) -> Response {
    let mut troubles = Vec::new();
    match timeout(PATIENCE, shared.deps.db.read().ping()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "the database does not answer");
            troubles.push("database: does not answer".to_owned());
        }
        Err(_) => troubles.push("database: does not answer in time".to_owned()),
    }
    for (ward, health) in shared.wellbeing.troubles() {
        troubles.push(match health {
            Health::Broken(reason) => format!("{ward}: broken, {reason}"),
            Health::Down | Health::Well => format!("{ward}: being replaced"),
        });
    }
    if let Err(missing) = shared.deps.sandbox.probe().await {
        troubles.push(format!("sandbox: {missing}"));
    }
    let status = if troubles.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Json(json!({ "ready": troubles.is_empty(), "troubles": troubles })).with_status(status).into_response()
}
