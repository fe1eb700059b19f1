//! What is counted about GraphQL, for the metrics. Labels are kinds and codes, of which there are few; never names or people.

use std::time::Duration;

use actors::problem::Fault;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, exponential_buckets,
};

use crate::graphql::error::Code;

/// The counts of this process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Counts {
    operations: IntCounterVec,
    durations: HistogramVec,
    /// Of queries that ended well, which are most of them.
    well: IntCounter,
    /// Of queries.
    query: Histogram,
    refused: IntCounterVec,
    following: IntGauge,
}

impl Counts {
    /// Counts that begin at nothing, shown with those of the registry.
    ///
    /// # Errors
    /// When the registry has counts of these names already.
    pub fn new(registry: &Registry) -> Result<Self, Fault> {
        // From half a millisecond to about half a minute.
        let spans = exponential_buckets(0.0005, 2.0, 16)?;
        let durations = HistogramOpts::new(
            "lectern_graphql_operation_seconds",
            "How long queries and mutations took, from their execution to their answer.",
        );
        let operations = IntCounterVec::new(
            Opts::new("lectern_graphql_operations_total", "Operations that have ended, by their first error's code."),
            &["kind", "code"],
        )?;
        let durations = HistogramVec::new(durations.buckets(spans), &["kind"])?;
        let counts = Self {
            well: operations.with_label_values(&["query", "OK"]),
            query: durations.with_label_values(&["query"]),
            operations,
            durations,
            refused: IntCounterVec::new(
                Opts::new("lectern_graphql_refused_total", "Requests and operations that were not executed."),
                &["code"],
            )?,
            following: IntGauge::with_opts(Opts::new(
                "lectern_graphql_socket_operations",
                "Operations whose answers are being sent one by one, on web sockets and as events.",
            ))?,
        };
        registry.register(Box::new(counts.operations.clone()))?;
        registry.register(Box::new(counts.durations.clone()))?;
        registry.register(Box::new(counts.refused.clone()))?;
        registry.register(Box::new(counts.following.clone()))?;
        Ok(counts)
    }

    /// An operation has ended.
    pub(crate) fn ended(&self, kind: &str, code: Option<Code>, took: Duration) {
        if kind == "query" && code.is_none() {
            self.well.inc();
            self.query.observe(took.as_secs_f64());
            return;
        }
        self.operations.with_label_values(&[kind, code.map_or("OK", Code::as_str)]).inc();
        // A subscription lasts as long as its reader stays.
        if kind != "subscription" {
            self.durations.with_label_values(&[kind]).observe(took.as_secs_f64());
        }
    }

    /// Something was not executed.
    pub(crate) fn refused(&self, code: &str) {
        self.refused.with_label_values(&[code]).inc();
    }

    /// Somebody is answered one by one for as long as this is kept.
    pub(crate) fn follow(&self) -> Following {
        self.following.inc();
        Following(self.following.clone())
    }
}

/// Somebody who is answered one by one.
#[derive(Debug)]
pub(crate) struct Following(IntGauge);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.dec();
    }
}
