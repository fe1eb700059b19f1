//! `/login/oidc/callback`: somebody comes back from the provider.

use actors::identity::external::enter::{Entered, Why, enter};
use actors::identity::sessions;
use actors::identity::sign_in::welcome;
use actors::problem::{Fault, Problem};
use entity::identity::user;
use poem::http::{StatusCode, header};
use poem::{Request, Response, handler};
use serde::Deserialize;

use super::exchange::Unknown;
use super::journey::{Journey, Stranger};
use super::provider::Provider;
use super::{connect, not_signed_in};
use crate::graphql::page::HEAVY;
use crate::http::account::end_held;
use crate::http::account::guard::{broken, go_to, pay, shared};
use crate::http::{Shared, cookie};

/// What the provider has the browser say.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    state: String,
    code: String,
    error: String,
    /// Who answers, where it says so (RFC 9207).
    iss: Option<String>,
}

/// Signs in whoever has come back. The browser forgets its journey, whatever comes of it; one that another answer belongs to it keeps.
#[handler]
pub async fn come_back(request: &Request) -> Response {
    let shared = match shared(request) {
        Ok(shared) => shared,
        Err(status) => return status.into(),
    };
    let Some(provider) = &shared.oidc else { return StatusCode::NOT_FOUND.into() };
    let answer: Answer = request.params().unwrap_or_default();
    let journey = Journey::kept(request.headers(), &shared).filter(|journey| journey.state == answer.state);
    let Some(journey) = journey else {
        let text = "This sign-in was not begun in this browser, or more than ten minutes ago. Begin once more.";
        return not_signed_in(text).answer(StatusCode::BAD_REQUEST);
    };
    let arrived = arrive(request, &shared, provider, answer, journey).await;
    let mut response = arrived.unwrap_or_else(broken);
    Journey::forget(&mut response, &shared);
    response
}

async fn arrive(
    request: &Request,
    shared: &Shared,
    provider: &Provider,
    answer: Answer,
    journey: Journey,
) -> Result<Response, Fault> {
    if answer.iss.as_ref().is_some_and(|issuer| *issuer != provider.issuer()) {
        let text = "The answer came from another provider than the one that was asked. Nothing was done.";
        return Ok(not_signed_in(text).answer(StatusCode::BAD_REQUEST));
    }
    if !answer.error.is_empty() || answer.code.is_empty() {
        return Ok(refused(provider, &answer.error));
    }
    // From here on the provider is asked, whatever comes of it.
    if let Some(too_many) = pay(request, shared, HEAVY as u64) {
        return Ok(too_many);
    }
    let told = match provider.who(answer.code, &journey, shared.deps.clock.now()).await {
        Ok(told) => told,
        Err(Unknown::Unreachable(unreachable)) => return Ok(unreachable.page(provider)),
        Err(Unknown::Code) => {
            let text = format!("{} does not take the code of this sign-in any more. Begin once more.", provider.name);
            return Ok(not_signed_in(text).answer(StatusCode::BAD_REQUEST));
        }
        Err(Unknown::Unverified(cause)) => {
            tracing::warn!(cause, "what the provider of sign-ins says is not verified");
            let text = format!("What {} says of you could not be verified, so it does not count.", provider.name);
            return Ok(not_signed_in(text).answer(StatusCode::BAD_GATEWAY));
        }
    };
    match enter(&shared.deps, &told, provider.terms).await {
        Ok(Entered::Known(user)) => let_in(request, shared, *user, &journey.next).await,
        Ok(Entered::Stranger(why)) => {
            let said = told.email.clone().unwrap_or_default();
            let stranger = Stranger { told, next: journey.next };
            Ok(connect::page(provider, &said, why, &stranger.seal(shared)?).answer(StatusCode::OK))
        }
        Err(Problem::Refused(refused)) => Ok(not_signed_in(refused.message).answer(StatusCode::FORBIDDEN)),
        Err(Problem::Fault(fault)) => Err(fault),
    }
}

/// Opens a session for the browser, in the place of the one that it had.
pub(super) async fn let_in(
    request: &Request,
    shared: &Shared,
    user: user::Model,
    next: &str,
) -> Result<Response, Fault> {
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let Some(welcomed) = welcome(&shared.deps, user, agent.unwrap_or_default()).await? else {
        let text = "Your account has changed at this moment. Sign in once more.";
        return Ok(not_signed_in(text).answer(StatusCode::CONFLICT));
    };
    end_held(request, shared).await?;
    let mut response = go_to(next);
    cookie::set(&mut response, shared, &welcomed.cookie, sessions::LIFETIME);
    Ok(response)
}

/// What the provider says instead of a code. Its own words are not shown: anybody can make a link to this page.
fn refused(provider: &Provider, error: &str) -> Response {
    let text = match error {
        "access_denied" => format!("You did not sign in at {}.", provider.name),
        "temporarily_unavailable" | "server_error" => format!("{} cannot sign you in at the moment.", provider.name),
        _ => {
            // A word of the protocol at most: it comes from the browser.
            let word: String = error.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').take(40).collect();
            tracing::warn!(word, "the provider of sign-ins refuses");
            format!("{} did not sign you in. If that does not pass, tell whoever runs the site.", provider.name)
        }
    };
    not_signed_in(text).answer(StatusCode::FORBIDDEN)
}

/// Why somebody is asked for a password.
pub(super) fn because(provider: &Provider, email: &str, why: Why) -> String {
    let Provider { name, .. } = provider;
    match why {
        Why::NoAddress => {
            format!("You have signed in at {name}, which does not say an address of yours that it has verified.")
        }
        Why::NoAccount => {
            format!("You have signed in at {name} as {email}. There is no account with that address here.")
        }
        Why::NeedsPassword => {
            format!(
                "You have signed in at {name} as {email}. The account here with that address is not given away by the address alone."
            )
        }
    }
}
