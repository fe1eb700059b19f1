//! Requests that change much, done once: what came of one is kept in its own transaction, under its sender's key.

use std::time::Duration;

use entity::bulk::{self, Begun};
use entity::clock::{Timestamp, micros};
use entity::file;
use entity::viewer::ViewerScope;
use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::Fault;
use crate::write::Write;

/// For so long a repeat is answered with what came of the first.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// The longest key, in characters.
pub const KEY_LENGTH: usize = 200;

/// What is to become of a request.
#[derive(Debug)]
pub(crate) enum Turn<A> {
    /// It is to be done.
    Do(Ticket),
    /// It was done before, and this came of it.
    Done(A),
    /// Something else was asked for under that key.
    Reused,
}

/// What keeps the answer of a request that is being done.
#[derive(Debug)]
#[must_use]
pub(crate) struct Ticket(Option<i64>);

impl Ticket {
    /// Of a request that nobody repeats.
    pub fn none() -> Self {
        Self(None)
    }

    /// Keeps what came of it, in the transaction that does it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep(self, write: &Write, answer: &impl Serialize) -> Result<(), Fault> {
        let Some(request) = self.0 else { return Ok(()) };
        Ok(bulk::answered(write.tx(), request, serde_json::to_vec(answer)?).await?)
    }
}

/// Whether a text can be a key.
#[must_use]
pub fn is_key(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= KEY_LENGTH && !text.contains(char::is_control)
}

/// Begins a request that its sender gave a key. Without one, and for the platform itself, it is done each time.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn begin<A: DeserializeOwned>(
    write: &Write,
    viewer: &ViewerScope,
    kind: &'static str,
    key: Option<&str>,
    input: &impl Serialize,
) -> Result<Turn<A>, Fault> {
    let (Some(user), Some(key)) = (viewer.user(), key) else { return Ok(Turn::Do(Ticket::none())) };
    let digest = file::digest(&serde_json::to_vec(input)?);
    bulk::prune(write.tx(), before(write.now)).await?;
    match bulk::begin(write.tx(), (user, kind, key), &digest, write.now).await? {
        Begun::Fresh(request) => Ok(Turn::Do(Ticket(Some(request)))),
        Begun::Before(row) if row.digest != digest => Ok(Turn::Reused),
        Begun::Before(row) => {
            let answer = row.answer.ok_or_else(|| DbErr::RecordNotFound("the answer of a request".to_owned()))?;
            Ok(Turn::Done(serde_json::from_slice(&answer)?))
        }
    }
}

fn before(now: Timestamp) -> Timestamp {
    Timestamp(now.0 - micros(KEPT))
}
