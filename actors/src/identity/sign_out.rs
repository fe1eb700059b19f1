//! Signing out: a session ends, and whatever was given for it, wherever it was copied to.

use entity::identity::audit::Action;
use entity::identity::session;
use entity::viewer::ViewerScope;
use sea_orm::EntityTrait;
use serde_json::json;

use super::audit::{entry, note};
use super::sessions::{self, Which};
use crate::deps::Deps;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// Why no session was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndSessionCode {
    /// There is no such session of theirs.
    NotFound,
    /// Only a sign-in ends others.
    NotAllowed,
}

/// Ends the session by which somebody has come. Ending one that has ended changes nothing.
///
/// # Errors
/// When something breaks.
pub async fn sign_out(deps: &Deps, person: i64, session: i64) -> Result<(), Fault> {
    let mut write = Write::begin(deps).await?;
    sessions::end(&mut write, person, Which::One(session)).await?;
    write.commit().await?;
    Ok(())
}

/// Ends one of the viewer's sessions; who runs the site may end anybody's.
///
/// # Errors
/// When there is none that they may end, or something breaks.
pub async fn end_session(deps: &Deps, viewer: &ViewerScope, session: i64) -> Result<(), Problem<EndSessionCode>> {
    let not_found =
        || Problem::refused_at(EndSessionCode::NotFound, "There is no such session of yours.", &["session"]);
    let mut write = Write::begin(deps).await?;
    let row = session::Entity::find_by_id(session).one(write.tx()).await?.ok_or_else(not_found)?;
    let own = viewer.is_unlimited() && viewer.user() == Some(row.user_id);
    if !own && !viewer.may_administer() {
        return Err(not_found());
    }
    let ended = sessions::end(&mut write, row.user_id, Which::One(session)).await?;
    if !own && ended > 0 {
        let details = json!({ "ended": ended });
        note(&write, entry(viewer, Action::SessionsEnded, Some(row.user_id), details)).await?;
    }
    write.commit().await?;
    Ok(())
}

/// Ends all sign-ins of the viewer but the one by which they have come; how many there were. Tokens that they made stay.
///
/// # Errors
/// When they have not come by a sign-in, or something breaks.
pub async fn end_others(deps: &Deps, viewer: &ViewerScope) -> Result<u64, Problem<EndSessionCode>> {
    let (Some(person), Some(session), true) = (viewer.user(), viewer.session, viewer.is_unlimited()) else {
        let message = "Sign-ins are ended by their owner after a sign-in, not with a token.";
        return Err(Problem::refused(EndSessionCode::NotAllowed, message));
    };
    let mut write = Write::begin(deps).await?;
    let ended = sessions::end(&mut write, person, Which::AllBut(session)).await?;
    let details = json!({ "ended": ended });
    note(&write, entry(viewer, Action::SessionsEnded, Some(person), details)).await?;
    write.commit().await?;
    Ok(ended)
}
