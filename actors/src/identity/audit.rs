//! Noting what was changed about rights, in the transaction that changes it.

use entity::id::{self, Kind};
use entity::identity::audit::{self, Action, Entry};
use entity::viewer::ViewerScope;
use sea_orm::DbErr;
use serde_json::Value;

use crate::write::Write;

/// Something that a viewer does to somebody. Who acts in another's name does it, and in whose stands beside it.
pub(crate) fn entry(viewer: &ViewerScope, action: Action, user: Option<i64>, mut details: Value) -> Entry {
    if let (Some(_), Some(person)) = (viewer.impersonator, viewer.user()) {
        details["inTheNameOf"] = id::encode(Kind::User, person).into();
    }
    let actor = viewer.impersonator.or(viewer.user());
    Entry { action, actor, session: viewer.session, user, course: None, details }
}

/// Something that somebody does to their own account, with a ticket or before they have a session.
pub(crate) fn by_oneself(user: i64, action: Action, details: Value) -> Entry {
    Entry { action, actor: Some(user), session: None, user: Some(user), course: None, details }
}

/// Notes it; answers the key of the entry.
///
/// # Errors
/// When the database does not answer. Then what it is about must not happen either.
pub(crate) async fn note(write: &Write, entry: Entry) -> Result<i64, DbErr> {
    audit::note(write.tx(), entry, write.now).await
}
