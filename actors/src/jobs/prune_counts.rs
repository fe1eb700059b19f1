//! The recurring job that forgets old waiting times, and processes that were not heard of for long.

use entity::job::{waiting, worker};
use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Effects};
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;
use crate::write::Write;

/// Forget them.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct PruneCounts;

impl Job for PruneCounts {
    const KIND: &'static str = "job.prune_counts";
    const LANE: &'static str = lanes::HOUSEKEEPING;
    const POLICY: Policy = Policy::TIDYING;

    fn key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }

    async fn run(self, _: Work) -> Result<Effects, BodyFault> {
        Ok(Effects::none().and(self))
    }
}

impl Effect for PruneCounts {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            waiting::prune(write.tx()).await?;
            worker::prune(write.tx()).await
        })
    }
}
