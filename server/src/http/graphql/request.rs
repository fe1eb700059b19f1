//! Requests of GraphQL over HTTP, and what is looked at before one is executed.
//!
//! * A body is `application/json`, or [with files](super::upload) a form. Types that a form on another site could send (`text/plain`,
//!   forms) are refused, so that nobody can be made to act by a link.
//! * `GET` never executes a mutation, and follows something only as a stream of events.

use async_graphql::Request as Operation;
use async_graphql::parser::types::OperationType;
use poem::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use poem::http::{HeaderMap, StatusCode};
use poem::{Body, Request};
use serde_json::{Map, Value};

use super::media::is_utf8;
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::upload;
use crate::graphql::error::code;
use crate::graphql::weight;

/// What a POST asks for. A body of JSON may have at most `limit` bytes.
pub(super) async fn from_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Parameters, Refusal> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if upload::is_multipart(kind) {
        is_plain(headers)?;
        return upload::receive(headers, kind, body).await;
    }
    is_json(kind)?;
    is_plain(headers)?;
    let too_large = || {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body has more than {limit} bytes."), code::BAD_INPUT)
    };
    let bytes = body.into_bytes_limit(limit).await.map_err(|_| too_large())?;
    let value =
        serde_json::from_slice(&bytes).map_err(|error| Refusal::bad(format!("The body is not JSON: {error}.")))?;
    Parameters::read(value)
}

/// Whether the body is of JSON.
fn is_json(kind: &str) -> Result<(), Refusal> {
    let mut parts = kind.split(';').map(str::trim);
    if !parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json")) {
        return Err(Refusal::unsupported(format!(
            "The body must be application/json, or multipart/form-data with files, not `{kind}`."
        )));
    }
    let charset = parts.filter_map(|part| part.split_once('=')).find(|(key, _)| key.eq_ignore_ascii_case("charset"));
    if charset.is_some_and(|(_, charset)| !is_utf8(charset.trim_matches('"'))) {
        return Err(Refusal::unsupported(format!("The body must be in UTF-8, not `{kind}`.")));
    }
    Ok(())
}

/// Whether the body is as it is.
fn is_plain(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or_default()) {
        None | Some("identity") => Ok(()),
        Some(coding) => Err(Refusal::unsupported(format!("The body must not be compressed, but it is `{coding}`."))),
    }
}

/// What a GET asks for.
pub(super) fn from_query(request: &Request) -> Result<Parameters, Refusal> {
    let written: Vec<(String, String)> =
        request.params().map_err(|error| Refusal::bad(format!("The parameters cannot be read: {error}.")))?;
    let mut given = Map::new();
    for (name, text) in written {
        let value = match name.as_str() {
            "variables" | "extensions" => {
                serde_json::from_str(&text).map_err(|error| Refusal::bad(format!("`{name}` is not JSON: {error}.")))?
            }
            _ => Value::String(text),
        };
        if given.insert(name.clone(), value).is_some() {
            return Err(Refusal::bad(format!("The parameter `{name}` is there twice.")));
        }
    }
    Parameters::read(Value::Object(given))
}

/// Refuses a document that would take too long to look at.
pub(super) fn weigh(operation: &mut Operation) -> Result<(), Refusal> {
    let too_heavy = |why| Refusal::new(StatusCode::BAD_REQUEST, why, code::TOO_COMPLEX);
    weight::too_long(&operation.query).map_err(too_heavy)?;
    match operation.parsed_query() {
        Ok(document) => weight::too_large(document).map_err(too_heavy),
        // One that cannot be parsed is told so by its execution.
        Err(_) => Ok(()),
    }
}

/// Whether an operation may change something.
pub(super) fn changes_something(operation: &mut Operation) -> bool {
    kinds(operation).contains(&OperationType::Mutation)
}

/// Whether an operation is a subscription.
pub(super) fn follows_something(operation: &mut Operation) -> bool {
    kinds(operation).contains(&OperationType::Subscription)
}

/// What the operations of the document are that may be meant. None when it cannot be read: its execution tells that.
fn kinds(operation: &mut Operation) -> Vec<OperationType> {
    let wanted = operation.operation_name.clone();
    let Ok(document) = operation.parsed_query() else { return Vec::new() };
    let meant = |name: Option<&str>| wanted.as_deref().is_none_or(|wanted| name == Some(wanted));
    let meant = document.operations.iter().filter(|(name, _)| meant(name.map(async_graphql::Name::as_str)));
    meant.map(|(_, definition)| definition.node.ty).collect()
}
