//! Requests and answers of GraphQL over HTTP: which bodies are taken, which status and type an answer has.
//!
//! * A body is `application/json`. Types that a form on another site could send (`text/plain`, forms) are refused, so that nobody can
//!   be made to act by a link.
//! * `GET` never executes a mutation or a subscription.
//! * With `application/graphql-response+json` a request that could not be executed is a 400; with `application/json` it is a 200,
//!   because older clients take any other status for a broken network.

use async_graphql::parser::types::OperationType;
use async_graphql::{Error, ErrorExtensions, Request as Operation, Response as Answer, ServerError, Variables};
use poem::http::header::{ACCEPT, ALLOW, CACHE_CONTROL, WWW_AUTHENTICATE};
use poem::http::{HeaderMap, HeaderValue, StatusCode};
use poem::{Body, Request, Response};
use serde::Deserialize;

use crate::graphql::error::{self, code};
use crate::graphql::weight;

const MODERN: &str = "application/graphql-response+json";
const LEGACY: &str = "application/json";

/// The type of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Modern,
    Legacy,
}

/// Why a request is not executed at all.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: Error,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>, code: &'static str) -> Self {
        let error = Error::new(message).extend_with(|_, extensions| extensions.set("code", code));
        Self { status, error }
    }

    fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message, code::BAD_INPUT)
    }

    pub fn method() -> Self {
        let message = "GraphQL is served by POST, and by GET for queries and web sockets.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message, code::BAD_INPUT)
    }

    pub fn unauthenticated(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message, code::UNAUTHENTICATED)
    }

    pub fn fault(fault: actors::problem::Fault) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, error: error::fault(fault) }
    }

    /// The error, of no place in the document.
    pub fn into_error(self) -> ServerError {
        let mut error = ServerError::new(self.error.message, None);
        error.extensions = self.error.extensions;
        error
    }

    /// What went wrong, for a door that is not HTTP.
    pub fn message(&self) -> &str {
        &self.error.message
    }
}

/// The parameters of a request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<serde_json::Value>,
    #[serde(default)]
    extensions: Option<serde_json::Value>,
}

impl Parameters {
    fn operation(self) -> Result<Operation, Refusal> {
        let query = self.query.ok_or_else(|| Refusal::bad("`query` is missing: it holds the GraphQL document."))?;
        let mut operation = Operation::new(query);
        operation.operation_name = self.operation_name;
        operation.variables = variables(self.variables)?;
        if self.extensions.is_some_and(|extensions| !extensions.is_object() && !extensions.is_null()) {
            return Err(Refusal::bad("`extensions` must be an object."));
        }
        Ok(operation)
    }
}

fn variables(value: Option<serde_json::Value>) -> Result<Variables, Refusal> {
    match value {
        None | Some(serde_json::Value::Null) => Ok(Variables::default()),
        Some(value @ serde_json::Value::Object(_)) => Ok(Variables::from_json(value)),
        Some(_) => Err(Refusal::bad("`variables` must be an object.")),
    }
}

/// The operation of a POST.
pub(super) async fn from_body(request: &Request, body: Body, limit: usize) -> Result<Operation, Refusal> {
    let kind = request.content_type().unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some(LEGACY) {
        let message = format!("The body must be {LEGACY}, not `{kind}`.");
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message, code::BAD_INPUT));
    }
    let too_large = || {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body has more than {limit} bytes."), code::BAD_INPUT)
    };
    let bytes = body.into_bytes_limit(limit).await.map_err(|_| too_large())?;
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| Refusal::bad(format!("The body is not JSON: {error}.")))?;
    if value.is_array() {
        return Err(Refusal::bad("Batches are not taken: send one request at a time."));
    }
    let parameters: Parameters = serde_json::from_value(value)
        .map_err(|error| Refusal::bad(format!("The body is not a GraphQL request: {error}.")))?;
    parameters.operation()
}

/// The operation of a GET: a query, nothing that changes or follows something.
pub(super) fn from_query(request: &Request) -> Result<Operation, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Query {
        query: Option<String>,
        operation_name: Option<String>,
        variables: Option<String>,
    }
    let query: Query =
        request.params().map_err(|error| Refusal::bad(format!("The parameters cannot be read: {error}.")))?;
    let variables = query.variables.map(|text| serde_json::from_str(&text)).transpose();
    let variables = variables.map_err(|error| Refusal::bad(format!("`variables` is not JSON: {error}.")))?;
    let parameters =
        Parameters { query: query.query, operation_name: query.operation_name, variables, extensions: None };
    let operation = parameters.operation()?;
    if changes_something(&operation) {
        return Err(Refusal::method());
    }
    Ok(operation)
}

/// Refuses a document that would take too long to look at.
pub(super) fn weigh(operation: &Operation) -> Result<(), Refusal> {
    weight::too_heavy(&operation.query)
        .map_or(Ok(()), |why| Err(Refusal::new(StatusCode::BAD_REQUEST, why, code::TOO_COMPLEX)))
}

/// Whether an operation is not a query. A document that cannot be read is told by its execution.
fn changes_something(operation: &Operation) -> bool {
    kinds(operation).into_iter().any(|kind| kind != OperationType::Query)
}

/// Whether an operation is a subscription.
pub(super) fn follows_something(operation: &Operation) -> bool {
    kinds(operation).contains(&OperationType::Subscription)
}

/// What the operations of the document are that may be meant.
fn kinds(operation: &Operation) -> Vec<OperationType> {
    let Ok(document) = async_graphql::parser::parse_query(&operation.query) else { return Vec::new() };
    let meant = |name: Option<&str>| operation.operation_name.as_deref().is_none_or(|wanted| name == Some(wanted));
    let meant = document.operations.iter().filter(|(name, _)| meant(name.map(async_graphql::Name::as_str)));
    meant.map(|(_, definition)| definition.node.ty).collect()
}

impl Format {
    /// The type that the client asks for; the older one when it does not say.
    pub fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        if accept.contains(MODERN) { Self::Modern } else { Self::Legacy }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Modern => MODERN,
            Self::Legacy => LEGACY,
        }
    }

    /// The answer to a request that was executed, or could not be.
    pub fn response(self, answer: Answer) -> Response {
        let never_ran = answer.data == async_graphql::Value::Null && !answer.errors.is_empty();
        let invalid = never_ran && answer.errors.iter().all(|error| error.path.is_empty());
        let status = if invalid && self == Self::Modern { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        self.with_status(status, &answer)
    }

    /// The answer to a request that is not executed.
    pub fn refusal(self, refusal: Refusal) -> Response {
        let status = refusal.status;
        let mut response = self.with_status(status, &Answer::from_errors(vec![refusal.into_error()]));
        let extra = match status {
            StatusCode::METHOD_NOT_ALLOWED => Some((ALLOW, "GET, POST")),
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Bearer")),
            _ => None,
        };
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    fn with_status(self, status: StatusCode, answer: &Answer) -> Response {
        match serde_json::to_vec(answer) {
            Ok(body) => Response::builder()
                .status(status)
                .content_type(format!("{}; charset=utf-8", self.name()))
                .header(CACHE_CONTROL, "no-store")
                .body(body),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into(),
        }
    }
}
