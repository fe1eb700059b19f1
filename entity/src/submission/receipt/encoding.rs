//! How what is hashed and signed is written down, so that no two things are written alike: a record is its items one behind the other, and
//! an item is the number of its bytes (four bytes, the highest first) and the bytes. A text is UTF-8, a whole number eight bytes in two's
//! complement, the highest first, a yes the number 1 and a no the number 0. The first item is the name of the record.

use sha2::{Digest as _, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// A record that is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record(Vec<u8>);

impl Record {
    /// An empty one of that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(Vec::with_capacity(512)).bytes(name.as_bytes())
    }

    /// Adds bytes.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        // Nothing that is written has four gigabytes; the limits of requests see to it.
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.0.extend(length.to_be_bytes());
        self.0.extend(bytes);
        self
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// Adds a whole number.
    #[must_use]
    pub fn number(self, number: i64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// Adds a yes or a no.
    #[must_use]
    pub fn yes_or_no(self, yes: bool) -> Self {
        self.number(i64::from(yes))
    }

    /// What was written.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        &self.0
    }

    /// Its SHA-256.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Sha256::digest(&self.0).into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{any, proptest};
    use proptest::prop_assert_eq;

    use super::Record;

    fn record(items: &[Vec<u8>]) -> Record {
        items.iter().fold(Record::named("test 1"), |record, item| record.bytes(item))
    }

    /// Reads the items of a record.
    fn items(mut written: &[u8]) -> Vec<Vec<u8>> {
        let mut items = Vec::new();
        while let Some((length, rest)) = written.split_first_chunk::<4>() {
            let (item, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
            items.push(item.to_vec());
            written = rest;
        }
        items
    }

    #[test]
    fn a_record_to_the_byte() {
        let record = Record::named("a").text("é").number(-2).yes_or_no(true);
        let written = "00000001 61 00000002 c3a9 00000008 fffffffffffffffe 00000008 0000000000000001";
        assert_eq!(hex::encode(record.written()), written.replace(' ', ""));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_so_no_two_are_written_alike(parts in vec(vec(any::<u8>(), 0..9), 0..9)) {
            let read = items(record(&parts).written());
            prop_assert_eq!(&read[0], b"test 1");
            prop_assert_eq!(&read[1..], &parts[..]);
        }

        #[test]
        fn others_are_others(one in vec(vec(any::<u8>(), 0..3), 0..4), other in vec(vec(any::<u8>(), 0..3), 0..4)) {
            prop_assert_eq!(record(&one).hash() == record(&other).hash(), one == other);
        }
    }
}
