//! `/api/v3/client/<id>`: a program that may ask to be let in, for who runs the site; and one more address where answers to it may go.

use std::sync::Arc;

use actors::identity::oauth::add_redirect::{AddRedirectCode, add_redirect};
use actors::problem::Problem;
use entity::identity::oauth::client;
use entity::identity::scope::Scope;
use poem::http::StatusCode;
use poem::web::{Data, Path};
use poem::{Body, Request, Response, handler};
use serde_json::{Value, json};

use super::envelope::{broken, good, refused, scoped, viewer};
use super::fields::Fields;
use crate::http::Shared;

/// A program.
#[handler]
pub async fn show(request: &Request, shared: Data<&Arc<Shared>>, Path(key): Path<String>) -> Response {
    let answer = async {
        let viewer = viewer(request, &shared).await?;
        scoped(&viewer, &[Scope::Admin])?;
        if !viewer.may_administer() {
            return Err(refused(StatusCode::FORBIDDEN, "Only who runs the site may see programs."));
        }
        let found = client::find(shared.deps.db.read(), &key).await.map_err(|error| broken(error.into()))?;
        found.ok_or_else(|| refused(StatusCode::NOT_FOUND, "There is no such program."))
    };
    answer.await.map_or_else(|response| response, |client| good(told(&client)))
}

fn told(client: &client::Model) -> Value {
    let redirects: Vec<String> = serde_json::from_str(&client.redirects).unwrap_or_default();
    json!({
        "client_id": client.key,
        "client_name": client.name,
        "description": "",
        "is_confidential": client.secret_digest.is_some(),
        "redirect_uris": redirects,
        "default_scopes": client.scopes.split(' ').collect::<Vec<_>>(),
        "active": true,
    })
}

/// Lets answers go to one more address.
#[handler]
pub async fn add(request: &Request, body: Body, shared: Data<&Arc<Shared>>, Path(key): Path<String>) -> Response {
    let answer = async {
        let viewer = viewer(request, &shared).await?;
        scoped(&viewer, &[Scope::Admin])?;
        let fields = Fields::read(request, body).await?;
        match add_redirect(&shared.deps, &viewer, &key, fields.required("url")?).await {
            Ok(client) => Ok(client),
            Err(Problem::Refused(told)) => {
                let status = match told.code {
                    AddRedirectCode::NotAllowed => StatusCode::FORBIDDEN,
                    AddRedirectCode::ProgramUnknown => StatusCode::NOT_FOUND,
                    AddRedirectCode::RedirectInvalid => StatusCode::BAD_REQUEST,
                };
                Err(refused(status, &told.message))
            }
            Err(Problem::Fault(fault)) => Err(broken(fault)),
        }
    };
    answer.await.map_or_else(|response| response, |client| good(told(&client)))
}
