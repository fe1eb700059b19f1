//! The Task Queue door: the REST API of that name, version v1beta2, as its client libraries speak it.
//!
//! `guard` keeps pages of others out. `route` reads paths, `parameters` what stands behind the question mark, `mask` which fields are
//! wanted, `body` and `field` what is sent; `methods` calls the operations, `resource` and `shape` write what is answered, `refusal`
//! what is not. `batch` takes many requests at once, with `multipart`; `discovery` tells clients all of that. The rules are those of
//! the operations in `actors::taskqueue`.

mod batch;
mod body;
mod discovery;
mod encoding;
mod field;
mod guard;
mod mask;
mod methods;
mod multipart;
mod parameters;
mod refusal;
mod resource;
mod route;
mod shape;

use std::sync::Arc;

use actors::problem::Fault;
use actors::taskqueue::caller::Caller;
use actors::taskqueue::queue_key;
use poem::http::header::AUTHORIZATION;
use poem::http::{HeaderMap, Method, Uri};
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, endpoint::make, handler};

use super::Shared;
use crate::config::TaskQueue;
use body::Body;
use methods::{Asked, Verb};
use parameters::Parameters;
use refusal::Refusal;
use route::Place;
use shape::Shape;

/// The longest body, in bytes: the longest payload in base64, and room for the rest.
const MAX_BODY: usize = 3 << 19;
/// By this header a POST says that it means another method.
const OVERRIDE: &str = "x-http-method-override";

/// One line for whoever looks what is here.
#[handler]
pub fn index() -> &'static str {
    "Task Queue REST API v1beta2; its description is at /api/taskqueue/v1beta2\n"
}

/// The endpoint of the discovery document. It tells nothing of this site, so everybody may read it.
pub fn discovery() -> impl Endpoint {
    wrapped(|shared, call| async move {
        if call.method != Method::GET {
            return Err(Refusal::method("GET"));
        }
        guard::host(&shared, &call.uri, &call.headers)?;
        let root = if shared.task_queue_hosts.follow() {
            format!("http://{}", guard::known_host(&shared, &call.uri, &call.headers)?)
        } else {
            shared.deps.site.public_url.clone()
        };
        Ok(Shape { pretty: true, ..Shape::default() }.response(discovery::document(&root)?))
    })
}

/// The endpoint of batches.
pub fn batches() -> impl Endpoint {
    wrapped(batch::batch)
}

/// The endpoint of everything else, for all methods.
pub fn endpoint() -> impl Endpoint {
    wrapped(|shared, call| async move {
        guard::host(&shared, &call.uri, &call.headers)?;
        answer(shared, call).await
    })
}

/// A request, as it came or as a part of a batch.
struct Call {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: poem::Body,
}

fn wrapped<F, A>(answer: F) -> impl Endpoint
where
    F: Fn(Arc<Shared>, Call) -> A + Copy + Send + Sync + 'static,
    A: Future<Output = Result<Response, Refusal>> + Send,
{
    make(move |request: Request| async move {
        let response = match request.data::<Arc<Shared>>().cloned() {
            Some(shared) => {
                let uri = request.original_uri().clone();
                let (parts, body) = request.into_parts();
                answer(shared, Call { method: parts.method, uri, headers: parts.headers, body }).await
            }
            None => Err(Refusal::fault(Fault::Internal("a route without its data".into()))),
        };
        Ok::<_, poem::Error>(response.unwrap_or_else(Refusal::into_response))
    })
    .map_to_response()
}

/// Who sends this.
fn caller(shared: &Shared, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let tokens = match &shared.task_queue {
        TaskQueue::Off => return Err(Refusal::not_found("There is nothing here.")),
        TaskQueue::Open => return Ok(Caller::Anybody),
        TaskQueue::Tokens(tokens) => tokens,
    };
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token =
        value.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let caller = token.and_then(|(_, token)| tokens.find(token.trim()));
    caller.ok_or_else(|| Refusal::unauthorized("Send a token of this service as `Authorization: Bearer …`."))
}

async fn answer(shared: Arc<Shared>, call: Call) -> Result<Response, Refusal> {
    let caller = caller(&shared, &call.headers)?;
    let method = method(&call)?;
    if method != Method::GET {
        guard::page(&call.headers)?;
    }
    let Place { project, queue, target } = route::place(call.uri.path())?;
    let verb = Verb::of(&target, &method)?;
    let mut parameters = Parameters::default();
    parameters.read(call.uri.query().unwrap_or_default())?;
    let body = Body::receive(call.body, MAX_BODY).await?;
    if call.method == Method::POST && method == Method::GET {
        // An address that would have been too long.
        parameters.read(body.text()?)?;
    }
    let shape =
        Shape { mask: parameters.mask(verb.schema())?, pretty: parameters.flag("prettyPrint")?.unwrap_or(false) };
    let queue = queue_key(&project, &queue)?;
    Asked { shared, caller, queue, target, parameters, body, shape }.perform(verb).await
}

/// The method that is meant.
fn method(call: &Call) -> Result<Method, Refusal> {
    let Some(meant) = call.headers.get(OVERRIDE).filter(|_| call.method == Method::POST) else {
        return Ok(call.method.clone());
    };
    Method::from_bytes(meant.as_bytes()).map_err(|_| Refusal::method("DELETE, GET, PATCH, POST"))
}
