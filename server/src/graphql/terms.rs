//! The terms on which a request is served: what it may ask, what that costs, and from whose budget.
//!
//! A request is let in while each who pays for it has something left, and pays when its cost is known, which is before it is executed.
//! So somebody may end a minute a little below nothing, by one request, and no request is refused for what it would have cost. A subscription
//! pays once, when it begins. Requests that are refused pay nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actors::budget::{Budgets, Payer, Standing};
use entity::clock::{Clock, Timestamp};
use entity::viewer::{Viewer, ViewerScope};

use crate::config::Introspection;

/// The terms of one request. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Terms(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    budgets: Budgets,
    clock: Clock,
    payers: Vec<Payer>,
    may_introspect: bool,
    cost: AtomicU64,
}

impl Terms {
    /// For who asks, from that address.
    ///
    /// # Errors
    /// How the budget stands that is spent.
    pub fn for_viewer(
        budgets: &Budgets,
        clock: &Clock,
        policy: Introspection,
        viewer: &ViewerScope,
        address: u64,
    ) -> Result<Self, Standing> {
        let payers = match viewer.viewer {
            Viewer::System(_) => Vec::new(),
            Viewer::Anonymous => vec![Payer::Address(address)],
            Viewer::Person(user) => [Payer::User(user)].into_iter().chain(viewer.session.map(Payer::Session)).collect(),
        };
        let may_introspect = match (policy, &viewer.viewer) {
            (_, Viewer::System(_)) | (Introspection::Everybody, _) | (Introspection::SignedIn, Viewer::Person(_)) => {
                true
            }
            (Introspection::SignedIn, Viewer::Anonymous) | (Introspection::Nobody, _) => false,
        };
        let (budgets, clock) = (budgets.clone(), clock.clone());
        let terms = Self(Arc::new(Inner { budgets, clock, payers, may_introspect, cost: AtomicU64::new(0) }));
        match terms.standing() {
            Some(standing) if standing.remaining() == 0 => Err(standing),
            _ => Ok(terms),
        }
    }

    /// The tightest budget that pays; none when nobody counts.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.0.budgets.standing(&self.0.payers, self.now())
    }

    /// What the request has cost; nothing before that is known.
    #[must_use]
    pub fn cost(&self) -> u64 {
        self.0.cost.load(Ordering::Relaxed)
    }

    #[must_use]
    pub fn may_introspect(&self) -> bool {
        self.0.may_introspect
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Takes what the request costs from all who pay.
    pub(super) fn pay(&self, cost: u64) {
        self.0.cost.store(cost, Ordering::Relaxed);
        self.0.budgets.spend(&self.0.payers, cost, self.now());
    }
}
