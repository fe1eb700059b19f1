//! Taking back jobs whose holder is gone.

use entity::job::lease::{self, Moved, Rescue};
use entity::job::{self, JobState};
use sea_orm::{DbErr, EntityTrait};

use crate::deps::Deps;
use crate::kinds;
use crate::write::Write;
use crate::writer::announce;

/// Takes back the leases; jobs go back to their queue, or are given up when they were lost too often. Tells how many there were.
///
/// # Errors
/// When the database does not answer.
pub async fn rescue(deps: &Deps, whose: &Rescue) -> Result<usize, DbErr> {
    let mut write = Write::begin(deps).await?;
    let moved = lease::rescue(write.tx(), whose).await?;
    for moved in &moved {
        tracing::warn!(
            job.id = moved.id,
            job.state = moved.state.word(),
            "a job was taken back from a holder that is gone"
        );
        if moved.state == JobState::Dead {
            give_up(deps, &mut write, moved).await?;
        }
        announce(&mut write, moved);
    }
    if moved.is_empty() {
        return Ok(0);
    }
    write.commit().await?;
    Ok(moved.len())
}

async fn give_up(deps: &Deps, write: &mut Write, moved: &Moved) -> Result<(), DbErr> {
    let Some(job) = job::Entity::find_by_id(moved.id).one(write.tx()).await? else { return Ok(()) };
    let Some(kind) = kinds::find(deps.site.kinds, &job.kind) else { return Ok(()) };
    let reason = moved.error.as_deref().unwrap_or("it was lost");
    (kind.given_up)(&job, reason).apply(write).await
}
