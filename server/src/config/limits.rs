//! `LECTERN_BUDGET_PER_…`, `LECTERN_QUERY_SECONDS` and `LECTERN_INTROSPECTION`: what clients of GraphQL may ask for.

use std::time::Duration;

use actors::budget::Rates;

use super::written::Written;

/// What clients of GraphQL may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Points that each may spend in a minute.
    pub rates: Rates,
    /// How long a body may take to arrive, and then a query or mutation to be answered.
    pub patience: Duration,
    pub introspection: Introspection,
}

/// Who may ask what the schema is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introspection {
    Everybody,
    SignedIn,
    Nobody,
}

impl Limits {
    /// What the settings mean; what is wrong with them goes to the list.
    pub(super) fn read(written: &Written, mistakes: &mut Vec<String>) -> Self {
        let patience = written.query_seconds;
        if !(1..=600).contains(&patience) {
            mistakes.push(format!("LECTERN_QUERY_SECONDS is {patience}; it must be between 1 and 600"));
        }
        let introspection = match written.introspection.as_str() {
            "everybody" => Introspection::Everybody,
            "signed-in" => Introspection::SignedIn,
            "nobody" => Introspection::Nobody,
            other => {
                let rule = "it must be everybody, signed-in or nobody";
                mistakes.push(format!("LECTERN_INTROSPECTION is `{other}`; {rule}"));
                Introspection::Nobody
            }
        };
        let rate = |points: u64| (points > 0).then_some(points);
        let rates = Rates {
            user: rate(written.budget_per_user),
            session: rate(written.budget_per_session),
            address: rate(written.budget_per_address),
        };
        Self { rates, patience: Duration::from_secs(patience), introspection }
    }
}
