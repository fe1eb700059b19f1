//! Whether the process lives, and whether it can work. Both tell the truth.

use std::sync::Arc;
use std::time::Duration;

use actors::execution::sandbox::Sandbox;
use actors::guardian::Health;
use poem::http::StatusCode;
use poem::web::{Data, Json};
use poem::{IntoResponse, Response, handler};
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::Shared;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long what was found out about the sandbox is good for: anybody may ask, and finding out makes a sandbox.
const FRESH: Duration = Duration::from_secs(10);

/// Whether programs can be run, as it was found out last.
#[derive(Debug, Default)]
pub struct SandboxProbe(Mutex<Option<(Instant, Result<(), String>)>>);

impl SandboxProbe {
    /// Who asks while somebody finds out, waits for the same answer.
    async fn ask(&self, sandbox: &Sandbox) -> Result<(), String> {
        let mut last = self.0.lock().await;
        match &*last {
            Some((when, found)) if when.elapsed() < FRESH => found.clone(),
            _ => {
                let found = sandbox.probe().await;
                *last = Some((Instant::now(), found.clone()));
                found
            }
        }
    }
}

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
    if let Err(missing) = shared.sandbox.ask(&shared.deps.workshop.sandbox).await {
        troubles.push(format!("sandbox: {missing}"));
    }
    let status = if troubles.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Json(json!({ "ready": troubles.is_empty(), "troubles": troubles })).with_status(status).into_response()
}
