//! The recurring job that forgets the runs of guests whose time is over, with everything that belongs to them.

use entity::execution::guest;
use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Effects};
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;
use crate::write::Write;

/// Forget them.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct PruneGuests;

impl Job for PruneGuests {
    const KIND: &'static str = "execution.prune_guests";
    const LANE: &'static str = lanes::HOUSEKEEPING;
    const POLICY: Policy = Policy::TIDYING;

    fn key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }

    async fn run(self, _: Work) -> Result<Effects, BodyFault> {
        Ok(Effects::none().and(self))
    }
}

impl Effect for PruneGuests {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            // Many are forgotten in parts, so that nobody waits long behind it; the rest with the next.
            if guest::forget(write.tx(), write.now).await? >= guest::BATCH {
                write.enqueue(self.new()).await?;
            }
            Ok(())
        })
    }
}
