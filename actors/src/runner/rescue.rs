//! Taking back jobs whose holder is gone.

use std::panic::AssertUnwindSafe;

use entity::job::lease::{self, Moved, Rescue};
use entity::job::{self, JobState};
use futures_util::FutureExt as _;
use sea_orm::{DbErr, EntityTrait};

use crate::deps::Deps;
use crate::kinds;
use crate::problem::words_of;
use crate::write::Write;
use crate::writer::announce;

/// Takes back the leases; jobs go back to their queue, or are given up when they were lost too often.
///
/// # Errors
/// When the database does not answer, or one that is to be given up cannot be. The others are taken back all the same.
pub async fn rescue(deps: &Deps, whose: &Rescue) -> Result<(), DbErr> {
    let Err(error) = guarded(deps, whose, None, LastWords::Heard).await else { return Ok(()) };
    tracing::debug!(error = %error, "jobs cannot be taken back together; trying each alone");
    let mut result = Ok(());
    for job in lease::gone(deps.db.read(), whose).await? {
        if let Err(error) = alone(deps, whose, job).await {
            tracing::warn!(job.id = job, error = %error, "a job cannot be taken back");
            result = Err(error);
        }
    }
    result
}

/// How often a job that is given up may fail to have its last effects before it is given up without them.
const TRIES: usize = 3;

/// Whether what a job wants done when it is given up is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LastWords {
    Heard,
    Dropped,
}

/// Takes back one job. One whose last effects the database refuses again and again is given up without them: a job that stays
/// leased for ever would be worse, and the log has what was refused.
async fn alone(deps: &Deps, whose: &Rescue, job: i64) -> Result<(), DbErr> {
    for _ in 0..TRIES {
        match guarded(deps, whose, Some(job), LastWords::Heard).await {
            Ok(()) => return Ok(()),
            Err(error) => tracing::error!(job.id = job, error = %error, "the last effects of a job were refused"),
        }
    }
    guarded(deps, whose, Some(job), LastWords::Dropped).await
}

/// A panic in the last words of a job is an error like any other.
async fn guarded(deps: &Deps, whose: &Rescue, only: Option<i64>, words: LastWords) -> Result<(), DbErr> {
    let ended = AssertUnwindSafe(transaction(deps, whose, only, words)).catch_unwind().await;
    ended.unwrap_or_else(|panic| Err(DbErr::Custom(format!("panicked: {}", words_of(panic.as_ref())))))
}

async fn transaction(deps: &Deps, whose: &Rescue, only: Option<i64>, words: LastWords) -> Result<(), DbErr> {
    let mut write = Write::begin(deps).await?;
    let moved = lease::rescue(write.tx(), whose, only).await?;
    let rescued = moved.len();
    for moved in &moved {
        tracing::warn!(
            job.id = moved.id,
            job.state = moved.state.word(),
            "a job was taken back from a holder that is gone"
        );
        if moved.state == JobState::Dead && words == LastWords::Heard {
            give_up(deps, &mut write, moved).await?;
        }
        if moved.state == JobState::Cancelled && words == LastWords::Heard {
            write.gave_way(moved.id).await?;
        }
        announce(&mut write, moved);
    }
    if moved.is_empty() {
        return Ok(());
    }
    write.commit().await?;
    deps.tally.rescued(rescued);
    Ok(())
}

async fn give_up(deps: &Deps, write: &mut Write, moved: &Moved) -> Result<(), DbErr> {
    let Some(job) = job::Entity::find_by_id(moved.id).one(write.tx()).await? else { return Ok(()) };
    let Some(kind) = kinds::find(deps.site.kinds, &job.kind) else { return Ok(()) };
    let reason = moved.error.as_deref().unwrap_or("it was lost");
    (kind.given_up)(&job, reason).apply(write).await
}
