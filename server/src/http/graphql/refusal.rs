//! Why a request is not executed at all.

use async_graphql::{Error, ServerError};
use poem::http::StatusCode;

use crate::graphql::error::{self, Code};
use crate::observe::record::Record;

/// Why a request is not executed at all.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: Error,
    code: Code,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>, code: Code) -> Self {
        Self { status, error: error::with_code(message, code), code }
    }

    /// The request is not what the protocol says.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message, Code::BadInput)
    }

    /// The body is of a type, charset or coding that is not taken.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message, Code::BadInput)
    }

    /// That method is not for this.
    pub fn method() -> Self {
        let message = "GraphQL is served by POST, and by GET for queries and web sockets.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message, Code::BadInput)
    }

    /// There is no answer of a type that the client accepts.
    pub fn not_acceptable() -> Self {
        let message = "Answers are `application/graphql-response+json` or `application/json`: accept one of them.";
        Self::new(StatusCode::NOT_ACCEPTABLE, message, Code::BadInput)
    }

    pub fn unauthenticated(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message, Code::Unauthenticated)
    }

    pub fn fault(fault: actors::problem::Fault) -> Self {
        let error = error::fault(fault);
        let (status, code) = match error::code_of(&error) {
            Some(Code::Unavailable) => (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, Code::Internal),
        };
        Self { status, error, code }
    }

    /// The status of an answer that says so.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What kind of error it is.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The error, of no place in the document.
    pub fn into_error(self) -> ServerError {
        if let Some(record) = Record::current() {
            record.failed(self.code);
        }
        let mut error = ServerError::new(self.error.message, None);
        error.extensions = self.error.extensions;
        error
    }

    /// What went wrong, for a door that is not HTTP.
    pub fn message(&self) -> &str {
        &self.error.message
    }
}
