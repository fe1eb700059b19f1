//! Refusals, in the envelope that the clients of this API read.

use actors::problem::{Fault, Problem, Refused};
use actors::taskqueue::{TaskCode, TaskProblem};
use poem::http::header::{ALLOW, CACHE_CONTROL, WWW_AUTHENTICATE};
use poem::http::{HeaderValue, StatusCode};
use poem::{IntoResponse, Response};
use serde_json::json;

use crate::graphql::error::{self, Code};

/// Why a request is not answered as it wants to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    reason: &'static str,
    message: String,
    /// The parameter that it is about.
    parameter: Option<String>,
    allowed: Option<&'static str>,
}

impl Refusal {
    fn new(status: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self { status, reason, message: message.into(), parameter: None, allowed: None }
    }

    /// A parameter of the address is wrong.
    pub fn parameter(name: impl Into<String>, message: impl Into<String>) -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, "invalidParameter", message);
        Self { parameter: Some(name.into()), ..refusal }
    }

    /// A parameter of the address is missing.
    pub fn required_parameter(name: &str) -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, "required", format!("Required parameter: {name}"));
        Self { parameter: Some(name.to_owned()), ..refusal }
    }

    /// A field of the body is missing.
    pub fn required_field(name: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "required", format!("Required field: {name}"))
    }

    /// Something about the task is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }

    /// The body cannot be read.
    pub fn parse(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "parseError", message)
    }

    pub fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "authError", message)
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "notFound", message)
    }

    /// Only these methods are known here.
    pub fn method(allowed: &'static str) -> Self {
        let message = format!("That method is not known here; there are {allowed}.");
        let refusal = Self::new(StatusCode::METHOD_NOT_ALLOWED, "httpMethodNotAllowed", message);
        Self { allowed: Some(allowed), ..refusal }
    }

    pub fn too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "uploadTooLarge", format!("The body has more than {limit} bytes."))
    }

    /// Something broke. What, is in the log.
    pub fn fault(fault: Fault) -> Self {
        let error = error::fault(fault);
        let away = error::code_of(error.extensions.as_ref()) == Some(Code::Unavailable);
        let status = if away { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
        Self::new(status, "backendError", error.message)
    }
}

impl From<TaskProblem> for Refusal {
    fn from(problem: TaskProblem) -> Self {
        let Refused { code, message, path } = match problem {
            Problem::Refused(refused) => refused,
            Problem::Fault(fault) => return Self::fault(fault),
        };
        match code {
            TaskCode::Parameter => Self::parameter(path.into_iter().next().unwrap_or_default(), message),
            TaskCode::Invalid => Self::invalid(message),
            TaskCode::NotFound => Self::not_found(message),
            TaskCode::Duplicate => Self::new(StatusCode::CONFLICT, "duplicate", message),
            TaskCode::Forbidden => Self::forbidden(message),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut one = json!({ "domain": "global", "reason": self.reason, "message": self.message });
        if let Some(parameter) = &self.parameter {
            one["locationType"] = json!("parameter");
            one["location"] = json!(parameter);
        }
        let body = json!({ "error": { "code": self.status.as_u16(), "message": self.message, "errors": [one] } });
        let mut response = Response::builder()
            .status(self.status)
            .content_type("application/json; charset=UTF-8")
            .header(CACHE_CONTROL, "no-store")
            .body(body.to_string());
        if let Some(allowed) = self.allowed {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // The client libraries break on a scheme with nothing behind it.
            let scheme = HeaderValue::from_static(r#"Bearer realm="taskqueue""#);
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
