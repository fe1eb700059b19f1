//! Who knocks: from the header or the first message of a socket to a viewer.

use std::sync::Arc;

use actors::identity::authenticate::{Identified, TokenCode, authenticate};
use actors::problem::{Problem, Refused};
use entity::viewer::ViewerScope;
use poem::http::HeaderMap;
use poem::http::header::AUTHORIZATION;

use super::refusal::Refusal;
use crate::http::{Door, Shared};

/// Who asks, and by which sign-in.
#[derive(Debug)]
pub(super) struct Knocker {
    pub scope: Arc<ViewerScope>,
    pub session: Option<i64>,
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

/// Who sent a request. A token that is not good is an error, never nobody.
pub(super) async fn by_header(headers: &HeaderMap, shared: &Shared) -> Result<Knocker, Refusal> {
    match (headers.contains_key(AUTHORIZATION), bearer(headers)) {
        (false, _) => Ok(without_token(shared)),
        (true, Some(token)) => by_token(token, shared).await,
        (true, None) => Err(Refusal::unauthenticated("The Authorization header must be `Bearer` and a token.")),
    }
}

/// Who comes without a token.
pub(super) fn without_token(shared: &Shared) -> Knocker {
    let scope = match shared.door {
        Door::Public => ViewerScope::anonymous(),
        Door::Local => ViewerScope::system("a command on this machine"),
    };
    Knocker { scope: Arc::new(scope), session: None }
}

/// Who bears a token.
pub(super) async fn by_token(token: &str, shared: &Shared) -> Result<Knocker, Refusal> {
    match authenticate(&shared.deps, token).await {
        Ok(Identified { scope, session }) => Ok(Knocker { scope, session: Some(session) }),
        Err(Problem::Refused(Refused {
            code: TokenCode::Invalid | TokenCode::Expired | TokenCode::Revoked,
            message,
            ..
        })) => Err(Refusal::unauthenticated(&message)),
        Err(Problem::Fault(fault)) => Err(Refusal::fault(fault)),
    }
}
