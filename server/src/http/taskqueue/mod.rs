//! The Task Queue door: the REST API of that name, version v1beta2, as its client libraries speak it.
//!
//! `route` reads paths, `parameters` what stands behind the question mark, `body` what is sent, `resource` writes what is answered,
//! `refusal` what is not; `discovery` tells clients all of that. The rules are those of the operations in `actors::taskqueue`.

mod body;
mod discovery;
mod encoding;
mod parameters;
mod refusal;
mod resource;
mod route;

use std::sync::Arc;

use actors::problem::Fault;
use actors::taskqueue::caller::Caller;
use actors::taskqueue::lease::{Group, Wanted};
use actors::taskqueue::{delete, hold, insert, lease, look, queue_key};
use entity::taskqueue::QueueKey;
use poem::http::header::{AUTHORIZATION, CACHE_CONTROL, ORIGIN};
use poem::http::{HeaderMap, Method, StatusCode};
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, endpoint::make, handler};
use serde_json::Value;

use super::Shared;
use crate::config::TaskQueue;
use body::Body;
use parameters::Parameters;
use refusal::Refusal;
use route::{Place, Target};

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
    wrapped(|shared, request| async move {
        if *request.method() != Method::GET {
            return Err(Refusal::method("GET"));
        }
        Ok(json_response(&discovery::document(&shared.deps.site.public_url)?, true))
    })
}

/// The endpoint of everything else, for all methods.
pub fn endpoint() -> impl Endpoint {
    wrapped(answer)
}

fn wrapped<F, A>(answer: F) -> impl Endpoint
where
    F: Fn(Arc<Shared>, Request) -> A + Copy + Send + Sync + 'static,
    A: Future<Output = Result<Response, Refusal>> + Send,
{
    make(move |request: Request| async move {
        let response = match request.data::<Arc<Shared>>().cloned() {
            Some(shared) => answer(shared, request).await,
            None => Err(Refusal::fault(Fault::Internal("a route without its data".into()))),
        };
        Ok::<_, poem::Error>(response.unwrap_or_else(Refusal::into_response))
    })
    .map_to_response()
}

fn json_response(value: &Value, pretty: bool) -> Response {
    let text = if pretty { format!("{value:#}") } else { value.to_string() };
    Response::builder().content_type("application/json; charset=UTF-8").header(CACHE_CONTROL, "no-store").body(text)
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

/// One request, read.
struct Asked<'r> {
    shared: &'r Shared,
    caller: Caller,
    queue: QueueKey,
    parameters: Parameters,
}

async fn answer(shared: Arc<Shared>, mut request: Request) -> Result<Response, Refusal> {
    let caller = caller(&shared, request.headers())?;
    let method = method(&request)?;
    // A page that somebody looks at can send a request to wherever they are, but not without this.
    if method != Method::GET && request.headers().contains_key(ORIGIN) {
        return Err(Refusal::forbidden("Pages in a browser may not change anything here."));
    }
    let Place { project, queue, target } = route::place(request.original_uri().path())?;
    let mut parameters = Parameters::default();
    parameters.read(request.original_uri().query().unwrap_or_default())?;
    let body = Body::receive(&mut request, MAX_BODY).await?;
    if *request.method() == Method::POST && method == Method::GET {
        // An address that would have been too long.
        parameters.read(body.text()?)?;
    }
    parameters.check()?;
    let pretty = parameters.flag("prettyPrint")?.unwrap_or(false);
    let asked = Asked { shared: &shared, caller, queue: queue_key(&project, &queue)?, parameters };
    let value = dispatch(&asked, &method, &target, &body).await?;
    Ok(value.map_or_else(|| StatusCode::NO_CONTENT.into_response(), |value| json_response(&value, pretty)))
}

/// The method that is meant.
fn method(request: &Request) -> Result<Method, Refusal> {
    let Some(meant) = request.headers().get(OVERRIDE).filter(|_| *request.method() == Method::POST) else {
        return Ok(request.method().clone());
    };
    Method::from_bytes(meant.as_bytes()).map_err(|_| Refusal::method("DELETE, GET, PATCH, POST"))
}

