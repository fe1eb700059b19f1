//! Requests of GraphQL over HTTP, and what is looked at before one is executed.
//!
//! * A body is `application/json`, or [with files](super::upload) a form. Types that a form on another site could send (`text/plain`,
//!   forms) are refused, so that nobody can be made to act by a link.
//! * `GET` never executes a mutation, and follows something only as a stream of events.

use std::time::Duration;

use async_graphql::Request as Operation;
use async_graphql::parser::types::OperationType;
use futures_util::StreamExt as _;
use poem::http::HeaderMap;
use poem::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use poem::{Body, Request};
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::media::is_utf8;
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::upload;
use crate::graphql::LecternSchema;
use crate::graphql::error::of_json;
use crate::graphql::known::Document;
use crate::graphql::limits::BODY;
use crate::graphql::limits::json::{self, Count};

/// So much of a body that is refused is read all the same, in bytes: a client that is still sending does not hear why.
const DRAINED: usize = 16 << 20;

/// What a POST asks for. Its body may take so long to arrive.
pub(super) async fn from_body(headers: &HeaderMap, body: Body, patience: Duration) -> Result<Parameters, Refusal> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if upload::is_multipart(kind) {
        is_plain(headers)?;
        let received = timeout(patience, Box::pin(upload::receive(headers, kind, body))).await;
        return received.map_err(|_| Refusal::slow_body(patience))?;
    }
    is_json(kind)?;
    is_plain(headers)?;
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let length = length.unwrap_or_default();
    if length > DRAINED {
        BODY.allows(length).map_err(Refusal::too_large)?;
    }
    let bytes = timeout(patience, read(body, length)).await.map_err(|_| Refusal::slow_body(patience))??;
    Parameters::parse(&bytes)
}

/// Reads a body. What will be refused is read to its end, so that the client hears why, but not kept.
async fn read(body: Body, length: usize) -> Result<Vec<u8>, Refusal> {
    let mut pieces = body.into_bytes_stream();
    let mut refused = BODY.allows(length).map_err(Refusal::too_large).err();
    let mut bytes = if refused.is_some() { Vec::new() } else { Vec::with_capacity(length) };
    let (mut count, mut total, mut first) = (Count::default(), 0, None);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Refusal::bad("The body has ended too early."))?;
        total += piece.len();
        if refused.is_some() {
            if total > DRAINED {
                break;
            }
            continue;
        }
        if let Err(fault) = BODY.allows(total) {
            (bytes, refused) = (Vec::new(), Some(Refusal::too_large(fault)));
            continue;
        }
        bytes.extend_from_slice(&piece);
        first = first.or_else(|| piece.trim_ascii_start().first().copied());
        if first == Some(b'[') {
            refused = Some(Refusal::bad("Batches are not taken: send one request at a time."));
        } else if let Err(fault) = count.take(&piece) {
            refused = Some(Refusal::too_large(fault));
        }
        if refused.is_some() {
            bytes = Vec::new();
        }
    }
    refused.map_or(Ok(bytes), Err)
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
                json::allow(text.as_bytes()).map_err(Refusal::too_large)?;
                serde_json::from_str(&text)
                    .map_err(|error| Refusal::bad(format!("`{name}` is not JSON: {}.", of_json(&error))))?
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
pub(super) fn weigh(schema: &LecternSchema, operation: &mut Operation) -> Result<(), Refusal> {
    schema.weigh(operation).map_err(Refusal::document)?;
    let name = operation.operation_name.as_deref();
    let meant = Document::of(operation).map(|document| document.definition(name)).transpose();
    meant.map(drop).map_err(Refusal::document)
}

/// Whether an operation may change something.
pub(super) fn changes_something(operation: &Operation) -> bool {
    kinds(operation).any(|kind| kind == OperationType::Mutation)
}

/// Whether an operation is a subscription.
pub(super) fn follows_something(operation: &Operation) -> bool {
    kinds(operation).any(|kind| kind == OperationType::Subscription)
}

/// What the operations of the document are that may be meant. None when it cannot be read: its execution tells that.
fn kinds(operation: &Operation) -> impl Iterator<Item = OperationType> {
    let named = Document::of(operation).map(|document| document.named(operation.operation_name.as_deref()));
    named.into_iter().flatten().map(|meant| meant.kind)
}
