//! Stopping a job of any kind: at once when it waits, and as soon as its worker hears of it when it is worked on.

use entity::job::event::Stream;
use entity::job::{self, Model};
use entity::viewer::ViewerScope;
use entity::visible::Viewable;
use sea_orm::EntityTrait;
use serde_json::json;

use super::author;
use crate::deps::Deps;
use crate::kinds;
use crate::problem::Problem;
use crate::runner::STOPPED;
use crate::write::Write;

/// Why it is not stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelJobCode {
    /// There is no such job, or it is not for this viewer.
    JobUnknown,
    /// It has ended already.
    Ended,
}

/// Stops a job. Whoever may see one asked for it, reviews work in its course or runs the site, and may stop it. The job as it is
/// now.
///
/// # Errors
/// When the viewer may not, it has ended, or something breaks.
pub async fn cancel_job(deps: &Deps, viewer: &ViewerScope, job: i64) -> Result<Model, Problem<CancelJobCode>> {
    let unknown = || Problem::refused_at(CancelJobCode::JobUnknown, "There is no such job.", &["job"]);
    let seen = job::Entity::visible(viewer).by_key(deps.db.read(), job).await?;
    seen.filter(|row| row.may_stop(viewer)).ok_or_else(unknown)?;
    let mut write = Write::begin(deps).await?;
    let row = job::Entity::find_by_id(job).one(write.tx()).await?.ok_or_else(unknown)?;
    write.emit(Stream::Job(job), "stopping", json!({ "by": author(viewer) }));
    match write.stop(job, STOPPED).await? {
        None => {
            let message = format!("It has ended already: it is {}.", row.state.word());
            return Err(Problem::refused_at(CancelJobCode::Ended, message, &["job"]));
        }
        Some(true) => {
            // Nobody is left waiting: the same follows as when its worker stops it.
            if let Some(kind) = kinds::find(deps.site.kinds, &row.kind) {
                (kind.cancelled)(&row).apply(&mut write).await?;
            }
        }
        Some(false) => {}
    }
    write.commit().await?;
    deps.sight.forget().await;
    job::Entity::find_by_id(job).one(deps.db.read()).await?.ok_or_else(unknown)
}
