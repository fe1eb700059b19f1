//! GraphQL over HTTP, and over a web socket on the same path.

mod admission;
mod answer;
mod authenticate;
mod media;
mod message;
mod operations;
mod refusal;
mod request;
pub mod rights;
mod socket;
mod sockets;

use std::sync::Arc;

use entity::clock::Timestamp;
use poem::http::{Method, StatusCode, header};
use poem::web::websocket::WebSocket;
use poem::{Body, Endpoint, EndpointExt, FromRequest, IntoResponse, Request, Response, endpoint::make};

pub use self::sockets::Sockets;

use self::refusal::Refusal;
use super::Shared;
use crate::graphql::context;
use crate::graphql::terms::Terms;

/// The endpoint for all methods, so that each gets its own answer.
pub fn endpoint() -> impl Endpoint {
    make(|request| async move { Ok::<_, poem::Error>(answer(request).await) }).map_to_response()
}

async fn answer(mut request: Request) -> Response {
    let Some(shared) = request.data::<Arc<Shared>>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into();
    };
    let received_at = shared.deps.clock.now();
    if request.method() == Method::GET && request.headers().contains_key(header::UPGRADE) {
        return upgrade(&request, shared).await;
    }
    if request.method() == Method::OPTIONS {
        return answer::options();
    }
    let wanted = match answer::Wanted::by(request.headers()) {
        Ok(wanted) => wanted,
        Err(spoken) => return spoken.refusal(Refusal::not_acceptable()),
    };
    let body = request.take_body();
    match serve(&request, body, &shared, received_at).await {
        Ok((answer, terms)) => {
            let mut response = wanted.answer(&answer);
            admission::mark(&mut response, &terms);
            response
        }
        Err(refusal) => wanted.refusal(refusal),
    }
}

async fn serve(
    request: &Request,
    body: Body,
    shared: &Shared,
    received_at: Timestamp,
) -> Result<(async_graphql::Response, Terms), Refusal> {
    let mut operation = match *request.method() {
        Method::GET | Method::HEAD => request::from_query(request)?,
        Method::POST => request::from_body(request.headers(), body, shared.limits.patience).await?,
        _ => return Err(Refusal::method()),
    };
    request::weigh(&mut operation)?;
    if *request.method() != Method::POST && request::changes_something(&mut operation) {
        return Err(Refusal::method());
    }
    let who = authenticate::by_header(request.headers(), shared).await?;
    let terms = admission::admit(shared, &who, admission::address(request, shared))?;
    let context = context::Request::new(shared.deps.clone(), Arc::new(who.scope), who.session, received_at);
    let answering = shared.schema.execute(operation.data(context).data(terms.clone()));
    Ok((admission::in_time(shared.limits.patience, answering).await?, terms))
}

async fn upgrade(request: &Request, shared: Arc<Shared>) -> Response {
    let socket = match WebSocket::from_request_without_body(request).await {
        Ok(socket) => socket,
        Err(_) => {
            let wanted = answer::Wanted::by(request.headers()).unwrap_or_else(|spoken| spoken);
            return wanted.refusal(Refusal::bad("That is not the handshake of a web socket."));
        }
    };
    // A header of the handshake counts as well as the payload of the first message: scripts can set it, browsers cannot.
    let token = authenticate::bearer(request.headers()).map(str::to_owned);
    let address = admission::address(request, &shared);
    let offered =
        request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let understood = offered.flat_map(|value| value.split(',')).any(|protocol| protocol.trim() == socket::PROTOCOL);
    socket
        .config(socket::config())
        .protocols([socket::PROTOCOL])
        .on_upgrade(move |stream| socket::serve(stream, shared, address, token, understood))
        .into_response()
}
