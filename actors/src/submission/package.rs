//! What the `ok` client sends: messages by kind. Any JSON is kept as it came; of three kinds something is understood: `file_contents` has the
//! files, `analytics` the time by the client's own clock, and `grading` how its tests went.

use chrono::{Datelike as _, NaiveDateTime};
use entity::clock::Timestamp;
use entity::file::Content;
use entity::submission::work::stuck::{Failing, Try};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;

/// The kind whose object has the files.
pub const FILES: &str = "file_contents";
const ANALYTICS: &str = "analytics";
const GRADING: &str = "grading";
/// The longest message of tests that is understood, in bytes.
const GRADING_LENGTH: usize = 64 << 10;
/// The longest name of a kind, in bytes, and the most kinds of a backup; the client has a dozen.
const KIND_LENGTH: usize = 64;
const KINDS: usize = 64;
/// The longest name of a file, in bytes, and the most files.
const NAME_LENGTH: usize = 1_024;
const FILE_COUNT: usize = 2_000;

/// Messages as they came.
pub type Messages = BTreeMap<String, Box<RawValue>>;

/// What they are stored as.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub files: Vec<(String, Content)>,
    /// Of the kind of files only what is no file: the client marks there what it hands in.
    pub messages: Vec<(String, Content)>,
    /// What the client's clock said.
    pub client_created_at: Option<Timestamp>,
    /// How the tests went; none where they were not run.
    pub tried: Option<Try>,
}

/// Why they cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unkept {
    #[error(
        "There are more than {KINDS} kinds of messages, or the name of one is empty, has control characters, or more than {KIND_LENGTH} bytes."
    )]
    Kinds,
    #[error("There are more than {FILE_COUNT} files.")]
    Files,
}

impl Package {
    /// Takes the messages apart.
    pub fn open(messages: &Messages) -> Result<Self, Unkept> {
        let named = |kind: &String| is_name(kind, KIND_LENGTH);
        if messages.len() > KINDS || !messages.keys().all(named) {
            return Err(Unkept::Kinds);
        }
        let client_created_at = messages.get(ANALYTICS).and_then(|raw| time(raw.get()));
        let mut files = Vec::new();
        let mut kept = Vec::new();
        for (kind, raw) in messages {
            let rest = if kind == FILES { take_files(raw.get(), &mut files)? } else { None };
            kept.push((kind.clone(), rest.unwrap_or_else(|| raw.get().as_bytes().to_vec()).into()));
        }
        let tried = messages.get(GRADING).and_then(|raw| tried(raw.get()));
        Ok(Self { files, messages: kept, client_created_at, tried })
    }
}

/// How a test went, as the client says it.
#[derive(Deserialize)]
struct Graded {
    #[serde(default)]
    passed: i32,
    #[serde(default)]
    failed: i32,
}

/// How the tests went; none where none was run, and for what is no such message.
fn tried(raw: &str) -> Option<Try> {
    let read = (raw.len() <= GRADING_LENGTH).then(|| serde_json::from_str::<BTreeMap<String, Graded>>(raw).ok());
    let all = read.flatten().filter(|all| !all.is_empty())?;
    let first = all.into_iter().find(|(_, graded)| graded.failed > 0);
    Some(Try { failing: first.map(|(test, graded)| Failing { test, passed: graded.passed }) })
}

/// The message of files as it was, of what it is stored as.
#[must_use]
pub fn join(files: Vec<(String, Vec<u8>)>, rest: &[u8]) -> Option<Box<RawValue>> {
    let rest: IndexMap<String, Box<RawValue>> = serde_json::from_slice(rest).ok()?;
    let mut all = IndexMap::new();
    for (name, bytes) in files {
        all.insert(name, to_raw_value(&String::from_utf8(bytes).ok()?).ok()?);
    }
    all.extend(rest);
    to_raw_value(&all).ok()
}

/// Takes the files out of their message; what is left of it, as it came. None when all of it is: it is no object, or has a name that is none,
/// such as half of a character.
fn take_files(raw: &str, files: &mut Vec<(String, Content)>) -> Result<Option<Vec<u8>>, Unkept> {
    let Ok(all) = serde_json::from_str::<IndexMap<String, &RawValue>>(raw) else { return Ok(None) };
    let mut rest: IndexMap<String, &RawValue> = IndexMap::new();
    for (name, value) in all {
        match serde_json::from_str::<String>(value.get()) {
            Ok(text) if is_name(&name, NAME_LENGTH) => files.push((name, text.into_bytes().into())),
            // What no file can be called, and what is no text, is kept with what is no file.
            _ => drop(rest.insert(name, value)),
        }
    }
    if files.len() > FILE_COUNT {
        return Err(Unkept::Files);
    }
    if files.is_empty() {
        return Ok(None);
    }
    Ok(serde_json::to_vec(&rest).ok())
}

fn is_name(name: &str, length: usize) -> bool {
    !name.is_empty() && name.len() <= length && !name.contains(char::is_control)
}

