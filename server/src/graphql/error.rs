//! Errors: for faults and refused access only. An outcome that must be expected is data of its mutation.
//!
//! Every error has a [`Code`] in its extensions that stays the same from release to release. What broke inside goes to the log, with
//! its causes and the id of the request, which the client is told too; the client never sees a cause, a statement or a trace.

use std::error::Error as Cause;
use std::sync::Arc;

use actors::cause;
use actors::database::{Trouble, trouble};
use actors::problem::{Fault, Problem, Refused};
use async_graphql::{Error, ErrorExtensionValues, ErrorExtensions, Value};
use entity::identity::scope::Scope;
use sea_orm::DbErr;

use crate::observe::record::Record;

/// Everything that a door may answer as an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Nobody is signed in, or the token is not good.
    Unauthenticated,
    /// The token is not for that, whoever's it is.
    ScopeMissing,
    /// Another site had the browser send it.
    CrossSite,
    /// An argument, or the request around it, is not what the description says.
    BadInput,
    /// The document is not GraphQL, or does not fit the schema.
    InvalidDocument,
    /// The document asks for more than is answered at once.
    TooComplex,
    /// There is no trusted document of that id.
    DocumentNotFound,
    /// The site executes only trusted documents, and this is none.
    DocumentNotTrusted,
    /// The viewer has as many streams of events as are allowed at once.
    TooManyStreams,
    /// This site does not show its schema to who asks.
    IntrospectionClosed,
    /// The budget for this minute is spent.
    RateLimited,
    /// The answer, or the request itself, has taken too long.
    Timeout,
    /// The cursor is of a life of the site before it was restored from a backup.
    CursorReset,
    /// What it is about does not exist, or not for this viewer.
    NotFound,
    /// The database is away, or a part of the platform is being restarted.
    Unavailable,
    /// Something broke.
    Internal,
}

