//! Why a request is not executed at all.

use async_graphql::{Error, ErrorExtensions, ServerError};
use poem::http::StatusCode;

use crate::graphql::error::{self, code};

/// Why a request is not executed at all.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: Error,
    /// Whether the request was well formed: clients of old then read the body, if the status is 200.
    well_formed: bool,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>, code: &'static str) -> Self {
        let error = Error::new(message).extend_with(|_, extensions| extensions.set("code", code));
        Self { status, error, well_formed: false }
    }

    /// A well-formed request that is not executed.
    pub fn unexecuted(message: impl Into<String>, code: &'static str) -> Self {
        Self { well_formed: true, ..Self::new(StatusCode::BAD_REQUEST, message, code) }
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
        let message = "GraphQL is served by POST, and by GET for queries, streams of events and web sockets.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message, code::BAD_INPUT)
    }

    /// There is no answer of a type that the client accepts.
    pub fn not_acceptable() -> Self {
        let message = "Answers are `application/graphql-response+json`, `application/json` or `text/event-stream`: accept one of them.";
        Self::new(StatusCode::NOT_ACCEPTABLE, message, code::BAD_INPUT)
    }

    pub fn unauthenticated(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message, code::UNAUTHENTICATED)
    }

    pub fn fault(fault: actors::problem::Fault) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, error: error::fault(fault), well_formed: false }
    }

    /// The status of an answer that says so.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Whether the request was well formed.
    pub fn is_well_formed(&self) -> bool {
        self.well_formed
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
