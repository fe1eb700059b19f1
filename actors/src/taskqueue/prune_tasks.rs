//! The recurring job that gives names of tasks back when their week is over, and forgets how many were leased long ago.

use entity::taskqueue::{self, counter, name};
use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Effects};
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;
use crate::write::Write;

/// Forget them.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct PruneTasks;

impl Job for PruneTasks {
    const KIND: &'static str = "taskqueue.prune_tasks";
    const LANE: &'static str = lanes::HOUSEKEEPING;
    const POLICY: Policy = Policy::TIDYING;

    fn key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }

    async fn run(self, _: Work) -> Result<Effects, BodyFault> {
        Ok(Effects::none().and(self))
    }
}

impl Effect for PruneTasks {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            // Many are forgotten in parts, so that nobody waits long behind it; the rest with the next.
            let now = taskqueue::now(write.tx()).await?;
            counter::forget(write.tx(), now).await?;
            if name::forget(write.tx(), now).await? >= name::BATCH {
                write.enqueue(self.new()).await?;
            }
            Ok(())
        })
    }
}
