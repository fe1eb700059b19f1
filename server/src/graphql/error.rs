//! Errors: for faults and refused access only. An outcome that must be expected is data of its mutation.
//!
//! Every error has a `code` in its extensions that stays the same from release to release. What broke inside goes to the log under
//! an id that the client is told; the client never sees a cause, a statement or a trace.

use actors::problem::{Fault, Problem, Refused};
use async_graphql::{Error, ErrorExtensions};
use sea_orm::DbErr;

/// The codes, in one list.
pub mod code {
    /// Nobody is signed in, or the token is not good.
    pub const UNAUTHENTICATED: &str = "UNAUTHENTICATED";
    /// An argument is not what the description says.
    pub const BAD_INPUT: &str = "BAD_INPUT";
    /// The cursor is of a life of the site before it was restored from a backup: begin without a cursor.
    pub const CURSOR_RESET: &str = "CURSOR_RESET";
    /// The document asks for more than is answered at once.
    pub const TOO_COMPLEX: &str = "TOO_COMPLEX";
    /// There is no trusted document of that id.
    pub const DOCUMENT_NOT_FOUND: &str = "DOCUMENT_NOT_FOUND";
    /// The site executes only trusted documents, and this is none.
    pub const DOCUMENT_NOT_TRUSTED: &str = "DOCUMENT_NOT_TRUSTED";
    /// The viewer has as many streams of events as are allowed at once.
    pub const TOO_MANY_STREAMS: &str = "TOO_MANY_STREAMS";
    /// What the subscription is about does not exist, or not for this viewer.
    pub const NOT_FOUND: &str = "NOT_FOUND";
    /// A part of the platform is being restarted; try again.
    pub const UNAVAILABLE: &str = "UNAVAILABLE";
    /// Something broke; the message has an id for the site's staff.
    pub const INTERNAL: &str = "INTERNAL";
}

fn with_code(message: impl Into<String>, code: &'static str) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

/// Nobody is signed in, or the token is not good.
#[must_use]
pub fn unauthenticated(message: &str) -> Error {
    with_code(message, code::UNAUTHENTICATED)
}

/// An argument is wrong.
#[must_use]
pub fn bad_input(message: impl Into<String>) -> Error {
    with_code(message, code::BAD_INPUT)
}

/// A cursor is of another life of the site.
#[must_use]
pub fn cursor_reset() -> Error {
    with_code(
        "This site was restored from a backup after that cursor was given. Begin anew, without `after`.",
        code::CURSOR_RESET,
    )
}

/// There is nothing of that id, or not for this viewer.
#[must_use]
pub fn not_found(what: &str) -> Error {
    with_code(format!("There is no such {what}."), code::NOT_FOUND)
}

/// Something broke.
#[must_use]
pub fn internal(cause: impl std::fmt::Display) -> Error {
    let id = actors::runner::new_token();
    tracing::error!(error.id = format!("{id:x}"), error = %cause, "a request failed");
    with_code(
        format!("Something broke on our side. If it stays, tell the site's staff this id: {id:x}"),
        code::INTERNAL,
    )
}

/// A fault of the platform, for the client.
#[must_use]
pub fn fault(fault: Fault) -> Error {
    match fault {
        Fault::Unavailable(what) => {
            tracing::warn!(error = %what, "a request met a part that is being restarted");
            with_code("A part of the site is being restarted. Try again in a moment.", code::UNAVAILABLE)
        }
        other => internal(other),
    }
}

/// A fault of the database, for the client.
#[must_use]
pub fn database(error: DbErr) -> Error {
    fault(Fault::Database(error))
}

/// What a mutation answers with: the refusal as data, a fault as an error.
///
/// # Errors
/// When it was a fault.
pub fn expected<C, T>(outcome: Result<T, Problem<C>>) -> async_graphql::Result<Result<T, Refused<C>>> {
    match outcome {
        Ok(done) => Ok(Ok(done)),
        Err(Problem::Refused(refused)) => Ok(Err(refused)),
        Err(Problem::Fault(broken)) => Err(fault(broken)),
    }
}
