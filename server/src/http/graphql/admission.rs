//! Letting requests in: for whose budget there is something left, and for as long as anybody waits.

use std::pin::Pin;
use std::time::Duration;

use actors::budget::{Payer, Standing};
use async_graphql::Response as Answer;
use entity::clock::{Timestamp, micros};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use poem::Response;
use poem::http::{HeaderName, HeaderValue};
use tokio::time::timeout;

use super::authenticate::Knocker;
use super::refusal::Refusal;
use crate::graphql::terms::Terms;
use crate::http::Shared;

/// What the request has cost, in points.
const COMPLEXITY: &str = "x-complexity";
/// The budget with least left, as the draft of the IETF writes it: points that remain, and seconds until there are new ones.
const RATE_LIMIT: &str = "ratelimit";

/// The terms for who asks.
///
/// # Errors
/// When a budget that pays is spent.
pub(super) fn admit(shared: &Shared, who: &Knocker, address: u64) -> Result<Terms, Refusal> {
    let (deps, policy) = (&shared.deps, shared.limits.introspection);
    Terms::for_viewer(&deps.budgets, &deps.clock, policy, &who.scope, address)
        .map_err(|standing| Refusal::rate_limited(&standing, seconds_until(standing.resets_at, deps.clock.now())))
}

/// Writes on an answer what it has cost and what is left.
pub(super) fn mark(response: &mut Response, terms: &Terms) {
    if mark_left(response, terms) {
        response.headers_mut().insert(COMPLEXITY, HeaderValue::from(terms.cost()));
    }
}

/// Writes on the head of a stream what is left before it has cost anything; whether anybody counts.
pub(super) fn mark_left(response: &mut Response, terms: &Terms) -> bool {
    let standing = terms.standing();
    if let Some(standing) = &standing {
        mark_budget(response, standing, seconds_until(standing.resets_at, terms.now()));
    }
    standing.is_some()
}

/// Writes on an answer how a budget stands that is filled in so many seconds.
pub(super) fn mark_budget(response: &mut Response, standing: &Standing, seconds: u64) {
    let budget = format!("\"{}\";r={};t={seconds}", name(standing), standing.remaining());
    let budget = HeaderValue::try_from(budget).ok().map(|budget| (HeaderName::from_static(RATE_LIMIT), budget));
    response.headers_mut().extend(budget);
}

/// Whose budget it is.
pub(super) fn name(standing: &Standing) -> &'static str {
    match standing.payer {
        Payer::User(_) => "user",
        Payer::Session(_) => "session",
        Payer::Address(_) | Payer::Others => "address",
    }
}

/// Whole seconds, at least one.
fn seconds_until(then: Timestamp, now: Timestamp) -> u64 {
    let second = micros(Duration::from_secs(1));
    u64::try_from((then.0 - now.0 + second - 1) / second).unwrap_or_default().max(1)
}

/// An answer, or that it took too long.
pub(super) async fn in_time(
    patience: Duration,
    answering: Pin<&mut impl Future<Output = Answer>>,
) -> Result<Answer, Refusal> {
    timeout(patience, answering).await.map_err(|_| Refusal::timeout(patience))
}

/// The same for an operation of a socket that is no subscription.
pub(super) fn stream_in_time(
    patience: Duration,
    mut answers: BoxStream<'static, Answer>,
) -> BoxStream<'static, Answer> {
    let first = async move {
        let late = || Some(Answer::from_errors(vec![Refusal::timeout(patience).into_error()]));
        timeout(patience, answers.next()).await.unwrap_or_else(|_| late())
    };
    stream::once(first).filter_map(std::future::ready).boxed()
}

#[cfg(test)]
mod tests {
    use entity::clock::Timestamp;

    use super::seconds_until;

    #[test]
    fn who_waits_so_long_has_waited_long_enough() {
        for (now, seconds) in [(0, 60), (1, 60), (999_999, 60), (1_000_000, 59), (59_999_999, 1), (60_000_000, 1)] {
            assert_eq!(seconds_until(Timestamp(60_000_000), Timestamp(now)), seconds, "{now}");
        }
    }
}
