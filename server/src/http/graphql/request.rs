//! Requests of GraphQL over HTTP, and what is looked at before one is executed.
//!
//! * A body is `application/json`. Types that a form on another site could send (`text/plain`, forms) are refused, so that nobody can
//!   be made to act by a link.
//! * `GET` never executes a mutation or a subscription.

use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request as Operation, Variables};
use futures_util::StreamExt as _;
use poem::http::HeaderMap;
use poem::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use poem::{Body, Request};
use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;
use tokio::time::timeout;

use super::media::is_utf8;
use super::refusal::Refusal;
use crate::graphql::error::of_json;
use crate::graphql::limits::json::{self, Count};
use crate::graphql::limits::{self, BODY, Fault};

/// The parameters of a request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<Value>,
    #[serde(default)]
    extensions: Option<Value>,
}

impl Parameters {
    fn operation(self) -> Result<Operation, Refusal> {
        let query = self.query.ok_or_else(|| Refusal::bad("`query` is missing: it holds the GraphQL document."))?;
        let mut operation = Operation::new(query);
        operation.operation_name = self.operation_name;
        operation.variables = match self.variables {
            None | Some(Value::Null) => Variables::default(),
            Some(value @ Value::Object(_)) => Variables::from_json(value),
            Some(_) => return Err(Refusal::bad("`variables` must be an object.")),
        };
        match self.extensions {
            None | Some(Value::Null | Value::Object(_)) => Ok(operation),
            Some(_) => Err(Refusal::bad("`extensions` must be an object.")),
        }
    }
}

/// The operation of a POST. Its body may take so long to arrive.
pub(super) async fn from_body(headers: &HeaderMap, body: Body, patience: Duration) -> Result<Operation, Refusal> {
    is_json(headers)?;
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let length = length.unwrap_or_default();
    // Said to be too long, it is not read.
    BODY.allows(length).map_err(Refusal::too_large)?;
    let bytes = timeout(patience, read(body, length)).await.map_err(|_| Refusal::slow_body(patience))??;
    let parameters: Parameters = serde_json::from_slice(&bytes).map_err(|error| match error.classify() {
        Category::Data => Refusal::bad(format!("The body is not a GraphQL request: {}.", of_json(&error))),
        _ => Refusal::bad(format!("The body is not JSON: {}.", of_json(&error))),
    })?;
    parameters.operation()
}

/// Reads a body. What will be refused is read to its end, so that the client hears why, but not kept.
async fn read(body: Body, length: usize) -> Result<Vec<u8>, Refusal> {
    let mut pieces = body.into_bytes_stream();
    let (mut bytes, mut count, mut refused) = (Vec::with_capacity(length), Count::default(), None);
    let (mut total, mut first) = (0, None);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Refusal::bad("The body has ended too early."))?;
        total += piece.len();
        BODY.allows(total).map_err(Refusal::too_large)?;
        if refused.is_some() {
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

/// Whether the body is JSON as it is.
fn is_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let kind = text(CONTENT_TYPE).unwrap_or_default();
    let mut parts = kind.split(';').map(str::trim);
    if !parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json")) {
        return Err(Refusal::unsupported(format!("The body must be application/json, not `{kind}`.")));
    }
    let charset = parts.filter_map(|part| part.split_once('=')).find(|(key, _)| key.eq_ignore_ascii_case("charset"));
    if charset.is_some_and(|(_, charset)| !is_utf8(charset.trim_matches('"'))) {
        return Err(Refusal::unsupported(format!("The body must be in UTF-8, not `{kind}`.")));
    }
    match text(CONTENT_ENCODING) {
        None | Some("identity") => Ok(()),
        Some(coding) => Err(Refusal::unsupported(format!("The body must not be compressed, but it is `{coding}`."))),
    }
}

/// The operation of a GET: a query, nothing that changes or follows something.
pub(super) fn from_query(request: &Request) -> Result<Operation, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Query {
        query: Option<String>,
        operation_name: Option<String>,
        variables: Option<String>,
        extensions: Option<String>,
    }
    let query: Query =
        request.params().map_err(|error| Refusal::bad(format!("The parameters cannot be read: {error}.")))?;
    let object = |name: &str, text: Option<String>| {
        let Some(text) = text else { return Ok(None) };
        json::allow(text.as_bytes()).map_err(Refusal::too_large)?;
        let value = serde_json::from_str(&text);
        value.map(Some).map_err(|error| Refusal::bad(format!("`{name}` is not JSON: {}.", of_json(&error))))
    };
    let parameters = Parameters {
        query: query.query,
        operation_name: query.operation_name,
        variables: object("variables", query.variables)?,
        extensions: object("extensions", query.extensions)?,
    };
    parameters.operation()
}

/// Refuses a document that would take too long to look at.
pub(super) fn weigh(operation: &mut Operation) -> Result<(), Refusal> {
    limits::weigh(operation).map_err(Refusal::document)?;
    let (named, meant) = (operation.operation_name.is_some(), kinds(operation).len());
    let invalid = |why: &str| Err(Refusal::document(Fault::Invalid(why.to_owned())));
    match (named, meant, operation.parsed_query().is_ok()) {
        (true, 0, true) => invalid("`operationName` names no operation of the document."),
        (false, 2.., true) => invalid("The document has several operations: say by `operationName` which is meant."),
        _ => Ok(()),
    }
}

/// Whether an operation that may be meant is not a query.
pub(super) fn changes_something(operation: &mut Operation) -> bool {
    kinds(operation).into_iter().any(|kind| kind != OperationType::Query)
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
