//! What the client asks without a token: which version of it there is. Another one than its own would have it overwrite itself with whatever the
//! link leads to, so we name the one that is out, and no link.

use std::sync::Arc;

use poem::Response;
use poem::handler;
use poem::http::StatusCode;
use poem::web::{Data, Path};
use serde_json::{Value, json};

use super::envelope::{good, refused};
use crate::http::Shared;

/// The client and its version, as it calls itself.
const CLIENT: &str = "ok-client";
const CURRENT: &str = "v1.18.1";

fn client(shared: &Shared) -> Value {
    json!({ "name": CLIENT, "current_version": CURRENT, "download_link": format!("{}/", shared.deps.site.public_url) })
}

/// `/api/v3/`: what this is.
#[handler]
pub fn index(shared: Data<&Arc<Shared>>) -> Response {
    let url = &shared.deps.site.public_url;
    good(json!({ "version": "v3", "url": format!("{url}/api/v3/"), "documentation": url, "github": "" }))
}

/// All clients: one.
#[handler]
pub fn all(shared: Data<&Arc<Shared>>) -> Response {
    good(json!({ "results": [client(&shared)] }))
}

/// One client.
#[handler]
pub fn one(shared: Data<&Arc<Shared>>, Path(name): Path<String>) -> Response {
    if name == CLIENT {
        return good(json!({ "results": [client(&shared)] }));
    }
    refused(StatusCode::NOT_FOUND, &format!("No client `{name}` is known here."))
}