impl Code {
    /// All of them, in the order in which the documentation has them.
    pub const ALL: [Self; 16] = [
        Self::Unauthenticated,
        Self::ScopeMissing,
        Self::CrossSite,
        Self::BadInput,
        Self::InvalidDocument,
        Self::TooComplex,
        Self::DocumentNotFound,
        Self::DocumentNotTrusted,
        Self::TooManyStreams,
        Self::IntrospectionClosed,
        Self::RateLimited,
        Self::Timeout,
        Self::CursorReset,
        Self::NotFound,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The code as clients see it. It is the same in every release.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::ScopeMissing => "SCOPE_MISSING",
            Self::CrossSite => "CROSS_SITE",
            Self::BadInput => "BAD_INPUT",
            Self::InvalidDocument => "INVALID_DOCUMENT",
            Self::TooComplex => "TOO_COMPLEX",
            Self::DocumentNotFound => "DOCUMENT_NOT_FOUND",
            Self::DocumentNotTrusted => "DOCUMENT_NOT_TRUSTED",
            Self::TooManyStreams => "TOO_MANY_STREAMS",
            Self::IntrospectionClosed => "INTROSPECTION_CLOSED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Timeout => "TIMEOUT",
            Self::CursorReset => "CURSOR_RESET",
            Self::NotFound => "NOT_FOUND",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// The code that is written so, if it is one of ours.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

impl From<Code> for Value {
    fn from(code: Code) -> Self {
        Self::from(code.as_str())
    }
}

/// The code in the extensions of an error that was made here.
#[must_use]
pub fn code_of(extensions: Option<&ErrorExtensionValues>) -> Option<Code> {
    match extensions?.get("code")? {
        Value::String(code) => Code::read(code),
        _ => None,
    }
}

/// An error with its code: the one place where a door makes one.
#[must_use]
pub fn with_code(message: impl Into<String>, code: Code) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

/// Nobody is signed in, or the token is not good.
#[must_use]
pub fn unauthenticated(message: &str) -> Error {
    with_code(message, Code::Unauthenticated)
}

/// A token was used for what it is not for: it has none of these.
#[must_use]
pub fn scope_missing(scopes: &[Scope]) -> Error {
    let words: Vec<String> = scopes.iter().map(|scope| format!("`{}`", scope.word())).collect();
    let message = format!("This token may not be used for that: it needs the scope {} (or `all`).", words.join(" or "));
    with_code(message, Code::ScopeMissing)
}

/// An argument is wrong.
#[must_use]
pub fn bad_input(message: impl Into<String>) -> Error {
    with_code(message, Code::BadInput)
}

/// A cursor is of another life of the site.
#[must_use]
pub fn cursor_reset() -> Error {
    with_code(
        "This site was restored from a backup after that cursor was given. Begin anew, without `after`.",
        Code::CursorReset,
    )
}

/// The files of an answer are too long together.
#[must_use]
pub fn texts_too_long(mebibytes: usize) -> Error {
    let message = format!(
        "The texts of this answer have more than {mebibytes} MiB together. Ask for those of fewer files at once, or download the submissions."
    );
    with_code(message, Code::TooComplex)
}

/// There is nothing of that id, or not for this viewer.
#[must_use]
pub fn not_found(what: &str) -> Error {
    with_code(format!("There is no such {what}."), Code::NotFound)
}

/// Something broke, in these words.
#[must_use]
pub fn internal(cause: impl std::fmt::Display) -> Error {
    broken("fault", &cause::scrub(&cause.to_string()))
}

/// Something broke of which the log knows already: a panic.
pub(super) fn panicked() -> Error {
    broken("panic", "an operation panicked")
}

/// Tells the log what broke, and the client under which id it is found there.
fn broken(kind: &'static str, cause: &str) -> Error {
    let record = Record::of_operation();
    let id = record.id.as_str();
    tracing::error!(error.id = id, error.kind = kind, error = cause, "a request failed");
    with_code(format!("Something broke on our side. If it stays, tell the site's staff this id: {id}"), Code::Internal)
        .extend_with(|_, extensions| extensions.set("requestId", id))
}

fn unavailable(message: &str, cause: &str) -> Error {
    tracing::warn!(error = cause, "a request met a part that is away");
    with_code(message, Code::Unavailable)
}

/// A fault of the platform, for the client.
#[must_use]
pub fn fault(fault: Fault) -> Error {
    match &fault {
        Fault::Database(error) => of_database(error),
        Fault::Unavailable(what) => {
            unavailable("A part of the site is being restarted. Try again in a moment.", &cause::scrub(what))
        }
        Fault::Internal(_) => broken("fault", &cause::chain(&fault)),
    }
}

/// Whether an error says that a part of the site is away, and not that something broke.
#[must_use]
pub fn is_away(error: &Error) -> bool {
    code_of(error.extensions.as_ref()) == Some(Code::Unavailable)
}

/// A fault of the database, for the client.
#[must_use]
pub fn database(error: DbErr) -> Error {
    of_database(&error)
}

/// The same, of a statement that many waited for.
#[must_use]
pub fn loaded(error: Arc<DbErr>) -> Error {
    of_database(&error)
}

fn of_database(error: &DbErr) -> Error {
    let cause = cause::chain(error as &(dyn Cause + 'static));
    match trouble(error) {
        Trouble::Away | Trouble::Unable => {
            unavailable("The site cannot look that up at the moment. Try again in a moment.", &cause)
        }
        Trouble::Refused => broken("database", &cause),
    }
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

/// What is wrong with JSON that was sent, without a word of it.
#[must_use]
pub fn of_json(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let place = match (error.line(), error.column()) {
        (0, _) => String::new(),
        (line, column) => format!(" at line {line}, column {column}"),
    };
    match error.classify() {
        Category::Eof => format!("it ends too early{place}"),
        Category::Syntax => format!("it is not JSON{place}"),
        Category::Data => {
            format!("{}{place}", cause::scrub(error.to_string().split(" at line ").next().unwrap_or_default()))
        }
        Category::Io => "it did not come whole".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use actors::problem::Fault;
    use sea_orm::{DbErr, RuntimeErr};

    use super::{Code, code_of, database, fault, internal, of_json};

    #[test]
    fn who_is_at_fault_decides_the_code() {
        let silent = || DbErr::Conn(RuntimeErr::Internal("silence".into()));
        for (error, wanted) in [
            (database(silent()), Code::Unavailable),
            (fault(Fault::Database(silent())), Code::Unavailable),
            (fault(Fault::Unavailable("the writer restarts".into())), Code::Unavailable),
            (database(DbErr::RecordNotInserted), Code::Internal),
            (fault(Fault::Internal("broken".into())), Code::Internal),
            (internal("SELECT secret"), Code::Internal),
        ] {
            assert_eq!(code_of(error.extensions.as_ref()), Some(wanted), "{error:?}");
            assert!(!error.message.contains("silence") && !error.message.contains("SELECT"), "{error:?}");
            let id = error.extensions.as_ref().and_then(|extensions| extensions.get("requestId")).is_some();
            assert_eq!(id, wanted == Code::Internal, "{error:?}");
        }
    }

    #[test]
    fn faults_of_json_quote_nothing() {
        for (text, told) in [
            ("{\"hunter2\": 1", "it ends too early at line 1, column 13"),
            ("{hunter2}", "it is not JSON at line 1, column 2"),
            ("\"hunter2\"", "invalid type: string \"…\", expected a map at line 1, column 9"),
        ] {
            let error = serde_json::from_str::<std::collections::BTreeMap<String, i32>>(text).unwrap_err();
            assert_eq!(of_json(&error), told);
        }
    }
}
