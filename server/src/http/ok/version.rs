//! Which version of a client there is. Another one than its own would have the `ok` client overwrite itself with whatever the link leads to, so
//! until who runs the site says otherwise, we name the one that is out, and a link at which there is nothing: an older client then stays as it
//! is.

use std::sync::Arc;
use std::time::Duration;

use actors::identity::oauth::set_version::{NewVersion, SetVersionCode, set_version};
use actors::problem::Problem;
use entity::identity::oauth::version;
use entity::identity::scope::Scope;
use hyper::body::Bytes;
use poem::http::StatusCode;
use poem::web::{Data, Path};
use poem::{Body, Request, Response, handler};
use sea_orm::DbErr;
use serde_json::{Value, json};

use super::envelope::{broken, good, refused, scoped, viewer};
use super::fields::Fields;
use crate::http::Shared;
use crate::http_client::{Bounds, Client};

/// The client and its version, as it calls itself.
const CLIENT: &str = "ok-client";
const CURRENT: &str = "v1.18.1";
/// How long who has a new version may take to say so.
const PATIENCE: Bounds = Bounds { deadline: Duration::from_secs(10), longest: 64 << 10 };

async fn clients(shared: &Shared) -> Result<Vec<Value>, DbErr> {
    let said = version::all(shared.deps.db.read()).await?;
    let told = |row: version::Model| json!({ "name": row.name, "current_version": row.current_version, "download_link": row.download_link });
    let mut clients: Vec<Value> = said.into_iter().map(told).collect();
    if !clients.iter().any(|client| client["name"] == CLIENT) {
        let link = format!("{}/api/v3/version/{CLIENT}/none", shared.deps.site.public_url);
        clients.insert(0, json!({ "name": CLIENT, "current_version": CURRENT, "download_link": link }));
    }
    Ok(clients)
}

/// `/api/v3/`: what this is.
#[handler]
pub fn index(shared: Data<&Arc<Shared>>) -> Response {
    let url = &shared.deps.site.public_url;
    good(json!({ "version": "v3", "url": format!("{url}/api/v3/"), "documentation": url, "github": "" }))
}

/// All clients.
#[handler]
pub async fn all(shared: Data<&Arc<Shared>>) -> Response {
    match clients(&shared).await {
        Ok(clients) => good(json!({ "results": clients })),
        Err(error) => broken(error.into()),
    }
}

/// One client.
#[handler]
pub async fn one(shared: Data<&Arc<Shared>>, Path(name): Path<String>) -> Response {
    let name = name.trim_end_matches('/');
    let known = clients(&shared).await.map(|clients| clients.into_iter().find(|client| client["name"] == name));
    match known {
        Ok(Some(client)) => good(json!({ "results": [client] })),
        Ok(None) => refused(StatusCode::NOT_FOUND, &format!("No client `{name}` is known here.")),
        Err(error) => broken(error.into()),
    }
}

/// Says which version of a client is out. For who runs the site.
#[handler]
pub async fn set(request: &Request, body: Body, shared: Data<&Arc<Shared>>, Path(name): Path<String>) -> Response {
    match take(request, body, &shared, name.trim_end_matches('/')).await {
        Ok(()) => good(json!({})),
        Err(response) => response,
    }
}

async fn take(request: &Request, body: Body, shared: &Shared, name: &str) -> Result<(), Response> {
    let viewer = viewer(request, shared).await?;
    scoped(&viewer, &[Scope::Admin])?;
    let fields = Fields::read(request, body).await?;
    let new = NewVersion {
        name: name.to_owned(),
        current_version: fields.required("current_version")?.to_owned(),
        download_link: fields.required("download_link")?.to_owned(),
    };
    // Clients overwrite themselves with what is there, so something has to be.
    if viewer.may_administer() && !answers(&new.download_link).await {
        let told = format!("Nobody answers HEAD at {} with a file.", new.download_link);
        return Err(refused(StatusCode::BAD_REQUEST, &told));
    }
    match set_version(&shared.deps, &viewer, new).await {
        Ok(()) => Ok(()),
        Err(Problem::Refused(told)) => {
            let status = match told.code {
                SetVersionCode::NotAllowed => StatusCode::FORBIDDEN,
                SetVersionCode::Invalid => StatusCode::BAD_REQUEST,
            };
            Err(refused(status, &told.message))
        }
        Err(Problem::Fault(fault)) => Err(broken(fault)),
    }
}

/// Whether somebody answers at a link.
async fn answers(link: &str) -> bool {
    let Ok(client) = Client::new(PATIENCE) else { return false };
    let asked = hyper::Request::builder().method(hyper::Method::HEAD).uri(link).body(Bytes::new());
    let Ok(asked) = asked else { return false };
    client.send(asked).await.is_ok_and(|answer| answer.status().is_success() || answer.status().is_redirection())
}
