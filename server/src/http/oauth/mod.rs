//! The door for programs that people let in without giving them a password: OAuth 2 (RFC 6749), with PKCE (RFC 7636), revocation (RFC 7009)
//! and metadata (RFC 8414), and the pages that the `ok` client sends people to.

mod authorize;
mod pages;
mod token;

use poem::{Route, get, post};

/// Its routes.
pub(super) fn routes(routes: Route) -> Route {
    routes
        .at("/oauth/authorize", get(authorize::show).post(authorize::decide))
        .at("/oauth/token", post(token::exchange))
        .at("/oauth/revoke", post(token::revoke))
        .at("/oauth/errors", get(pages::errors))
        .at("/client/login", get(pages::by_hand))
        .at("/client/login/", get(pages::by_hand))
        .at("/.well-known/oauth-authorization-server", get(pages::metadata))
}
