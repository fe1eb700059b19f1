//! What a request costs and how much is left, for who asks.

use async_graphql::{Context, Description, Object};

use super::scalar::DateTime;
use super::terms::Terms;

/// Questions about the budget.
#[derive(Default)]
pub struct RateLimitQuery;

#[Object]
impl RateLimitQuery {
    /// What this request costs, and what is left of your budget; null when nobody counts what you ask for.
    async fn rate_limit(&self, ctx: &Context<'_>) -> Option<RateLimit> {
        let terms = ctx.data_opt::<Terms>()?;
        let standing = terms.standing()?;
        Some(RateLimit {
            cost: number(terms.cost()),
            limit: number(standing.limit),
            remaining: number(standing.remaining()),
            reset_at: DateTime(standing.resets_at),
        })
    }
}

/// A budget of points for a minute. A field costs one or as its description says, and what is in a page counts once for each entry
/// that is asked for. A person has one, and each sign-in has one; this is the one with less left.
#[derive(Description)]
pub struct RateLimit {
    cost: i32,
    limit: i32,
    remaining: i32,
    reset_at: DateTime,
}

#[Object(use_type_description)]
impl RateLimit {
    /// Points that this request costs.
    async fn cost(&self) -> i32 {
        self.cost
    }

    /// Points for a minute.
    async fn limit(&self) -> i32 {
        self.limit
    }

    /// Points that are left in this minute, this request not among them.
    async fn remaining(&self) -> i32 {
        self.remaining
    }

    /// When all of them are there again.
    async fn reset_at(&self) -> DateTime {
        self.reset_at
    }
}

fn number(points: u64) -> i32 {
    i32::try_from(points).unwrap_or(i32::MAX)
}
