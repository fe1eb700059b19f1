//! Declining a wish for more time.

use entity::assignment::extension::{self, State};
use entity::identity::audit::Action;
use entity::viewer::ViewerScope;
use sea_orm::{ActiveModelTrait as _, Set, Unchanged};

use super::{Done, ExtensionCode, find, finish, may_grant, words};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// Declines it, with an answer for the student.
///
/// # Errors
/// When the viewer may not, it is decided already, the answer is too long, or something breaks.
pub async fn decline(deps: &Deps, viewer: &ViewerScope, extension: i64, answer: &str) -> Done<()> {
    let write = Write::begin(deps).await?;
    let (row, _) = find(&write, viewer, extension).await?;
    may_grant(viewer, row.course_id)?;
    if row.state != State::Requested {
        return Err(Problem::refused(ExtensionCode::Decided, "This is decided already, or was withdrawn."));
    }
    let declined = extension::ActiveModel {
        id: Unchanged(row.id),
        state: Set(State::Declined),
        answer: Set(words(answer, "answer", false)?),
        decided_by: Set(viewer.user()),
        decided_at: Set(Some(write.now)),
        ..Default::default()
    };
    declined.update(write.tx()).await?;
    Ok(finish(write, viewer, Action::ExtensionDeclined, &row).await?)
}
