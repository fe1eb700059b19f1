//! The discovery document: the description from which clients make themselves.
//!
//! It says where this site is, and nothing about who may come: with scopes in it, clients would look for credentials of another house.

use actors::problem::Fault;
use serde_json::{Value, json};

use super::refusal::Refusal;

/// Everything but where this site is.
const DOCUMENT: &str = include_str!("discovery.json");

/// The document of a site.
pub(super) fn document(public_url: &str) -> Result<Value, Refusal> {
    let mut document: Value = serde_json::from_str(DOCUMENT).map_err(|error| Refusal::fault(Fault::from(error)))?;
    document["rootUrl"] = json!(format!("{public_url}/"));
    document["baseUrl"] = json!(format!("{public_url}/taskqueue/v1beta2/projects/"));
    Ok(document)
}
