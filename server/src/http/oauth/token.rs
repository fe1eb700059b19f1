//! `/oauth/token` and `/oauth/revoke`: programs by themselves, without a browser. The answers are bare JSON, as the RFC has them.

use std::sync::Arc;

use actors::budget::Payer;
use actors::identity::oauth::OAuthCode;
use actors::identity::oauth::exchange::{self as exchanging, Granted, Shown};
use actors::identity::oauth::revoke as revoking;
use actors::problem::Problem;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use poem::web::{Data, Json};
use poem::{Body, IntoResponse, Request, Response, handler};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::graphql::error as errors;
use crate::http::{Shared, origin};

/// The longest form, in bytes.
const LONGEST: usize = 16 << 10;
/// What a request costs its network address, in points.
const COST: u64 = 100;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    client_id: String,
    client_secret: String,
    grant_type: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
    refresh_token: String,
    token: String,
}

/// Gives tokens for a code or a refresh token.
#[handler]
pub async fn exchange(request: &Request, body: Body, shared: Data<&Arc<Shared>>) -> Response {
    let (shown, _) = match take(request, body, &shared).await {
        Ok(taken) => taken,
        Err(response) => return response,
    };
    match exchanging::exchange(&shared.deps, &shown).await {
        Ok(Granted { access, expires_in, refresh, scopes }) => answer(
            StatusCode::OK,
            json!({
                "access_token": access.token,
                "token_type": "Bearer",
                "expires_in": expires_in,
                "refresh_token": refresh,
                "scope": scopes,
            }),
        ),
        Err(problem) => refused(problem),
    }
}

/// Ends what a token belongs to.
#[handler]
pub async fn revoke(request: &Request, body: Body, shared: Data<&Arc<Shared>>) -> Response {
    let (shown, token) = match take(request, body, &shared).await {
        Ok(taken) => taken,
        Err(response) => return response,
    };
    match revoking::revoke(&shared.deps, &shown, &token).await {
        Ok(()) => answer(StatusCode::OK, json!({})),
        Err(problem) => refused(problem),
    }
}

async fn take(request: &Request, body: Body, shared: &Shared) -> Result<(Shown, String), Response> {
    let (payer, now) = (Payer::Address(origin::address(request, &shared.deps)), shared.deps.clock.now());
    if shared.deps.budgets.standing(&[payer], now).is_some_and(|standing| standing.remaining() == 0) {
        let mut response =
            error(StatusCode::TOO_MANY_REQUESTS, "invalid_request", "There were too many requests; wait a minute.");
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        return Err(response);
    }
    shared.deps.budgets.spend(&[payer], COST, now);
    let unreadable = || error(StatusCode::BAD_REQUEST, "invalid_request", "The body must be a form.");
    let bytes = body.into_bytes_limit(LONGEST).await.map_err(|_| unreadable())?;
    let sent: Parameters = serde_urlencoded::from_bytes(&bytes).map_err(|_| unreadable())?;
    let (client_id, client_secret) = by_header(request.headers()).unwrap_or((sent.client_id, sent.client_secret));
    let shown = Shown {
        client_id,
        client_secret,
        grant_type: sent.grant_type,
        code: sent.code,
        redirect_uri: sent.redirect_uri,
        code_verifier: sent.code_verifier,
        refresh_token: sent.refresh_token,
    };
    Ok((shown, sent.token))
}

/// The program's name and secret, where it sends them as a header.
fn by_header(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()).ok())??;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn refused(problem: Problem<OAuthCode>) -> Response {
    match problem {
        Problem::Refused(refused) => {
            let status = if refused.code == OAuthCode::InvalidClient {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::BAD_REQUEST
            };
            error(status, refused.code.word(), &refused.message)
        }
        Problem::Fault(fault) => {
            let told = errors::fault(fault);
            let status = if errors::is_away(&told) {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::INTERNAL_SERVER_ERROR
            };
            error(status, "server_error", &told.message)
        }
    }
}

fn error(status: StatusCode, code: &str, description: &str) -> Response {
    let mut response = answer(status, json!({ "error": code, "error_description": description }));
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
    }
    response
}

fn answer(status: StatusCode, body: Value) -> Response {
    let mut response = Json(body).with_status(status).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
