//! Why a request is not executed at all.

use std::time::Duration;

use actors::budget::Standing;
use async_graphql::{Error, ErrorExtensions, ServerError};
use poem::http::StatusCode;

use super::admission;
use crate::graphql::error::{self, code};
use crate::graphql::{gate, limits};

/// Why a request is not executed at all.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: Error,
    /// Whether it is the document that is refused, in a request that is in order.
    of_document: bool,
    /// Seconds after which it may be taken.
    retry_after: Option<u64>,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>, code: &'static str) -> Self {
        let error = Error::new(message).extend_with(|_, extensions| extensions.set("code", code));
        Self { status, error, of_document: false, retry_after: None }
    }

    /// The request is not what the protocol says.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message, code::BAD_INPUT)
    }

    /// The body is of a type, charset or coding that is not taken.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message, code::BAD_INPUT)
    }

    /// That method is not for this.
    pub fn method() -> Self {
        let message = "GraphQL is served by POST, and by GET for queries and web sockets.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message, code::BAD_INPUT)
    }

    /// There is no answer of a type that the client accepts.
    pub fn not_acceptable() -> Self {
        let message = "Answers are `application/graphql-response+json` or `application/json`: accept one of them.";
        Self::new(StatusCode::NOT_ACCEPTABLE, message, code::BAD_INPUT)
    }

    pub fn unauthenticated(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message, code::UNAUTHENTICATED)
    }

    pub fn fault(fault: actors::problem::Fault) -> Self {
        let error = error::fault(fault);
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, error, of_document: false, retry_after: None }
    }

    /// The body, or the JSON in it, has too much of something.
    pub fn too_large(fault: limits::Fault) -> Self {
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, error: fault.into_error(), of_document: false, retry_after: None }
    }

    /// The document asks for too much, or breaks a rule.
    pub fn document(fault: limits::Fault) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: fault.into_error(), of_document: true, retry_after: None }
    }

    /// A budget is spent; in so many seconds there is a new one.
    pub fn rate_limited(standing: &Standing, seconds: u64) -> Self {
        let Standing { spent, limit, resets_at, .. } = standing;
        let name = admission::name(standing);
        let message = format!(
            "Your requests of this minute have cost {spent} points; the budget of one {name} is {limit}. Wait until {resets_at}, or ask for less at once."
        );
        let error = Error::new(message).extend_with(|_, extensions| {
            extensions.set("code", code::RATE_LIMITED);
            extensions.set("limit", limits::counted(name, *spent, *limit));
            extensions.set("resetAt", resets_at.to_string());
        });
        Self { status: StatusCode::TOO_MANY_REQUESTS, error, of_document: false, retry_after: Some(seconds) }
    }

    /// The answer has taken too long.
    pub fn timeout(patience: Duration) -> Self {
        let message = format!(
            "This was not answered within {} s, so it was given up. Ask for less at once. If it was to change something, look first whether it has.",
            patience.as_secs()
        );
        Self::new(StatusCode::GATEWAY_TIMEOUT, message, code::TIMEOUT)
    }

    /// The body has taken too long.
    pub fn slow_body(patience: Duration) -> Self {
        let message = format!("The body did not arrive within {} s.", patience.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, message, code::TIMEOUT)
    }

    /// Whether it is the document that is refused, in a request that is in order.
    pub fn is_of_document(&self) -> bool {
        self.of_document
    }

    /// Seconds after which the request may be sent again.
    pub fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    /// The status of an answer that says so.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The error, of no place in the document.
    pub fn into_error(self) -> ServerError {
        gate::at_no_place(self.error)
    }

    /// What went wrong, for a door that is not HTTP.
    pub fn message(&self) -> &str {
        &self.error.message
    }
}
