//! Saying something about a line of somebody's work. Whoever may see the work may.

use entity::identity::scope::Scope;
use entity::submission::{backup, comment};
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use sea_orm::{ActiveModelTrait as _, Set};

use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// The longest comment, in bytes.
pub const MESSAGE: usize = 64 << 10;
/// The longest name of a file, in bytes.
const NAME: usize = 1_024;

/// A comment to be written.
#[derive(Clone, Debug)]
pub struct NewComment {
    /// The key of the work, handed in or not.
    pub backup: i64,
    pub filename: String,
    /// From 1.
    pub line: i32,
    /// Markdown.
    pub message: String,
}

/// Why it was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentCode {
    /// Nobody is signed in whose it could be, or the way in is not for that.
    NotAllowed,
    /// There is no such work, or not for this viewer.
    WorkUnknown,
    /// It is about no file, or no line.
    PlaceInvalid,
    /// It is empty, or too long.
    MessageInvalid,
}

/// Writes it.
///
/// # Errors
/// When there is no such work for the viewer, the input is not good, or something breaks.
pub async fn comment(
    deps: &Deps,
    viewer: &ViewerScope,
    new: NewComment,
) -> Result<comment::Model, Problem<CommentCode>> {
    let acts = viewer.allows(Scope::Submit) || viewer.allows(Scope::Grade);
    let may_not = || Problem::refused(CommentCode::NotAllowed, "Sign in to comment on work.");
    let author = viewer.impersonator.or(viewer.user()).filter(|_| acts).ok_or_else(may_not)?;
    let (filename, message) = (new.filename.replace('\0', "\u{fffd}"), new.message.replace('\0', "\u{fffd}"));
    if filename.trim().is_empty() || filename.len() > NAME || new.line < 1 {
        let told = format!("A comment is about a line, from 1, of a file whose name has at most {NAME} bytes.");
        return Err(Problem::refused_at(CommentCode::PlaceInvalid, told, &["line"]));
    }
    if message.trim().is_empty() || message.len() > MESSAGE {
        let told = format!("A comment has 1 to {MESSAGE} bytes.");
        return Err(Problem::refused_at(CommentCode::MessageInvalid, told, &["message"]));
    }
    let write = Write::begin(deps).await?;
    let unknown = || Problem::refused_at(CommentCode::WorkUnknown, "There is no such work.", &["submission"]);
    let work = backup::Entity::visible(viewer).by_key(write.tx(), new.backup).await?.ok_or_else(unknown)?;
    let row = comment::ActiveModel {
        backup_id: Set(work.id),
        course_id: Set(work.course_id),
        owner_id: Set(work.submitter_id),
        author_id: Set(author),
        filename: Set(filename),
        line: Set(new.line),
        message: Set(message),
        created_at: Set(write.now),
        updated_at: Set(write.now),
        ..Default::default()
    };
    let row = row.insert(write.tx()).await?;
    write.commit().await?;
    Ok(row)
}
