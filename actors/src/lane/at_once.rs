//! Claiming in the transaction that enqueues: what finds a free slot here begins when its commit returns, and nobody is woken to look
//! for it in the rows.
//!
//! A transaction claims nothing but what it enqueues itself, and only if nobody waits before that. So it ties nobody else to its own
//! end, walks past nobody's jobs, and overtakes nobody. Jobs with a key are left to the lane: whether a twin is being worked on may
//! be decided by another transaction that has not ended, and this one must not fail for it. So are many at once.
//!
//! When nobody heard whether the commit happened, it is looked up while the leases last: a job must not be leased with nobody at it.

use std::sync::Arc;
use std::time::Duration;

use entity::job::Model;
use entity::job::claim::{self, Which};
use entity::job::event::{Event, leased};
use entity::job::lease::{self, Held};
use sea_orm::{ConnectionTrait, DbErr};
use tokio::time::sleep;

use super::slots::Place;
use super::{LaneConfig, Slots};
use crate::database::Database;
use crate::runner::Lease;

/// A job that was claimed for a slot, and is to be begun.
#[derive(Debug)]
pub(super) struct Handed {
    pub job: Model,
    pub lease: Lease,
    pub place: Place,
}

impl Handed {
    fn held(&self) -> Held {
        (self.job.id, self.lease.token())
    }
}

/// Jobs of one lane that a transaction has claimed which has not committed yet. If it never does, the slots are free again.
#[derive(Debug)]
pub(crate) struct AtOnce {
    slots: Arc<Slots>,
    jobs: Vec<Handed>,
}

/// The most jobs that are claimed so. The lane takes more at a time than any transaction should wait for.
const MOST: usize = 64;
/// How often it is looked up whether a commit happened.
const DOUBT: Duration = Duration::from_millis(250);

impl AtOnce {
    /// Claims those of these jobs of the lane whose turn it is, for the slots that are free, if any are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn claim(
        tx: &impl ConnectionTrait,
        config: &LaneConfig,
        slots: &Arc<Slots>,
        jobs: &[i64],
    ) -> Result<Option<Self>, DbErr> {
        // Whoever is behind with beginning is not given more; and when it is the others' turn, the lane sees to it.
        if jobs.len() > MOST || slots.is_behind() || slots.owes_batch() {
            return Ok(None);
        }
        // Slots that are taken are free again before somebody is woken for them.
        let mut at_once = Self { slots: Arc::clone(slots), jobs: Vec::new() };
        let Some(mut taken) = slots.take_free() else { return Ok(None) };
        let (room, batch) = taken.room();
        let wanted = config.wanted(Which::Own { jobs: jobs.to_vec(), slots: room as u64, batch: batch as u64 });
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

    /// Has those begun that turn out to be leased, as long as their leases last: nobody knows whether the commit happened, nor whether
    /// it is still to happen.
    pub async fn begin_if_committed(mut self, db: Database) {
        loop {
            self.jobs.retain(|handed| !handed.lease.left().is_zero());
            let leases: Vec<Held> = self.jobs.iter().map(Handed::held).collect();
            if leases.is_empty() {
                return;
            }
            if let Ok(seen) = lease::seen(db.read(), &leases).await {
                self.slots.hand(self.jobs.extract_if(.., |handed| seen.contains(&handed.held())).collect());
                if db.is_embedded() {
                    // There is nobody else who could still be at that commit.
                    return;
                }
            }
            // A commit that is still under way in PostgreSQL tells nobody when it has happened.
            sleep(DOUBT).await;
        }
    }
}

impl Drop for AtOnce {
    fn drop(&mut self) {
        self.jobs.clear();
        // Who came for a slot meanwhile found none.
        self.slots.wake();
    }
}
