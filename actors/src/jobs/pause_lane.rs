//! Pausing a lane: nothing of it is begun until somebody resumes it; what is being worked on goes on.

use entity::job::control;
use entity::viewer::ViewerScope;

use super::{author, lane_names, lanes_in_words};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// The most characters of a reason.
pub const REASON: usize = 200;

/// Why a lane is not paused or resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneCode {
    /// Only who runs the site may.
    NotAllowed,
    /// There is no such lane.
    LaneUnknown,
    /// The reason is longer than 200 characters or has more than one line.
    ReasonUnusable,
}

/// Whether the viewer may steer that lane.
pub(super) fn check(deps: &Deps, viewer: &ViewerScope, lane: &str) -> Result<(), Problem<LaneCode>> {
    if !viewer.may_administer() {
        return Err(Problem::refused(LaneCode::NotAllowed, "Only who runs the site may pause and resume lanes."));
    }
    if lane_names(deps).contains(lane) {
        return Ok(());
    }
    let message = format!("There is no lane {lane}; the lanes are {}.", lanes_in_words(deps));
    Err(Problem::refused_at(LaneCode::LaneUnknown, message, &["lane"]))
}

/// Pauses a lane. Everybody whose job waits in it is told the reason.
///
/// # Errors
/// When the viewer may not, or something breaks.
pub async fn pause_lane(deps: &Deps, viewer: &ViewerScope, lane: &str, reason: &str) -> Result<(), Problem<LaneCode>> {
    check(deps, viewer, lane)?;
    // It is shown in pages, tables and terminals: nothing in it may steer those.
    if reason.chars().count() > REASON || reason.chars().any(char::is_control) {
        let message = format!("A reason is one line of at most {REASON} characters, without control characters.");
        return Err(Problem::refused_at(LaneCode::ReasonUnusable, message, &["reason"]));
    }
    let write = Write::begin(deps).await?;
    control::pause(write.tx(), lane, viewer.user(), reason).await?;
    write.commit().await?;
    deps.sight.forget().await;
    tracing::info!(lane.name = lane, by = author(viewer), reason, "a lane was paused");
    Ok(())
}
