//! Taking back: a wish by who has it, what was granted by staff.

use entity::assignment::extension::{self, State};
use entity::identity::audit::Action;
use entity::viewer::ViewerScope;
use sea_orm::{ActiveModelTrait as _, Set, Unchanged};

use super::{Done, ExtensionCode, find, finish, may_grant, settle};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Takes it back. What was handed in meanwhile stays handed in, and is late by the deadline that then holds.
///
/// # Errors
/// When the viewer may not, there is nothing to take back any more, or something breaks.
pub async fn withdraw(deps: &Deps, viewer: &ViewerScope, extension: i64) -> Done<()> {
    let write = Write::begin(deps).await?;
    let (row, works) = find(&write, viewer, extension).await?;
    match row.state {
        State::Requested if viewer.works_as() == Some(row.user_id) => {}
        State::Requested | State::Granted => may_grant(viewer, row.course_id)?,
        State::Declined | State::Withdrawn | State::Replaced => {
            let message = "It was declined, withdrawn or replaced already.";
            return Err(Problem::refused(ExtensionCode::Decided, message));
        }
    }
    let gone = extension::ActiveModel { id: Unchanged(row.id), state: Set(State::Withdrawn), ..Default::default() };
    gone.update(write.tx()).await?;
    settle(&write, &works).await?;
    Ok(finish(write, viewer, Action::ExtensionWithdrawn, &row).await?)
}
