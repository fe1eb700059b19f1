//! The live log of a run: what its watchers see while it goes on.

pub use entity::execution::record::RecordKind as Kind;

/// A piece of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub kind: Kind,
    /// Index of the step, from 0.
    pub step: u32,
    /// The number of the lab's case that it belongs to, if it does.
    pub case: Option<u32>,
    /// Bytes as the program wrote them: not always UTF-8, cut anywhere.
    pub bytes: Vec<u8>,
}

impl Record {
    /// One of the same place in the log, with other bytes.
    #[must_use]
    pub fn with(&self, bytes: Vec<u8>) -> Self {
        Self { kind: self.kind, step: self.step, case: self.case, bytes }
    }
}
