//! What is known of somebody while they are at the provider, and of a stranger while they look for their password: sealed with the site's
//! key, good for ten minutes, and kept by the browser.

use actors::identity::external::Told;
use actors::problem::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::clock::Timestamp;
use poem::Response;
use poem::http::HeaderMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::http::{Shared, cookie};

/// How long it is good for.
const LIFETIME: Duration = Duration::from_secs(600);
/// The cookie that holds it.
const COOKIE: &str = "lectern-oidc";

/// Somebody is at the provider.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journey {
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    /// Where to go afterwards.
    pub next: String,
}

/// Somebody who has come from the provider, and is no account's yet.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stranger {
    pub told: Told,
    pub next: String,
}

/// Something sealed, with its end.
#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    until: i64,
    what: T,
}

impl Journey {
    /// Has the browser keep it.
    pub fn keep(&self, response: &mut Response, shared: &Shared) -> Result<(), Fault> {
        cookie::set_named(response, shared, COOKIE, &seal(shared, "oidc journey", self)?, LIFETIME);
        Ok(())
    }

    /// The one that a browser has kept.
    pub fn kept(headers: &HeaderMap, shared: &Shared) -> Option<Self> {
        unseal(shared, "oidc journey", cookie::read_named(headers, shared, COOKIE)?)
    }

    /// Has the browser forget it.
    pub fn forget(response: &mut Response, shared: &Shared) {
        cookie::set_named(response, shared, COOKIE, "", Duration::ZERO);
    }
}

impl Stranger {
    /// As a field of a form.
    pub fn seal(&self, shared: &Shared) -> Result<String, Fault> {
        seal(shared, "oidc stranger", self)
    }

    /// The one of a form's field.
    pub fn unseal(shared: &Shared, text: &str) -> Option<Self> {
        unseal(shared, "oidc stranger", text)
    }
}

fn seal<T: Serialize>(shared: &Shared, name: &str, what: T) -> Result<String, Fault> {
    let until = (shared.deps.clock.now() + LIFETIME).0;
    let plain = serde_json::to_vec(&Sealed { until, what }).map_err(|error| Fault::Internal(error.to_string()))?;
    Ok(URL_SAFE_NO_PAD.encode(shared.deps.site.keyring.seal(name, plain)?))
}

fn unseal<T: DeserializeOwned>(shared: &Shared, name: &str, text: &str) -> Option<T> {
    let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
    let plain = shared.deps.site.keyring.unseal(name, &sealed)?;
    let Sealed { until, what } = serde_json::from_slice(&plain).ok()?;
    (shared.deps.clock.now() < Timestamp(until)).then_some(what)
}
