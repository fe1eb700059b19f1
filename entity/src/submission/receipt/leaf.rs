//! What a receipt says of one piece of work, and how that becomes a leaf of the tree.
//!
//! Who handed it in is in the leaf as a hash of the address and a salt. Nobody can guess the address from it; who has the salt can show that
//! it is theirs; and when the salt is gone, the leaf says nothing of anybody and proves the rest as before.

use super::encoding::{Hash, Record};
use super::merkle;
use crate::clock::Timestamp;

/// What is certain about a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The assignment, by its name in addresses.
    pub assignment: String,
    /// The global id of the backup.
    pub backup: String,
    /// Whether it was handed in, and not only kept.
    pub handed_in: bool,
    /// When its request came, by its head and the pauses of its body: what counts for lateness.
    pub received_at: Timestamp,
    /// The hash of its files.
    pub files: Hash,
    /// The hash of its messages.
    pub messages: Hash,
    /// The hash of who handed it in.
    pub person: Hash,
}

impl Leaf {
    /// What is hashed.
    #[must_use]
    pub fn record(&self) -> Record {
        Record::named("lectern receipt leaf 1")
            .text(&self.assignment)
            .text(&self.backup)
            .yes_or_no(self.handed_in)
            .number(self.received_at.0)
            .bytes(&self.files)
            .bytes(&self.messages)
            .bytes(&self.person)
    }

    /// Its hash in the tree.
    #[must_use]
    pub fn hash(&self) -> Hash {
        merkle::leaf(self.record().written())
    }
}

/// The hash of who has this address.
#[must_use]
pub fn person(salt: &Hash, email: &str) -> Hash {
    Record::named("lectern receipt person 1").bytes(salt).text(email).hash()
}

/// The hash of files: their names, each with the SHA-256 of its bytes, in the order of the names.
#[must_use]
pub fn files<'f>(files: impl IntoIterator<Item = (&'f str, Hash)>) -> Hash {
    sorted("lectern receipt files 1", files)
}

/// The hash of messages: their kinds, each with the SHA-256 of its bytes, in the order of the kinds.
#[must_use]
pub fn messages<'m>(messages: impl IntoIterator<Item = (&'m str, Hash)>) -> Hash {
    sorted("lectern receipt messages 1", messages)
}

fn sorted<'p>(name: &str, parts: impl IntoIterator<Item = (&'p str, Hash)>) -> Hash {
    let mut parts: Vec<(&str, Hash)> = parts.into_iter().collect();
    parts.sort_unstable();
    parts.iter().fold(Record::named(name), |record, (name, hash)| record.text(name).bytes(hash)).hash()
}
