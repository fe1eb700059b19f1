//! Why a request is not executed at all.

use std::time::Duration;

use actors::budget::Standing;
use async_graphql::{ErrorExtensions, ServerError};
use poem::http::StatusCode;

use super::admission;
use crate::graphql::error::{self, Code};
use crate::graphql::{gate, limits};
use crate::observe::record::Record;

/// Why a request is not executed at all.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: Box<ServerError>,
    code: Code,
    /// Whether it is the document that is refused, in a request that is in order.
    of_document: bool,
    /// The budget that is spent, and the seconds after which there is a new one.
    spent: Option<(Standing, u64)>,
    /// Whether the browser is to forget its cookie.
    forgets: bool,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>, code: Code) -> Self {
        Self::of(status, gate::at_no_place(error::with_code(message, code)))
    }

    fn of(status: StatusCode, error: ServerError) -> Self {
        let code = error::code_of(error.extensions.as_ref()).unwrap_or(Code::BadInput);
        Self { status, error: Box::new(error), code, of_document: false, spent: None, forgets: false }
    }

    /// A well-formed request that is not executed.
    pub fn unexecuted(message: impl Into<String>, code: Code) -> Self {
        Self { of_document: true, ..Self::new(StatusCode::BAD_REQUEST, message, code) }
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
        let message = "GraphQL is served by POST, and by GET for queries, streams of events and web sockets.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message, Code::BadInput)
    }

    /// There is no answer of a type that the client accepts.
    pub fn not_acceptable() -> Self {
        let message = "Answers are `application/graphql-response+json`, `application/json` or `text/event-stream`: accept one of them.";
        Self::new(StatusCode::NOT_ACCEPTABLE, message, Code::BadInput)
    }

    pub fn unauthenticated(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message, Code::Unauthenticated)
    }

    /// The cookie is not good any more, and the browser need not send it again.
    pub fn stale_cookie(message: &str) -> Self {
        Self { forgets: true, ..Self::unauthenticated(message) }
    }

    /// Another site has a browser send this with our cookie.
    pub fn cross_site() -> Self {
        let message = "Another site had this request sent with the cookie of this one. Scripts send a token instead: `Authorization: Bearer …`.";
        Self::new(StatusCode::FORBIDDEN, message, Code::CrossSite)
    }

    /// Whether the browser is to forget its cookie.
    pub fn forgets(&self) -> bool {
        self.forgets
    }

    pub fn fault(fault: actors::problem::Fault) -> Self {
        let error = error::fault(fault);
        let status =
            if error::is_away(&error) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
        Self::of(status, gate::at_no_place(error))
    }

    /// The body, or the JSON in it, has too much of something.
    pub fn too_large(fault: limits::Fault) -> Self {
        Self::of(StatusCode::PAYLOAD_TOO_LARGE, fault.into_error())
    }

    /// The document asks for too much, or breaks a rule.
    pub fn document(fault: limits::Fault) -> Self {
        Self { of_document: true, ..Self::of(StatusCode::BAD_REQUEST, fault.into_error()) }
    }

    /// A budget is spent; in so many seconds there is a new one.
    pub fn rate_limited(standing: &Standing, seconds: u64) -> Self {
        let Standing { spent, limit, resets_at, .. } = standing;
        let name = admission::name(standing);
        let message = format!(
            "Your requests of this minute have cost {spent} points; the budget of one {name} is {limit}. Wait until {resets_at}, or ask for less at once."
        );
        let error = error::with_code(message, Code::RateLimited).extend_with(|_, extensions| {
            extensions.set("limit", limits::counted(name, *spent, *limit));
            extensions.set("resetAt", resets_at.to_string());
        });
        Self { spent: Some((*standing, seconds)), ..Self::of(StatusCode::TOO_MANY_REQUESTS, gate::at_no_place(error)) }
    }

    /// The answer has taken too long.
    pub fn timeout(patience: Duration) -> Self {
        let message = format!(
            "This was not answered within {} s, so it was given up. Ask for less at once. If it was to change something, look first whether it has.",
            patience.as_secs()
        );
        Self::new(StatusCode::GATEWAY_TIMEOUT, message, Code::Timeout)
    }

    /// The body has taken too long.
    pub fn slow_body(patience: Duration) -> Self {
        let message = format!("The body did not arrive within {} s.", patience.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, message, Code::Timeout)
    }

    /// Whether it is the document that is refused, in a request that is in order.
    pub fn is_of_document(&self) -> bool {
        self.of_document
    }

    /// The budget that is spent, and the seconds after which the request may be sent again.
    pub fn spent(&self) -> Option<(Standing, u64)> {
        self.spent
    }

    /// The status of an answer that says so.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What kind of error it is.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The error as it is told.
    pub fn into_error(self) -> ServerError {
        if let Some(record) = Record::current() {
            record.failed(self.code);
        }
        *self.error
    }

    /// What went wrong, for a door that is not HTTP.
    pub fn message(&self) -> &str {
        &self.error.message
    }
}
