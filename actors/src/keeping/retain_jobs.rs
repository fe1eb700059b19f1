//! The recurring job that forgets jobs which ended long ago, a part with each of its jobs.

use std::time::Duration;

use entity::clock::{Timestamp, micros};
use entity::job::retention::{self, Limits};
use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use super::archive;
use crate::effect::{Effect, Effects};
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;
use crate::write::Write;

/// How many jobs are looked at together, and forgotten in one transaction at most.
const PART: u64 = 500;
/// How many parts without anything to forget are passed over by one job.
const PASSED: usize = 200;

/// Forget those behind this job.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct RetainJobs {
    after: i64,
}

impl Job for RetainJobs {
    const KIND: &'static str = "keeping.retain_jobs";
    const LANE: &'static str = lanes::HOUSEKEEPING;
    const POLICY: Policy = Policy { timeout: Duration::from_secs(300), ..Policy::TIDYING };

    fn key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }

    async fn run(self, work: Work) -> Result<Effects, BodyFault> {
        let (db, kept) = (work.deps.db.read(), &work.deps.site.retention);
        let now = work.deps.clock.now();
        let before = |span: Duration| Timestamp(now.0.saturating_sub(micros(span)));
        let limits = Limits { finished: before(kept.finished), dead: before(kept.dead) };
        let mut after = self.after;
        for _ in 0..PASSED {
            let part = retention::walk(db, after, PART).await?;
            let Some(last) = part.last() else { return Ok(Effects::none()) };
            after = last.id;
            let at_end = limits.end_before(last);
            let over: Vec<_> = part.into_iter().filter(|job| limits.pass(job)).collect();
            if over.is_empty() && !at_end {
                continue;
            }
            let jobs: Vec<i64> = over.iter().map(|job| job.id).collect();
            if let Some(folder) = kept.archive.clone().filter(|_| !over.is_empty()) {
                let events = retention::events(db, &jobs).await?;
                tokio::task::spawn_blocking(move || archive::append(&folder, &over, &events)).await??;
            }
            let next = (!at_end).then_some(Self { after });
            return Ok(Effects::none().and(Forget { jobs, limits, next }));
        }
        Ok(Effects::none().and(Forget { jobs: Vec::new(), limits, next: Some(Self { after }) }))
    }
}

/// What a part comes to.
#[derive(Clone, Debug)]
struct Forget {
    jobs: Vec<i64>,
    limits: Limits,
    next: Option<RetainJobs>,
}

impl Effect for Forget {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            retention::forget(write.tx(), &self.jobs, self.limits).await?;
            if let Some(next) = &self.next {
                write.enqueue(next.new()).await?;
            }
            Ok(())
        })
    }
}
