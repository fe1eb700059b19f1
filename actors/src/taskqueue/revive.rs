//! Having tasks tried again that were dropped. For the site's staff.

use entity::taskqueue::{self, dead};
use entity::viewer::ViewerScope;

use super::queue_key;
use super::set::SetTaskQueueCode;
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Brings tasks back that were dropped, as if they had never been leased; how many, which is at most [`dead::BATCH`].
///
/// # Errors
/// When the viewer may not, there can be no such queue, or something breaks.
pub async fn revive(
    deps: &Deps,
    viewer: &ViewerScope,
    project: &str,
    queue: &str,
) -> Result<usize, Problem<SetTaskQueueCode>> {
    if !viewer.may_administer() {
        let message = "Only the site's staff may have tasks tried again.";
        return Err(Problem::refused(SetTaskQueueCode::NotAllowed, message));
    }
    let key = queue_key(project, queue).map_err(super::set::bad_name)?;
    let write = Write::begin(deps).await?;
    let now = taskqueue::now(write.tx()).await?;
    let revived = dead::revive(write.tx(), &key, now).await?;
    write.commit().await?;
    Ok(revived)
}
