//! Keys as the outside sees them: a prefix that names the type, and the row's key as a hash id.
//!
//! A hash id hides nothing and authorises nothing; it is only short, and not a number that people compare. Empty salt and a
//! minimum length of 6, so that the part after the prefix is the key that the `ok` protocol uses in its addresses.

mod hash;

use std::sync::LazyLock;

use harsh::Harsh;

/// The types that have a global id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    User,
    Section,
    Course,
    Enrollment,
    Mission,
    Screen,
    Concept,
    Exercise,
    Assignment,
    Backup,
    Submission,
    Run,
    Score,
    Job,
    Letter,
    Session,
    Ticket,
    AuditEntry,
    ExternalIdentity,
    Program,
    Group,
    Extension,
    Work,
    JoinCode,
    Comment,
}

const PREFIXES: [(Kind, &str); 25] = [
    (Kind::User, "usr"),
    (Kind::Section, "sec"),
    (Kind::Course, "crs"),
    (Kind::Enrollment, "enr"),
    (Kind::Mission, "mis"),
    (Kind::Screen, "scr"),
    (Kind::Concept, "con"),
    (Kind::Exercise, "exr"),
    (Kind::Assignment, "asn"),
    (Kind::Backup, "bak"),
    (Kind::Submission, "sub"),
    (Kind::Run, "run"),
    (Kind::Score, "sco"),
    (Kind::Job, "job"),
    (Kind::Letter, "let"),
    (Kind::Session, "ses"),
    (Kind::Ticket, "tic"),
    (Kind::AuditEntry, "aud"),
    (Kind::ExternalIdentity, "ext"),
    (Kind::Program, "prg"),
    (Kind::Group, "grp"),
    (Kind::Extension, "xtn"),
    (Kind::Work, "wrk"),
    (Kind::JoinCode, "joi"),
    (Kind::Comment, "com"),
];

// The builder refuses only a bad alphabet or separator, and neither is given.
static HASH: LazyLock<Option<Harsh>> = LazyLock::new(|| Harsh::builder().length(6).build().ok());

impl Kind {
    /// The three letters before the underscore.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        PREFIXES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, prefix)| prefix)
    }
}

/// The global id of a row: `sub_lejRej`.
#[must_use]
pub fn encode(kind: Kind, key: i64) -> String {
    [kind.prefix(), "_", &hash::encode(key.unsigned_abs())].concat()
}

/// What a global id names, or nothing if it is not one.
#[must_use]
pub fn decode(id: &str) -> Option<(Kind, i64)> {
    let (prefix, hash) = id.split_once('_')?;
    let (kind, _) = PREFIXES.iter().find(|(_, known)| *known == prefix)?;
    match HASH.as_ref()?.decode(hash).ok()?.as_slice() {
        [key] => Some((*kind, i64::try_from(*key).ok()?)),
        _ => None,
    }
}

/// The key in a global id of that kind, or nothing if the id is another kind's or none.
#[must_use]
pub fn decode_as(kind: Kind, id: &str) -> Option<i64> {
    decode(id).filter(|(found, _)| *found == kind).map(|(_, key)| key)
}

/// The key of a file: the backup that it is in, and its place there. Letters and digits alone, as all keys of the `ok` protocol.
#[must_use]
pub fn encode_file(backup: i64, place: usize) -> String {
    let numbers = [backup.unsigned_abs(), place as u64];
    HASH.as_ref().map(|hash| hash.encode(&numbers)).unwrap_or_default()
}

/// The backup and the place that the key of a file names.
#[must_use]
pub fn read_file(key: &str) -> Option<(i64, usize)> {
    match HASH.as_ref()?.decode(key).ok()?.as_slice() {
        [backup, place] => Some((i64::try_from(*backup).ok()?, usize::try_from(*place).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, PREFIXES, decode, decode_as, encode, encode_file, read_file};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(key in 0i64..i64::MAX, kind in 0..PREFIXES.len()) {
            let kind = PREFIXES[kind].0;
            prop_assert_eq!(decode(&encode(kind, key)), Some((kind, key)));
        }

        #[test]
        fn the_key_of_a_file_is_read(backup in 0i64..i64::MAX, place in 0usize..2_000) {
            let key = encode_file(backup, place);
            prop_assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            prop_assert_eq!((read_file(&key), decode(&format!("bak_{key}"))), (Some((backup, place)), None));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = decode(&text);
        }
    }

    #[test]
    fn known_values() {
        assert_eq!(encode(Kind::Submission, 1), "sub_lejRej");
        assert_eq!(decode_as(Kind::Backup, "sub_lejRej"), None);
        assert_eq!(decode("sub_"), None);
        assert_eq!(decode("lejRej"), None);
    }
}
