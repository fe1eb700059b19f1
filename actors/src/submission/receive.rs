//! Receiving work from the `ok` client: a backup always, and a submission where the client hands it in and it can be graded.
//!
//! What cannot be handed in is kept as a backup all the same, with the reason. So nothing that arrived is ever lost, and the client, which sends
//! what was refused again and again, is answered with what is there.

use entity::clock::Timestamp;
use entity::file::{self, Content};
use entity::identity::scope::Scope;
use entity::identity::user;
use entity::submission::receipt::Receipt;
use entity::viewer::ViewerScope;
use sea_orm::{DbErr, EntityTrait as _};
use serde_json::json;
use std::sync::Arc;

use super::intake::{self, KeptBack, Taken, other_before, take_in};
use super::package::Package;
pub use super::package::{FILES, Messages, join};
use super::posted::{self, Named, Posted};
use crate::deps::Deps;
use crate::problem::Problem;

/// What has arrived.
#[derive(Debug)]
pub struct Arrival {
    /// The assignment, by its name in addresses.
    pub endpoint: String,
    pub messages: Messages,
    /// Whether it is to be handed in.
    pub submit: bool,
    /// When the request came: when its head had been read, and later by the pauses of its body.
    pub received_at: Timestamp,
}

/// Where it is now.
#[derive(Clone, Debug)]
pub struct Received {
    /// The key of the backup, and of the submission.
    pub backup: i64,
    /// Whether it was handed in.
    pub handed_in: bool,
    /// Why it was not, though it should.
    pub kept_back: Option<KeptBack>,
    pub posted: Arc<Posted>,
    /// Who sent it, and their address.
    pub owner: i64,
    pub email: String,
    /// None of what came before there were receipts.
    pub receipt: Option<Arc<Receipt>>,
}

/// Why nothing was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiveCode {
    /// Nobody is signed in whose work it could be, or the token is not for that.
    NotAllowed,
    /// There is no such assignment, or it is not for this viewer.
    AssignmentUnknown,
    /// What was sent is nothing that can be kept.
    Unreadable,
}

/// Receives it. Durable when it returns; the grading of what was handed in follows by itself.
///
/// # Errors
/// When the viewer may not, there is no such assignment for them, what was sent cannot be kept, or something breaks.
pub async fn receive(deps: &Deps, viewer: &ViewerScope, arrival: &Arrival) -> Result<Received, Problem<ReceiveCode>> {
    let may_not = || Problem::refused(ReceiveCode::NotAllowed, "Sign in with a token that hands in work.");
    let person = viewer.user().filter(|_| viewer.allows(Scope::Submit)).ok_or_else(may_not)?;
    let posted = find(deps, viewer, &arrival.endpoint).await?;
    let package = Package::open(&arrival.messages)
        .map_err(|unkept| Problem::refused_at(ReceiveCode::Unreadable, unkept.to_string(), &["messages"]))?;
    let operation_key = operation_key(deps, person, posted.assignment.id, arrival, &package).await?;
    let work = intake::Work {
        operation_key,
        files: package.files,
        messages: package.messages,
        client_created_at: package.client_created_at,
        received_at: arrival.received_at,
        submit: arrival.submit,
        tried: package.tried,
    };
    let Taken { accepted, kept_back, receipt } = take_in(deps, person, &posted, work).await?;
    let email = match receipt.as_ref().and_then(|receipt| receipt.holder.as_ref()) {
        Some(holder) => holder.email.clone(),
        None => {
            user::Entity::find_by_id(person).one(deps.db.read()).await?.map(|owner| owner.email).unwrap_or_default()
        }
    };
    let (backup, handed_in) = (accepted.submission, accepted.handed_in);
    Ok(Received { backup, handed_in, kept_back, posted, owner: person, email, receipt })
}

/// So many characters of a name that is none are told.
const ENDPOINT_SHOWN: usize = 200;

/// The assignment of that name, for who may see it.
///
/// # Errors
/// When there is none for the viewer, or something breaks.
pub async fn find(deps: &Deps, viewer: &ViewerScope, endpoint: &str) -> Result<Arc<Posted>, Problem<ReceiveCode>> {
    let found = posted::find(deps, viewer, Named::Endpoint(endpoint.to_owned())).await?;
    found.ok_or_else(|| {
        let endpoint: String = endpoint.chars().take(ENDPOINT_SHOWN).collect();
        let message = format!(
            "There is no assignment `{endpoint}` for you. Ask your teacher whether you are on the course's roster."
        );
        Problem::refused_at(ReceiveCode::AssignmentUnknown, message, &["assignment"])
    })
}

/// What makes two arrivals the same: who, what for, and every byte. Within that is the client's own time, and then it does not matter whether
/// it is to be handed in: the `ok` client sends what it could not hand in again as a backup. Without a time, the same is the same until
/// something else has come in between.
async fn operation_key(
    deps: &Deps,
    person: i64,
    assignment: i64,
    arrival: &Arrival,
    package: &Package,
) -> Result<String, DbErr> {
    let digest = |parts: &[(String, Content)]| -> Vec<(String, String)> {
        parts.iter().map(|(name, content)| (name.clone(), content.digest())).collect()
    };
    let (files, messages) = (digest(&package.files), digest(&package.messages));
    let is_what = match package.client_created_at {
        Some(_) => json!("at its time"),
        None => json!([arrival.submit, other_before(deps, person, assignment, &package.files).await?]),
    };
    Ok(file::digest(json!([person, assignment, "ok", is_what, files, messages]).to_string().as_bytes()))
}
