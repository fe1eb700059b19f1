//! GraphQL over HTTP, as events, and over a web socket, all on the same path.

mod admission;
mod answer;
mod authenticate;
mod events;
mod media;
mod message;
mod operations;
mod parameters;
mod refusal;
mod request;
pub mod rights;
mod socket;
mod sockets;
mod streams;
mod upload;

use std::pin::pin;
use std::sync::Arc;

use actors::identity::sessions;
use poem::http::{Method, StatusCode, header};
use poem::web::websocket::WebSocket;
use poem::{Body, Endpoint, EndpointExt, FromRequest, IntoResponse, Request, Response, endpoint::make};

pub use self::sockets::Sockets;
pub use self::streams::Streams;

use self::answer::Wanted;
use self::authenticate::Knocker;
use self::parameters::Asked;
use self::refusal::Refusal;
use super::arrival::{Arrival, watched};
use super::{Door, Shared, cookie, origin};
use crate::graphql::context::{self, Caller};
use crate::graphql::terms::Terms;

/// The endpoint for all methods, so that each gets its own answer.
pub fn endpoint() -> impl Endpoint {
    // What is around an endpoint moves its future about, and this one is large; the same holds for what is in it and rare.
    make(|request| async move { Ok::<_, poem::Error>(Box::pin(answer(request)).await) }).map_to_response()
}

async fn answer(mut request: Request) -> Response {
    let Some(shared) = request.data::<Arc<Shared>>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into();
    };
    if request.method() == Method::GET && request.headers().contains_key(header::UPGRADE) {
        return upgrade(&request, shared).await;
    }
    if request.method() == Method::OPTIONS {
        return answer::options();
    }
    let (body, arrival) = watched(request.take_body(), &shared.deps);
    if request.method() != Method::HEAD && media::wants_events(request.headers()) {
        return Box::pin(follow(&request, body, &shared, &arrival)).await;
    }
    let wanted = match Wanted::by(request.headers()) {
        Ok(wanted) => wanted,
        Err(spoken) => return spoken.refusal(Refusal::not_acceptable()),
    };
    let prepared = match prepare(&request, body, &shared, false).await {
        Ok(prepared) => prepared,
        Err(refusal) => {
            let forgets = refusal.forgets();
            let mut response = wanted.refusal(refusal);
            if forgets {
                cookie::clear(&mut response, &shared);
            }
            return response;
        }
    };
    let Prepared { asked, who, caller, terms } = prepared;
    let (scope, outdated) = (Arc::clone(&who.scope), who.is_outdated());
    let fresh = context::FreshCookie::default();
    let mut context = context::Request::new(Arc::clone(&shared.deps), who.scope, caller, arrival.came());
    context.cookie = Some(Arc::clone(&fresh));
    let answering = pin!(shared.schema.execute(asked.operation.data(context).data(terms.clone())));
    let answer = admission::in_time(shared.limits.patience, answering).await;
    let mut response = match answer {
        Ok(answer) if asked.by_id && *request.method() != Method::POST => wanted.kept(&answer, request.headers()),
        Ok(answer) => wanted.answer(&answer),
        Err(refusal) => wanted.refusal(refusal),
    };
    admission::mark(&mut response, &terms);
    if let Some(secret) = fresh.get() {
        cookie::set(&mut response, &shared, secret, sessions::LIFETIME);
    } else if outdated {
        Box::pin(authenticate::renew_cookie(&scope, outdated, &shared, &mut response)).await;
    }
    response
}

/// Answers with a stream of events.
async fn follow(request: &Request, body: Body, shared: &Arc<Shared>, arrival: &Arrival) -> Response {
    let prepared = prepare(request, body, shared, true).await;
    let entered = prepared.and_then(|prepared| Ok((shared.streams.enter(prepared.who.scope.user())?, prepared)));
    let (entered, Prepared { asked, who, caller, terms }) = match entered {
        Ok(entered) => entered,
        Err(refusal) if events::tells(&refusal) => return events::refused(refusal),
        Err(refusal) => return Wanted::beside_events(request.headers()).refusal(refusal),
    };
    let rights = shared.rights.of(&who);
    let follows = request::follows_something(&asked.operation);
    let context = context::Request::new(Arc::clone(&shared.deps), who.scope, caller, arrival.came());
    let mut answers = shared.schema.execute_stream(asked.operation.data(context).data(terms.clone()));
    if !follows {
        answers = admission::stream_in_time(shared.limits.patience, answers);
    }
    let mut response = events::follow(shared, answers, rights, entered);
    admission::mark_left(&mut response, &terms);
    response
}

/// What is asked for, by whom, and on which terms. Nothing was executed yet.
struct Prepared {
    asked: Asked,
    who: Knocker,
    caller: Caller,
    terms: Terms,
}

async fn prepare(request: &Request, body: Body, shared: &Shared, as_events: bool) -> Result<Prepared, Refusal> {
    let parameters = match *request.method() {
        Method::GET | Method::HEAD => request::from_query(request)?,
        Method::POST => request::from_body(request.headers(), body, shared.limits.patience).await?,
        _ => return Err(Refusal::method()),
    };
    let mut asked = parameters.asked(&shared.documents, shared.only_trusted())?;
    request::weigh(&shared.schema, &mut asked.operation)?;
    let is_safe =
        !request::changes_something(&asked.operation) && (as_events || !request::follows_something(&asked.operation));
    if *request.method() != Method::POST && !is_safe {
        return Err(Refusal::method());
    }
    let who = authenticate::by_headers(request.method(), request.headers(), shared).await?;
    let caller = Caller::new(origin::address(request, &shared.deps), request.headers());
    let terms = admission::admit(shared, &who, caller.address)?;
    Ok(Prepared { asked, who, caller, terms })
}

impl Shared {
    /// Whether only trusted documents are executed. The site's owner has commands, which are not among them.
    fn only_trusted(&self) -> bool {
        self.documents.only && self.door == Door::Public
    }
}

async fn upgrade(request: &Request, shared: Arc<Shared>) -> Response {
    let socket = match WebSocket::from_request_without_body(request).await {
        Ok(socket) => socket,
        Err(_) => {
            let wanted = Wanted::by(request.headers()).unwrap_or_else(|spoken| spoken);
            return wanted.refusal(Refusal::bad("That is not the handshake of a web socket."));
        }
    };
    // A header of the handshake counts as well as the payload of the first message: scripts can set it, browsers cannot. They have cookies.
    let token = authenticate::bearer(request.headers()).map(str::to_owned);
    let browser = match &token {
        Some(_) => Ok(None),
        None => authenticate::of_browser(request.method(), request.headers(), &shared).await,
    };
    let browser = match browser {
        Ok(browser) => browser,
        Err(refusal) => return Wanted::by(request.headers()).unwrap_or_else(|spoken| spoken).refusal(refusal),
    };
    let caller = Caller::new(origin::address(request, &shared.deps), request.headers());
    let offered =
        request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let understood = offered.flat_map(|value| value.split(',')).any(|protocol| protocol.trim() == socket::PROTOCOL);
    socket
        .config(socket::config())
        .protocols([socket::PROTOCOL])
        .on_upgrade(move |stream| {
            socket::serve(stream, shared, caller, socket::Handshake { token, browser, understood })
        })
        .into_response()
}
