//! Stopping a run that somebody does not want any more.

use entity::execution::run::{self, RunState};
use entity::execution::verdict::Verdict;
use entity::id::{self, Kind};
use entity::job::{self, JobState};
use entity::viewer::ViewerScope;
use entity::visible::Viewable;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::conclusion::not_run;
use super::finish::FinishRun;
use super::run::CANCELLED;
use crate::deps::Deps;
use crate::problem::{Fault, Problem};
use crate::runner::STOPPED;
use crate::write::Write;

/// Why it is not stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelCode {
    /// There is no such run, or it is not for this viewer.
    RunUnknown,
}

/// Stops a run: at once when it waits, and as soon as its worker hears of it when it runs; its verdict says so then. One that is done
/// stays as it is. The run as it is now.
///
/// # Errors
/// When the viewer may not, or something breaks.
pub async fn cancel_run(deps: &Deps, viewer: &ViewerScope, run: i64) -> Result<run::Model, Problem<CancelCode>> {
    let unknown = || Problem::refused_at(CancelCode::RunUnknown, "There is no such run.", &["run"]);
    run::Entity::visible(viewer).by_key(deps.db.read(), run).await?.ok_or_else(unknown)?;
    // Who may see a run has asked for it or reviews it, and may stop it.
    stop(deps, run).await?;
    run::Entity::find_by_id(run).one(deps.db.read()).await?.ok_or_else(unknown)
}

/// Stops a run for who may.
///
/// # Errors
/// When something breaks.
pub async fn stop(deps: &Deps, run: i64) -> Result<(), Fault> {
    let mut write = Write::begin(deps).await?;
    let row = run::Entity::find_by_id(run).one(write.tx()).await?;
    if row.is_none_or(|row| row.state == RunState::Done) {
        return Ok(());
    }
    let cancelled = match under_way(&write, run).await? {
        Some(job) => write.stop(job, STOPPED).await? != Some(false),
        // A run without a job would wait for ever.
        None => true,
    };
    if cancelled {
        let (outcome, conclusion) = not_run(Verdict::Cancelled, None, CANCELLED);
        FinishRun::concluded(run, &outcome, conclusion)?.finish(&mut write).await?;
    }
    write.commit().await?;
    Ok(())
}

/// The job that does the run, unless it has ended.
async fn under_way(write: &Write, run: i64) -> Result<Option<i64>, DbErr> {
    let job = job::Entity::find()
        .filter(job::Column::Subject.eq(id::encode(Kind::Run, run)))
        .filter(job::Column::State.is_in([JobState::Queued, JobState::Leased]))
        .order_by_desc(job::Column::Id)
        .one(write.tx())
        .await?;
    Ok(job.map(|job| job.id))
}
