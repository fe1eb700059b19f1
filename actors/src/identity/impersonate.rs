//! Acting in somebody's name, to see what they see: for an hour, with the reason in the audit log, and never to change their account, to
//! hand in or run programs as them, or to run the site.

use std::time::Duration;

use entity::id::{self, Kind};
use entity::identity::audit::Action;
use entity::identity::scope::{Scope, Scopes};
use entity::identity::session::{self, SessionKind};
use entity::identity::user;
use entity::viewer::ViewerScope;
use serde_json::json;

use super::audit::{entry, note};
use super::secret::{self, SecretKind};
use super::sessions::{self, NewSession};
use crate::deps::Deps;
use crate::problem::{Fault, Problem};
use crate::write::Write;

/// How long somebody may act in another's name.
const LIFETIME: Duration = Duration::from_secs(3600);
/// The longest reason, in characters.
const REASON: usize = 500;

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImpersonateCode {
    NotAllowed,
    UserUnknown,
    /// A reason is missing: whoever reads the audit log will see it.
    ReasonMissing,
    /// Whoever runs the site acts for themselves.
    RunsSite,
}

/// A way in, in somebody's name.
#[derive(Debug)]
pub struct Impersonation {
    /// What a cookie holds, or a script sends as a token: as was asked.
    pub secret: String,
    pub session: session::Model,
    pub user: user::Model,
}

/// Opens a session in the name of the person with that address, for a browser or for a script. For who runs the site, after a sign-in of
/// their own.
///
/// # Errors
/// When the viewer may not, there is no such person, a reason is missing, or something breaks.
pub async fn impersonate(
    deps: &Deps,
    viewer: &ViewerScope,
    email: &str,
    reason: &str,
    kind: SessionKind,
) -> Result<Impersonation, Problem<ImpersonateCode>> {
    let person = viewer.user().filter(|_| viewer.may_administer() && viewer.is_unlimited());
    let may_not = || {
        let message = "Only who runs the site acts in another's name, after a sign-in of their own.";
        Problem::refused(ImpersonateCode::NotAllowed, message)
    };
    let person = person.ok_or_else(may_not)?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON {
        let message = format!("Say why, in up to {REASON} characters: it stays in the audit log.");
        return Err(Problem::refused_at(ImpersonateCode::ReasonMissing, message, &["reason"]));
    }
    let write = Write::begin(deps).await?;
    if !sessions::still_open(&write, viewer).await? {
        return Err(may_not());
    }
    let unknown = || {
        let message = format!("There is no account for `{email}` that somebody uses.");
        Problem::refused_at(ImpersonateCode::UserUnknown, message, &["email"])
    };
    let address = user::normal_email(email).ok_or_else(unknown)?;
    let user = user::by_email(write.tx(), &address).await?;
    let user = user.filter(user::Model::is_open).ok_or_else(unknown)?;
    if user.admin {
        let message = "Nobody acts in the name of somebody who runs the site.";
        return Err(Problem::refused_at(ImpersonateCode::RunsSite, message, &["email"]));
    }
    let secret = if kind == SessionKind::Browser { SecretKind::Cookie } else { SecretKind::Token }.make()?;
    // What is handed in must be the owner's own.
    let scopes = Scopes::of([Scope::Read, Scope::Grade, Scope::Content, Scope::Roster])
        .map_err(|error| Fault::Internal(error.to_string()))?;
    let new = NewSession {
        scopes: Some(scopes),
        lifetime: LIFETIME,
        impersonator: Some(person),
        ..NewSession::sign_in(kind, "somebody who runs the site")
    };
    let session = sessions::open(&write, &user, new, Some(secret::digest(&secret))).await?;
    note(
        &write,
        entry(
            viewer,
            Action::Impersonated,
            Some(user.id),
            json!({ "reason": reason, "session": id::encode(Kind::Session, session.id) }),
        ),
    )
    .await?;
    write.commit().await?;
    Ok(Impersonation { secret, session, user })
}
