//! How an operation says no: an expected outcome is data with a code, everything else is a fault.

use std::any::Any;

use sea_orm::DbErr;

/// Why an operation did not do what it was asked.
#[derive(Debug)]
pub enum Problem<C> {
    /// An outcome that its caller must expect. Nothing has changed.
    Refused(Refused<C>),
    /// Something broke. Whether anything has changed is not known.
    Fault(Fault),
}

/// An expected outcome: a code from the operation's own list, words for a person, and where in the input it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused<C> {
    pub code: C,
    pub message: String,
    pub path: Vec<String>,
}

/// Something broke. The text is for the log, not for the caller.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("database: {0}")]
    Database(#[from] DbErr),
    #[error("{0}")]
    Internal(String),
    /// A part of the platform is being restarted. The caller may try again.
    #[error("not available: {0}")]
    Unavailable(String),
}

impl<C> Problem<C> {
    /// A refusal that is about the input as a whole.
    pub fn refused(code: C, message: impl Into<String>) -> Self {
        Self::Refused(Refused { code, message: message.into(), path: Vec::new() })
    }

    /// A refusal that is about one part of the input.
    pub fn refused_at(code: C, message: impl Into<String>, path: &[&str]) -> Self {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        Self::Refused(Refused { code, message: message.into(), path })
    }

    /// The same with another code.
    pub fn map<D>(self, code: impl FnOnce(C) -> D) -> Problem<D> {
        match self {
            Self::Refused(refused) => {
                Problem::Refused(Refused { code: code(refused.code), message: refused.message, path: refused.path })
            }
            Self::Fault(fault) => Problem::Fault(fault),
        }
    }
}

impl<C> From<DbErr> for Problem<C> {
    fn from(error: DbErr) -> Self {
        Self::Fault(Fault::Database(error))
    }
}

impl<C> From<Fault> for Problem<C> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(format!("stored data cannot be read: {error}"))
    }
}

/// What a panic said.
pub(crate) fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}
