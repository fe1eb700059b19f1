//! Resuming a lane that was paused.

use entity::job::control;
use entity::viewer::ViewerScope;

use super::author;
use super::pause_lane::{LaneCode, check};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Lets a lane's jobs be begun again. False when it was not paused.
///
/// # Errors
/// When the viewer may not, or something breaks.
pub async fn resume_lane(deps: &Deps, viewer: &ViewerScope, lane: &str) -> Result<bool, Problem<LaneCode>> {
    check(deps, viewer, lane)?;
    let mut write = Write::begin(deps).await?;
    let resumed = control::resume(write.tx(), lane).await?;
    write.ring(lane);
    write.commit().await?;
    deps.sight.forget().await;
    tracing::info!(lane.name = lane, by = author(viewer), resumed, "a lane was resumed");
    Ok(resumed)
}