/// The client's time, which it writes as `YYYY-MM-DD HH:MM:SS.ffffff`, in UTC and without saying so.
fn time(analytics: &str) -> Option<Timestamp> {
    let said: Value = serde_json::from_str(analytics).ok()?;
    let time = NaiveDateTime::parse_from_str(said.get("time-utc")?.as_str()?, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    // Of other years no client reads a time back.
    (1..=9999).contains(&time.year()).then(|| Timestamp(time.and_utc().timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, proptest};
    use proptest::{collection, prop_assert_eq};
    use serde_json::{Value, json};

    use super::{FILES, Messages, Package, Unkept, join};

    fn messages(text: &str) -> Messages {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_understood_is_taken_and_all_is_kept() {
        let sent = messages(
            "{\"analytics\": {\"time-utc\": \"2026-11-29 23:59:59.000001\", \"x\":  1.10}, \"unlock\": [ ], \
             \"email\": \"a\", \"file_contents\": {\"hw.py\": \"\\u0000x\", \"submit\": true, \"b.py\": \"\"}}",
        );
        let package = Package::open(&sent).unwrap();
        let bytes = [("hw.py".to_owned(), b"\0x".to_vec()), ("b.py".to_owned(), Vec::new())];
        assert_eq!(package.files, bytes.clone().map(|(name, bytes)| (name, bytes.into())));
        assert_eq!(
            package.client_created_at.unwrap().to_utc().unwrap().to_rfc3339(),
            "2026-11-29T23:59:59.000001+00:00"
        );
        let kept = |kind: &str| {
            let found = package.messages.iter().find(|(known, _)| known == kind);
            std::str::from_utf8(found.unwrap().1.bytes()).unwrap()
        };
        assert_eq!(kept("analytics"), "{\"time-utc\": \"2026-11-29 23:59:59.000001\", \"x\":  1.10}");
        assert_eq!((kept("unlock"), kept("email"), kept(FILES)), ("[ ]", "\"a\"", "{\"submit\":true}"));
        let whole = join(bytes.to_vec(), kept(FILES).as_bytes()).unwrap();
        assert_eq!(whole.get(), r#"{"hw.py":"\u0000x","b.py":"","submit":true}"#);
    }

    #[test]
    fn what_is_no_text_hides_no_file() {
        let odd = r#"{"hw.py":"a","b.py":"\ud800","n":1e400,"m":123456789012345678901234567890.10}"#;
        let package = Package::open(&messages(&format!("{{\"file_contents\": {odd}}}"))).unwrap();
        assert_eq!(package.files, [("hw.py".to_owned(), b"a".to_vec().into())]);
        let whole = join(vec![("hw.py".to_owned(), b"a".to_vec())], package.messages[0].1.bytes()).unwrap();
        assert_eq!(whole.get(), odd);
    }

    #[test]
    fn what_is_not_understood_is_kept_as_it_came() {
        for files in ["[1]", "null", "\"x\"", "{\"a.py\": \"\\ud800\"}"] {
            let package = Package::open(&messages(&format!("{{\"file_contents\": {files}}}"))).unwrap();
            assert_eq!((package.files.len(), package.messages[0].1.bytes()), (0, files.as_bytes()), "{files}");
        }
        for time in ["\"yesterday\"", "7", "\"2026-13-01 00:00:00\"", "\"+262142-12-31 23:59:59\""] {
            let sent = messages(&format!("{{\"analytics\": {{\"time-utc\": {time}}}}}"));
            assert_eq!(Package::open(&sent).unwrap().client_created_at, None, "{time}");
        }
    }

    #[test]
    fn names_that_cannot_be_kept_are_refused() {
        for (sent, fault) in [
            (json!({ "": 1 }), Unkept::Kinds),
            (json!({ "a\0": 1 }), Unkept::Kinds),
            (json!({ "x".repeat(65): 1 }), Unkept::Kinds),
        ] {
            assert_eq!(Package::open(&messages(&sent.to_string())), Err(fault), "{sent}");
        }
        let many = |count: usize| Value::Object((0..count).map(|number| (format!("x{number}"), json!(""))).collect());
        for (sent, fault) in [
            (many(64), None),
            (many(65), Some(Unkept::Kinds)),
            (json!({ FILES: many(2_000) }), None),
            (json!({ FILES: many(2_001) }), Some(Unkept::Files)),
        ] {
            assert_eq!(Package::open(&messages(&sent.to_string())).err(), fault);
        }
    }

    proptest! {
        #[test]
        fn files_come_back_as_they_were(
            files in collection::btree_map("[a-z./]{1,9}", any::<String>(), 0..5),
            marked in any::<bool>().prop_map(|marked| marked.then_some(true)),
        ) {
            let mut sent = json!(files);
            if let Some(mark) = marked {
                sent["submit"] = json!(mark);
            }
            sent["a\u{1}b.py"] = json!("odd");
            let package = Package::open(&messages(&json!({ FILES: sent }).to_string())).unwrap();
            let files = package.files.iter().map(|(name, content)| (name.clone(), content.bytes().to_vec())).collect();
            let whole = join(files, package.messages[0].1.bytes());
            prop_assert_eq!(whole.map(|whole| serde_json::from_str::<Value>(whole.get()).unwrap()), Some(sent));
        }
    }
}
