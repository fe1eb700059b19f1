//! Claiming, by the shortest way: one statement that does not wait for the disk.
//!
//! A claim that a loss of power undoes leaves a job that is queued as before; who thinks to have it cannot settle it.

use std::time::Duration;

use entity::job::claim::{self, Claim};
use entity::job::event::leased;
use entity::job::{Model, lane};
use tokio::time::timeout;

use crate::deps::Deps;
use crate::problem::Fault;

/// How long the database may take. A claim that nobody heard the answer of ends with its lease.
const PATIENCE: Duration = Duration::from_secs(10);

/// Leases jobs, and tells those who follow them.
///
/// # Errors
/// When the database does not answer. Jobs may be leased all the same, until their leases end.
pub async fn claim(deps: &Deps, wanted: &Claim) -> Result<Vec<Model>, Fault> {
    let jobs = timeout(PATIENCE, async {
        let (relaxed, _turn) = deps.db.relaxed().await;
        claim::claim(relaxed, wanted).await
    });
    let jobs = jobs.await.map_err(|_| Fault::Unavailable("the database does not answer".into()))??;
    let told = jobs.iter().filter_map(|job| Some(leased(job.id, job.claim_head?, job.attempt, job.started_at?)));
    deps.bell.show(told.collect());
    Ok(jobs)
}

/// Moves the lane's jobs whose time has come among those that are claimed. What a loss of power undoes is done again a second later.
///
/// # Errors
/// When the database does not answer.
pub async fn due(deps: &Deps, name: &str) -> Result<u64, Fault> {
    let moved = timeout(PATIENCE, async {
        let (relaxed, _turn) = deps.db.relaxed().await;
        claim::due(relaxed, name).await
    });
    Ok(moved.await.map_err(|_| Fault::Unavailable("the database does not answer".into()))??)
}

/// Notes the rank that the lane's virtual time has come to. If that fails, the next claim makes up for it.
///
/// # Errors
/// When the database does not answer.
pub async fn note_floor(deps: &Deps, name: &str, highest: i64) -> Result<(), Fault> {
    let noted = timeout(PATIENCE, async {
        let (relaxed, _turn) = deps.db.relaxed().await;
        lane::raise_floor(relaxed, name, highest).await
    });
    Ok(noted.await.map_err(|_| Fault::Unavailable("the database does not answer".into()))??)
}
