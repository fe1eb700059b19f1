//! Taking a program away: whoever has let it in has not any more.

use entity::identity::audit::Action;
use entity::identity::oauth::client::{self, OK};
use entity::identity::oauth::code;
use entity::identity::session;
use entity::viewer::ViewerScope;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::problem::Problem;
use crate::write::Write;

/// Why it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoveProgramCode {
    NotAllowed,
    /// No program of that name is registered.
    ProgramUnknown,
    /// It comes with Lectern.
    BuiltIn,
}

/// Takes it away, and ends the sessions that were opened for it; how many those were. For who runs the site.
///
/// # Errors
/// When the viewer may not, there is no such program, or something breaks.
pub async fn remove(deps: &Deps, viewer: &ViewerScope, key: &str) -> Result<u64, Problem<RemoveProgramCode>> {
    if !viewer.may_administer() || !viewer.is_unlimited() {
        let message = "Only who runs the site may take programs away, after a sign-in.";
        return Err(Problem::refused(RemoveProgramCode::NotAllowed, message));
    }
    if key == OK {
        let message =
            "The ok client comes with Lectern and stays. People end what they have let in among their sessions.";
        return Err(Problem::refused_at(RemoveProgramCode::BuiltIn, message, &["clientId"]));
    }
    let mut write = Write::begin(deps).await?;
    let gone = client::Entity::delete_many().filter(client::Column::Key.eq(key)).exec(write.tx()).await?;
    if gone.rows_affected == 0 {
        let message = format!("No program `{key}` is registered.");
        return Err(Problem::refused_at(RemoveProgramCode::ProgramUnknown, message, &["clientId"]));
    }
    code::Entity::delete_many().filter(code::Column::Client.eq(key)).exec(write.tx()).await?;
    let ended = session::end_of_client(write.tx(), key, write.now).await?;
    let details = json!({ "client": key, "sessions": ended });
    note(&write, entry(viewer, Action::ProgramRemoved, None, details)).await?;
    write.rights_changed();
    write.commit().await?;
    Ok(ended)
}
