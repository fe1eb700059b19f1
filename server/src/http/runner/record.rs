//! Records of the log as pages get them.

use entity::execution::record::{Model, RecordKind};
use serde_json::{Value, json};

/// What is said of a run that goes on, and of one that has ended. Pages show neither.
pub(super) const MESSAGES: [&str; 2] = ["PENDING", "SUCCESS"];

/// The folder in which programs lie, as they see it. A page knows its files by their names alone.
const FOLDER: &str = "/w/";

/// A record for who polls.
pub(super) fn polled(record: &Model) -> Value {
    let mut value = json!({ "msg": piece(record) });
    if let Some(case) = record.case_number {
        // A text: the number 0 would be taken for none.
        value["ref"] = json!(case.to_string());
    }
    value
}

/// What a record says.
pub(super) fn piece(record: &Model) -> Value {
    let text = String::from_utf8_lossy(&record.bytes);
    if record.kind == RecordKind::Lab {
        return json!({ "type": "lab", "data": serde_json::from_str(&text).unwrap_or(Value::Null) });
    }
    let text = without_folder(&text);
    match record.kind {
        RecordKind::Console => json!({ "type": "console", "data": text.strip_suffix('\n').unwrap_or(&text) }),
        RecordKind::Stdout => json!({ "type": "stdout", "data": text }),
        RecordKind::Stderr => json!({ "type": "stderr", "data": text }),
        _ => json!({ "type": "internal_error", "data": text }),
    }
}

/// The text with names of files instead of paths. Only whole paths: what ends in the folder's name is something else.
fn without_folder(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(FOLDER) {
        let before = &rest[..at];
        let last = before.chars().next_back().or_else(|| out.chars().next_back().filter(|_| at == 0));
        let inside = last.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '~'));
        out.push_str(before);
        if inside {
            out.push_str(FOLDER);
        }
        rest = &rest[at + FOLDER.len()..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::{piece, polled, without_folder};
    use entity::clock::Timestamp;
    use entity::execution::record::{Model, RecordKind};
    use serde_json::json;

    fn record(kind: RecordKind, bytes: &[u8], case_number: Option<i64>) -> Model {
        let at = Timestamp(0);
        Model { run_id: 1, attempt: 1, position: 1, kind, step: 0, case_number, bytes: bytes.to_vec(), at }
    }

    #[test]
    fn records_have_the_types_that_pages_know() {
        let of = |kind, bytes: &[u8]| piece(&record(kind, bytes, None));
        assert_eq!(of(RecordKind::Console, b"./main \n"), json!({ "type": "console", "data": "./main " }));
        assert_eq!(of(RecordKind::Stdout, b"a\xFFb\n"), json!({ "type": "stdout", "data": "a\u{FFFD}b\n" }));
        assert_eq!(of(RecordKind::Stderr, b"x"), json!({ "type": "stderr", "data": "x" }));
        assert_eq!(of(RecordKind::Fault, b"no"), json!({ "type": "internal_error", "data": "no" }));
        let lab = of(RecordKind::Lab, br#"{"success":true,"cases":{"0":{"actual":"/w/x"}}}"#);
        assert_eq!(lab["data"]["cases"]["0"]["actual"], "/w/x", "what a lab compares is shown as it is");
    }

    #[test]
    fn the_first_case_has_a_reference() {
        let record = record(RecordKind::Stdout, b"x", Some(0));
        assert_eq!(polled(&record)["ref"], "0");
    }

    #[test]
    fn paths_become_names() {
        for (text, shown) in [
            ("/w/main.adb:1:2: error", "main.adb:1:2: error"),
            ("in \"/w/a.c\", (/w/b.h)", "in \"a.c\", (b.h)"),
            ("https://example.org/w/x", "https://example.org/w/x"),
            ("/w//w/x", "/w/x"),
            ("/tmp/w/x and /w", "/tmp/w/x and /w"),
        ] {
            assert_eq!(without_folder(text), shown, "{text}");
        }
    }
}