async fn dispatch(asked: &Asked<'_>, method: &Method, target: &Target, body: &Body) -> Result<Option<Value>, Refusal> {
    match (target, method.as_str()) {
        (Target::Queue, "GET") => queue(asked).await.map(Some),
        (Target::Tasks, "GET") => list(asked).await.map(Some),
        (Target::Tasks, "POST") => insert(asked, body).await.map(Some),
        (Target::Task(name), "POST") if name == "lease" => lease(asked).await.map(Some),
        (Target::Task(name), "GET") => get(asked, name).await.map(Some),
        (Target::Task(name), "PATCH") => patch(asked, name, body).await.map(Some),
        (Target::Task(name), "POST") => update(asked, name, body).await.map(Some),
        (Target::Task(name), "DELETE") => {
            delete::delete(&asked.shared.deps, &asked.caller, &asked.queue, name).await?;
            Ok(None)
        }
        (Target::Queue, _) => Err(Refusal::method("GET")),
        (Target::Tasks, _) => Err(Refusal::method("GET, POST")),
        (Target::Task(_), _) => Err(Refusal::method("DELETE, GET, PATCH, POST")),
    }
}

async fn queue(asked: &Asked<'_>) -> Result<Value, Refusal> {
    let with_stats = asked.parameters.flag("getStats")?.unwrap_or(false);
    let (settings, stats) = look::queue(&asked.shared.deps, &asked.caller, &asked.queue, with_stats).await?;
    Ok(resource::queue(&asked.queue, &settings, stats))
}

async fn list(asked: &Asked<'_>) -> Result<Value, Refusal> {
    let tasks = look::list(&asked.shared.deps, &asked.caller, &asked.queue).await?;
    Ok(resource::tasks(resource::LISTED, &asked.queue, tasks))
}

async fn get(asked: &Asked<'_>, name: &str) -> Result<Value, Refusal> {
    Ok(resource::task(&asked.queue, look::get(&asked.shared.deps, &asked.caller, &asked.queue, name).await?))
}

async fn insert(asked: &Asked<'_>, body: &Body) -> Result<Value, Refusal> {
    let new = body.object()?.new_task(&asked.queue)?;
    Ok(resource::task(&asked.queue, insert::insert(&asked.shared.deps, &asked.caller, &asked.queue, new).await?))
}

async fn lease(asked: &Asked<'_>) -> Result<Value, Refusal> {
    let parameters = &asked.parameters;
    let tasks = parameters.number("numTasks")?;
    let seconds = parameters.number("leaseSecs")?;
    let tag = parameters.text("tag").filter(|tag| !tag.is_empty());
    let group = match (parameters.flag("groupByTag")?.unwrap_or(false), tag) {
        (true, Some(tag)) => Group::Tag(tag.to_owned()),
        (true, None) => Group::Earliest,
        (false, None) => Group::All,
        (false, Some(_)) => {
            return Err(Refusal::parameter("tag", "tag says which group is wanted, so it needs groupByTag=true."));
        }
    };
    let wanted = Wanted { tasks, seconds, group };
    let leased = lease::lease(&asked.shared.deps, &asked.caller, &asked.queue, wanted).await?;
    Ok(resource::tasks(resource::LEASED, &asked.queue, leased))
}

async fn patch(asked: &Asked<'_>, name: &str, body: &Body) -> Result<Value, Refusal> {
    let seconds = asked.parameters.number("newLeaseSeconds")?;
    let object = body.object()?;
    object.queue_named(&asked.queue, true)?;
    held(asked, name, object.held(name)?, seconds).await
}

async fn update(asked: &Asked<'_>, name: &str, body: &Body) -> Result<Value, Refusal> {
    let seconds = asked.parameters.number("newLeaseSeconds")?;
    let object = body.object()?;
    object.queue_named(&asked.queue, false)?;
    let held_until = object.held(name)?.ok_or_else(|| Refusal::required_field("leaseTimestamp"))?;
    held(asked, name, Some(held_until), seconds).await
}

async fn held(
    asked: &Asked<'_>,
    name: &str,
    held_until: Option<entity::clock::Timestamp>,
    seconds: i64,
) -> Result<Value, Refusal> {
    let task = hold::hold(&asked.shared.deps, &asked.caller, &asked.queue, name, held_until, seconds).await?;
    Ok(resource::task(&asked.queue, task))
}
