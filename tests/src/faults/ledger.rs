//! The ledger: what was enqueued and acknowledged, to be held against what has happened in the end.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actors::database::Database;
use actors::deps::Deps;
use actors::job::Job as _;
use actors::write::Write;
use entity::job::queue::NewJob;
use entity::job::{self, JobState};
use sea_orm::EntityTrait as _;
use tokio::time::{Instant, sleep};

use super::errand::{Act, Errand};
use crate::stage;

/// What was acknowledged.
#[derive(Debug, Default)]
pub struct Ledger {
    acknowledged: Mutex<BTreeSet<String>>,
    next: AtomicU64,
}

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what another process was told.
    pub fn note(&self, name: &str) {
        self.lock().insert(name.to_owned());
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nothing was acknowledged yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Enqueues an errand with a name of its own; its name if that was acknowledged.
    pub async fn send(&self, deps: &Deps, acts: &[Act]) -> Option<String> {
        let name = format!("errand {}", self.next.fetch_add(1, Ordering::Relaxed));
        let errand = Errand { name: name.clone(), acts: acts.to_vec() };
        enqueue(deps, errand.new()).await.ok()?;
        self.note(&name);
        Some(name)
    }

    /// Enqueues so many, which must be acknowledged.
    pub async fn send_all(&self, deps: &Deps, count: usize, acts: &[Act]) {
        for _ in 0..count {
            self.send(deps, acts).await.expect("acknowledged");
        }
    }

    /// Waits until nothing is left to do, and compares: what was acknowledged is done and had its effect, once, and so had whatever
    /// was enqueued without anybody having heard of it. No failure was counted. All jobs, for who wants to know more.
    pub async fn settled(&self, db: &Database, within: Duration) -> Vec<job::Model> {
        let jobs = all_ended(db, within).await;
        let marks: BTreeSet<String> = stage::marks(db).await.into_iter().collect();
        let lost: Vec<String> = self.lock().difference(&marks).cloned().collect();
        assert!(lost.is_empty(), "acknowledged, but without effect: {lost:?}");
        let unlike = |job: &&job::Model| job.state != JobState::Done || job.failures != 0;
        let unlike: Vec<&job::Model> = jobs.iter().filter(unlike).collect();
        assert!(unlike.is_empty(), "not done, or counted as a failure: {unlike:#?}");
        assert_eq!(marks.len(), jobs.len(), "effects are not one for each job");
        jobs
    }
}

/// Enqueues in a transaction of its own, as an operation does.
///
/// # Errors
/// When it was not acknowledged. It may have happened all the same.
pub async fn enqueue(deps: &Deps, job: NewJob) -> Result<i64, sea_orm::DbErr> {
    let mut write = Write::begin(deps).await?;
    let id = write.enqueue(job).await?;
    write.commit().await?;
    Ok(id)
}

/// Waits until every job has ended; all jobs.
pub async fn all_ended(db: &Database, within: Duration) -> Vec<job::Model> {
    let begun = Instant::now();
    loop {
        let jobs = job::Entity::find().all(db.read()).await;
        let left: Vec<job::Model> = match jobs {
            Ok(jobs) if jobs.iter().all(|job| job.state.is_final()) => return jobs,
            Ok(jobs) => jobs.into_iter().filter(|job| !job.state.is_final()).collect(),
            Err(error) => panic!("the database does not answer in the end: {error}"),
        };
        assert!(
            begun.elapsed() < within,
            "{} jobs are left after {within:?}, the first: {:#?}",
            left.len(),
            left.first()
        );
        // Other processes work them: nobody here hears of it.
        sleep(Duration::from_millis(50)).await;
    }
}
