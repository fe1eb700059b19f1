//! The code runner: the door for the boxes on web pages in which anybody types a program and has it built, run or proved.
//!
//! Its protocol is older than this platform, and pages that speak it are not changed for us. What a page sends is in `request`, what
//! it gets in `record`; `check` is for pages that poll, `socket` for those that listen. Nobody signs in here, no cookie is read
//! or set, and every page on the web may come: that is what it is for. Who has the identifier of a run, has the run.

mod check;
mod download;
mod record;
mod request;
mod run;
mod socket;

use std::sync::Arc;

use actors::problem::Fault;
use poem::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, CACHE_CONTROL, RETRY_AFTER, UPGRADE,
};
use poem::http::{HeaderValue, Method, StatusCode};
use poem::web::websocket::{WebSocket, WebSocketConfig};
use poem::{Endpoint, EndpointExt, FromRequest, IntoResponse, Request, Response, endpoint::make};
use serde_json::{Value, json};

use super::{Shared, origin};
use crate::graphql::error::{self, Code};

/// The longest body, in bytes.
const MAX_BODY: usize = 1 << 20;
/// Seconds after which a page that found too many others may come again.
const LATER: u32 = 5;

/// What a page can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `/run_program/`
    Run,
    /// `/check_output/`
    Check,
    /// `/download/`
    Download,
}

/// Why a request is not answered as it wants to be.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
    /// The key of the body that it is about.
    path: Vec<String>,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), path: Vec::new() }
    }

    /// A key that is missing, or does not hold what it should.
    fn key(path: Vec<String>, message: impl AsRef<str>) -> Self {
        let message = format!("`{}`: {}", written(&path), message.as_ref());
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, message, path }
    }

    fn busy(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, message)
    }

    fn fault(fault: Fault) -> Self {
        let error = error::fault(fault);
        let away = error::code_of(error.extensions.as_ref()) == Some(Code::Unavailable);
        let status = if away { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
        Self::new(status, error.message)
    }
}

/// `files[2].basename`
fn written(path: &[String]) -> String {
    path.iter().fold(String::new(), |text, part| match (part.parse::<usize>(), text.is_empty()) {
        (Ok(index), _) => format!("{text}[{index}]"),
        (Err(_), true) => part.clone(),
        (Err(_), false) => format!("{text}.{part}"),
    })
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({ "message": self.message });
        if !self.path.is_empty() {
            body["path"] = json!(self.path);
        }
        let busy = self.status == StatusCode::TOO_MANY_REQUESTS;
        if busy {
            // The oldest pages look at nothing else.
            body["identifier"] = json!("");
        }
        let mut response = json_response(self.status, &body);
        if busy {
            response.headers_mut().insert(RETRY_AFTER, LATER.into());
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(METHODS));
        }
        response
    }
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    Response::builder()
        .status(status)
        .content_type("application/json; charset=utf-8")
        .header(CACHE_CONTROL, "no-store")
        .body(body.to_string())
}

/// The methods of all routes; a web socket begins with a GET.
const METHODS: &str = "GET, OPTIONS, POST";

/// The endpoint of an action, for all methods.
pub fn endpoint(action: Action) -> impl Endpoint {
    make(move |request: Request| async move {
        let asked = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        let mut response = answer(action, request).await.unwrap_or_else(Refusal::into_response);
        open_to_all(&mut response, asked);
        Ok::<_, poem::Error>(response)
    })
    .map_to_response()
}

/// Lets scripts of any page read the answer. Nothing here depends on who asks, so no page learns what it should not.
fn open_to_all(response: &mut Response, asked: Option<HeaderValue>) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.unwrap_or(HeaderValue::from_static("Content-Type")));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
}

async fn answer(action: Action, mut request: Request) -> Result<Response, Refusal> {
    let shared = request.data::<Arc<Shared>>().cloned();
    let shared = shared.ok_or_else(|| Refusal::fault(Fault::Internal("a route without its data".into())))?;
    let origin = origin::of(&request);
    match *request.method() {
        Method::OPTIONS => Ok(StatusCode::NO_CONTENT.into()),
        Method::GET if action == Action::Run && request.headers().contains_key(UPGRADE) => {
            Ok(upgrade(&request, shared, origin).await)
        }
        Method::POST => {
            let body = request::body(&mut request, MAX_BODY).await?;
            match action {
                Action::Run => run::run(&shared, &origin, &body).await,
                Action::Check => check::check(&shared, &body).await,
                Action::Download => download::download(&shared, &body),
            }
        }
        _ => Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Send a POST with a JSON body.")),
    }
}

async fn upgrade(request: &Request, shared: Arc<Shared>, origin: String) -> Response {
    match WebSocket::from_request_without_body(request).await {
        Ok(socket) => {
            let most = Some(2 * MAX_BODY);
            let socket = socket.config(WebSocketConfig::default().max_message_size(most).max_frame_size(most));
            socket.on_upgrade(move |stream| async move { socket::serve(stream, shared, origin).await }).into_response()
        }
        Err(_) => {
            let message = "That is not the handshake of a web socket.";
            Refusal::new(StatusCode::BAD_REQUEST, message).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn paths_are_written_as_in_a_script() {
        let path = |parts: &[&str]| written(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
        assert_eq!(path(&["files", "2", "basename"]), "files[2].basename");
        assert_eq!(path(&["mode"]), "mode");
    }
}
