//! Claiming in the transaction that enqueues: what finds a free slot here begins when its commit returns, and nobody is woken to look
//! for it in the rows.
//!
//! Slots are free only while nothing waits that could be begun, so nobody is overtaken. If all are taken, this costs nothing, and
//! the lane claims as always. Jobs with a key are left to the lane too: whether a twin is being worked on may be decided by another
//! transaction that has not ended, and this one must not fail for it.

use std::sync::Arc;

use entity::job::Model;
use entity::job::claim::{self, Which};
use entity::job::event::{Event, leased};
use sea_orm::{ConnectionTrait, DbErr};
use tokio::sync::OwnedSemaphorePermit;

use super::{LaneConfig, Slots};
use crate::runner::Lease;

/// A job that was claimed for a slot, and is to be begun.
#[derive(Debug)]
pub(super) struct Handed {
    pub job: Model,
    pub lease: Lease,
    pub place: OwnedSemaphorePermit,
}

/// Jobs of one lane that a transaction has claimed which has not committed yet. If it never does, the slots are free again.
#[derive(Debug)]
pub(crate) struct AtOnce {
    slots: Arc<Slots>,
    jobs: Vec<Handed>,
}

impl AtOnce {
    /// Claims for the slots that are free, if any are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn claim(
        tx: &impl ConnectionTrait,
        config: &LaneConfig,
        slots: &Arc<Slots>,
    ) -> Result<Option<Self>, DbErr> {
        let Some(mut taken) = slots.take_free() else { return Ok(None) };
        let mut at_once = Self { slots: Arc::clone(slots), jobs: Vec::new() };
        let (room, batch) = taken.room();
        let wanted = config.wanted(Which::Keyless { slots: room as u64, batch: batch as u64 });
        let lease = Lease::starting_now(wanted.lease_token, wanted.lease);
        for job in claim::claim(tx, &wanted).await? {
            if let Some(place) = taken.split(job.class) {
                at_once.jobs.push(Handed { job, lease, place });
            }
        }
        Ok(Some(at_once))
    }

    /// What those who follow the jobs are to hear when the transaction has committed.
    pub fn events(&self) -> impl Iterator<Item = Event> {
        let told = |Handed { job, .. }: &Handed| Some(leased(job.id, job.claim_head?, job.attempt, job.started_at?));
        self.jobs.iter().filter_map(told)
    }

    /// Has them begun.
    pub fn begin(mut self) {
        self.slots.hand(std::mem::take(&mut self.jobs));
    }
}

impl Drop for AtOnce {
    fn drop(&mut self) {
        self.jobs.clear();
        // Who came for a slot meanwhile found none.
        self.slots.wake();
    }
}
