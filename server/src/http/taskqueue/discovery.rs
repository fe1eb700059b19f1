//! The discovery document: the description from which clients make themselves.
//!
//! It says where this site is, and nothing about who may come: with scopes in it, clients would look for credentials of another house.

use std::sync::LazyLock;

use actors::problem::Fault;
use serde_json::{Value, json};

use super::refusal::Refusal;

/// Everything but where this site is.
static DOCUMENT: LazyLock<Result<Value, serde_json::Error>> =
    LazyLock::new(|| serde_json::from_str(include_str!("discovery.json")));

fn read() -> Result<&'static Value, Refusal> {
    DOCUMENT.as_ref().map_err(|error| Refusal::fault(Fault::Internal(format!("the description: {error}"))))
}

/// The document of a site at that address, which has no slash at its end.
pub(super) fn document(root: &str) -> Result<Value, Refusal> {
    let mut document = read()?.clone();
    document["rootUrl"] = json!(format!("{root}/"));
    document["baseUrl"] = json!(format!("{root}/taskqueue/v1beta2/projects/"));
    Ok(document)
}

/// What the answers of the API look like.
pub(super) fn schemas() -> Result<&'static Value, Refusal> {
    Ok(&read()?["schemas"])
}
