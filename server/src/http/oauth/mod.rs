//! The door for programs that people let in without giving them a password: OAuth 2 (RFC 6749), with PKCE (RFC 7636), revocation (RFC 7009)
//! and metadata (RFC 8414), and the pages that the `ok` client sends people to.

mod authorize;
mod pages;
mod token;

use poem::http::{HeaderValue, StatusCode, header};
use poem::{Endpoint, EndpointExt as _, Error, Response, Route, get, post};

/// Its routes.
pub(super) fn routes(routes: Route) -> Route {
    routes
        .at("/oauth/authorize", taking("GET, HEAD, POST", get(authorize::show).post(authorize::decide)))
        .at("/oauth/token", taking("POST", post(token::exchange)))
        .at("/oauth/revoke", taking("POST", post(token::revoke)))
        .at("/oauth/errors", get(pages::errors))
        .at("/client/login", get(pages::by_hand))
        .at("/client/login/", get(pages::by_hand))
        .at("/.well-known/oauth-authorization-server", get(pages::metadata))
}

/// A route that says which methods it takes to whoever comes by another one.
fn taking(allow: &'static str, route: impl Endpoint + 'static) -> impl Endpoint {
    route.map_to_response().around(move |route, request| async move {
        let answer = route.call(request).await;
        answer.map_err(|error| match error.status() {
            StatusCode::METHOD_NOT_ALLOWED => {
                let allowed = (header::ALLOW, HeaderValue::from_static(allow));
                let response = Response::builder().status(StatusCode::METHOD_NOT_ALLOWED).header(allowed.0, allowed.1);
                Error::from_response(response.finish())
            }
            _ => error,
        })
    })
}
