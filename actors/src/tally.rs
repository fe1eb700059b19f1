//! What happens in this process, counted: how long jobs wait and take, how they end, how the writer and the leases do.
//!
//! Counting costs no statement. Metrics read the counts as they are; what all processes are to know together goes into the
//! database every few seconds, with the [pulse](crate::pulse). Labels are lanes, kinds and endings, never people or courses.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use entity::job::Model;
use entity::job::lane::NO_COURSE;
use entity::job::waiting::{self, Waited, Worked};
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntGauge, Opts, Registry, exponential_buckets};

use crate::problem::Fault;

/// The counts of this process. Cheap to clone.
#[derive(Clone)]
pub struct Tally(Arc<Counts>);

struct Counts {
    registry: Registry,
    waited: HistogramVec,
    ended: HistogramVec,
    claims_failed: IntCounter,
    renewals_failed: IntCounter,
    rescued: IntCounter,
    batches: Histogram,
    followers: IntGauge,
    fresh: Mutex<Fresh>,
}

/// What the database has not been told yet.
#[derive(Debug, Default)]
struct Fresh {
    waited: HashMap<(&'static str, i64, i32), i64>,
    worked: HashMap<&'static str, (i64, i64)>,
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tally").field("fresh", &*self.fresh()).finish_non_exhaustive()
    }
}

impl From<prometheus::Error> for Fault {
    fn from(error: prometheus::Error) -> Self {
        Self::Internal(format!("metrics: {error}"))
    }
}

impl Tally {
    /// Counts that begin at nothing.
    ///
    /// # Errors
    /// When two of them have one name.
    pub fn new() -> Result<Self, Fault> {
        // From a tenth of a millisecond to about two hours.
        let spans = exponential_buckets(0.0001, 4.0, 14)?;
        let histogram = |name: &str, help: &str| HistogramOpts::new(name, help).buckets(spans.clone());
        let counts = Counts {
            registry: Registry::new(),
            waited: HistogramVec::new(
                histogram("lectern_job_waiting_seconds", "How long jobs had been due when they were claimed here."),
                &["lane"],
            )?,
            ended: HistogramVec::new(
                histogram("lectern_job_duration_seconds", "How long bodies took here, by how they ended."),
                &["lane", "kind", "outcome"],
            )?,
            claims_failed: counter("lectern_job_claims_failed_total", "Claims that the database did not answer.")?,
            renewals_failed: counter(
                "lectern_job_lease_renewals_failed_total",
                "Renewals of leases that the database did not answer.",
            )?,
            rescued: counter("lectern_job_losses_total", "Leases taken back here from processes that are gone.")?,
            batches: Histogram::with_opts(
                HistogramOpts::new("lectern_writer_batch_operations", "Operations of the writer in one transaction.")
                    .buckets(exponential_buckets(1.0, 2.0, 10)?),
            )?,
            followers: IntGauge::with_opts(Opts::new("lectern_followers", "Streams that are being followed here."))?,
            fresh: Mutex::default(),
        };
        let registry = &counts.registry;
        registry.register(Box::new(counts.waited.clone()))?;
        registry.register(Box::new(counts.ended.clone()))?;
        for counter in [&counts.claims_failed, &counts.renewals_failed, &counts.rescued] {
            registry.register(Box::new(counter.clone()))?;
        }
        registry.register(Box::new(counts.batches.clone()))?;
        registry.register(Box::new(counts.followers.clone()))?;
        Ok(Self(Arc::new(counts)))
    }

    fn fresh(&self) -> MutexGuard<'_, Fresh> {
        self.0.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the metrics are, for whoever shows them.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// A job was claimed for a lane of this process.
    pub(crate) fn claimed(&self, lane: &'static str, job: &Model) {
        let waited = job.waited.unwrap_or_default();
        self.0.waited.with_label_values(&[lane]).observe(waited as f64 / 1e6);
        let key = (lane, job.course_id.unwrap_or(NO_COURSE), waiting::bucket(waited));
        *self.fresh().waited.entry(key).or_default() += 1;
    }

    /// A body has ended, in these words, after so long.
    pub(crate) fn ended(&self, lane: &'static str, kind: &str, outcome: &str, took: Duration) {
        self.0.ended.with_label_values(&[lane, kind, outcome]).observe(took.as_secs_f64());
        let mut fresh = self.fresh();
        let (jobs, micros) = fresh.worked.entry(lane).or_default();
        (*jobs, *micros) = (*jobs + 1, *micros + entity::clock::micros(took));
    }

    pub(crate) fn claim_failed(&self) {
        self.0.claims_failed.inc();
    }

    pub(crate) fn renewal_failed(&self) {
        self.0.renewals_failed.inc();
    }

    pub(crate) fn rescued(&self, jobs: usize) {
        self.0.rescued.inc_by(jobs as u64);
    }

    pub(crate) fn batch(&self, operations: usize) {
        self.0.batches.observe(operations as f64);
    }

    /// Somebody follows a stream for as long as this is kept.
    pub(crate) fn follower(&self) -> Follower {
        self.0.followers.inc();
        Follower(self.0.followers.clone())
    }

    /// What the database has not been told yet. It counts as told from here on.
    pub(crate) fn take(&self) -> (Vec<Waited>, Vec<Worked>) {
        std::mem::take(&mut *self.fresh()).rows()
    }

    /// The same, but it is still to be told.
    pub(crate) fn untold(&self) -> (Vec<Waited>, Vec<Worked>) {
        self.fresh().rows()
    }
}

impl Fresh {
    /// As rows in the order of their keys, in which all processes lock them.
    fn rows(&self) -> (Vec<Waited>, Vec<Worked>) {
        let waited = self.waited.iter().map(|((lane, course, bucket), jobs)| Waited {
            lane: (*lane).to_owned(),
            course: *course,
            bucket: *bucket,
            jobs: *jobs,
        });
        let worked = self.worked.iter().map(|(lane, (jobs, micros))| Worked {
            lane: (*lane).to_owned(),
            jobs: *jobs,
            micros: *micros,
        });
        let (mut waited, mut worked): (Vec<_>, Vec<_>) = (waited.collect(), worked.collect());
        waited.sort_by(|a, b| (&a.lane, a.course, a.bucket).cmp(&(&b.lane, b.course, b.bucket)));
        worked.sort_by(|a, b| a.lane.cmp(&b.lane));
        (waited, worked)
    }
}

/// Somebody who follows a stream.
#[derive(Debug)]
pub(crate) struct Follower(IntGauge);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn counter(name: &str, help: &str) -> Result<IntCounter, prometheus::Error> {
    IntCounter::with_opts(Opts::new(name, help))
}
