//! Ending a connection with a provider.

use entity::identity::audit::Action;
use entity::identity::external_identity as identity;
use entity::viewer::ViewerScope;
use entity::visible::Viewable as _;
use serde_json::json;

use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::problem::Problem;
use crate::write::Write;

/// Why it was not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisconnectCode {
    /// There is none, or it is somebody else's.
    NotFound,
    /// Only a sign-in changes the ways into an account, and no token.
    NotAllowed,
}

/// Ends it: whoever signs in there shows a password before they come into an account again. Sessions stay. For its owner, and who runs the site.
///
/// # Errors
/// When there is none that the viewer may end, or something breaks.
pub async fn disconnect(deps: &Deps, viewer: &ViewerScope, id: i64) -> Result<(), Problem<DisconnectCode>> {
    if !viewer.is_unlimited() {
        let message = "Only a sign-in changes the ways into an account, and no token.";
        return Err(Problem::refused(DisconnectCode::NotAllowed, message));
    }
    let write = Write::begin(deps).await?;
    let found = identity::Entity::visible(viewer).by_key(write.tx(), id).await?;
    let found = match found {
        Some(found) => identity::end(write.tx(), found.id, write.now).await?.then_some(found),
        None => None,
    };
    let Some(found) = found else {
        let message = "There is no such connection of yours.";
        return Err(Problem::refused_at(DisconnectCode::NotFound, message, &["identity"]));
    };
    let details = json!({ "issuer": found.issuer });
    note(&write, entry(viewer, Action::IdentityDisconnected, Some(found.user_id), details)).await?;
    write.commit().await?;
    Ok(())
}
