//! Who knocks: from a header, a cookie or the first message of a socket to a viewer.

use std::sync::Arc;

use actors::identity::authenticate::{Identified, TokenCode, authenticate, by_cookie};
use actors::identity::{renew, sessions};
use actors::problem::{Problem, Refused};
use entity::viewer::ViewerScope;
use poem::Response;
use poem::http::header::AUTHORIZATION;
use poem::http::{HeaderMap, Method};

use super::refusal::Refusal;
use crate::http::{Door, Shared, cookie, cross_site};

/// Who asks.
#[derive(Debug)]
pub(super) struct Knocker {
    pub scope: Arc<ViewerScope>,
    /// Whether they came by a cookie that was made before their rights changed.
    outdated: bool,
}

impl From<Identified> for Knocker {
    fn from(who: Identified) -> Self {
        Self { scope: who.scope, outdated: who.outdated }
    }
}

/// The token of an `Authorization: Bearer …` header.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    strip_scheme(value)
}

/// The token in `Bearer …`.
pub(super) fn strip_scheme(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Who sent a request. What is not good is an error, never nobody. A header goes before a cookie.
pub(super) async fn by_headers(method: &Method, headers: &HeaderMap, shared: &Shared) -> Result<Knocker, Refusal> {
    match (headers.contains_key(AUTHORIZATION), bearer(headers)) {
        (true, Some(token)) => by_token(token, shared).await,
        (true, None) => Err(Refusal::unauthenticated("The Authorization header must be `Bearer` and a token.")),
        (false, _) => Ok(of_browser(method, headers, shared).await?.unwrap_or_else(|| without_token(shared))),
    }
}

/// Whose browser sent a request; none when it has no cookie.
pub(super) async fn of_browser(
    method: &Method,
    headers: &HeaderMap,
    shared: &Shared,
) -> Result<Option<Knocker>, Refusal> {
    let held = if shared.door == Door::Public { cookie::read(headers, shared) } else { None };
    let Some(held) = held else { return Ok(None) };
    if !cross_site::is_own(method, headers, &shared.deps.site.public_url) {
        return Err(Refusal::cross_site());
    }
    let known = by_cookie(&shared.deps, held).await;
    known.map(|who| Some(who.into())).map_err(|problem| refused(problem, true))
}

/// Who comes without a token.
pub(super) fn without_token(shared: &Shared) -> Knocker {
    let scope = match shared.door {
        Door::Public => ViewerScope::anonymous(),
        Door::Local => ViewerScope::system("a command on this machine"),
    };
    Knocker { scope: Arc::new(scope), outdated: false }
}

/// Who bears a token.
pub(super) async fn by_token(token: &str, shared: &Shared) -> Result<Knocker, Refusal> {
    authenticate(&shared.deps, token).await.map(Knocker::from).map_err(|problem| refused(problem, false))
}

fn refused(problem: Problem<TokenCode>, is_cookie: bool) -> Refusal {
    match problem {
        Problem::Refused(Refused { message, .. }) if is_cookie => Refusal::stale_cookie(&message),
        Problem::Refused(Refused { message, .. }) => Refusal::unauthenticated(&message),
        Problem::Fault(fault) => Refusal::fault(fault),
    }
}

/// Gives a browser another cookie with the answer, where its own was made before its owner's rights changed. If that fails, the old one
/// is good, and the next request tries again.
pub(super) async fn renew_cookie(scope: &ViewerScope, outdated: bool, shared: &Shared, response: &mut Response) {
    let (true, Some(session)) = (outdated, scope.session) else { return };
    match renew::renew_cookie(&shared.deps, session, scope.rights_version).await {
        Ok(Some(fresh)) => cookie::set(response, shared, &fresh, sessions::LIFETIME),
        Ok(None) => {}
        Err(error) => tracing::warn!(error = %error, "a cookie was not renewed"),
    }
}

impl Knocker {
    /// Whether they came by a cookie that was made before their rights changed.
    pub fn is_outdated(&self) -> bool {
        self.outdated
    }
}
