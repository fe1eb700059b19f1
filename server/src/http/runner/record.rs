//! Records of the log as pages get them.

use actors::execution::toolchain::{Toolchain, diagnostic};
use entity::execution::language::Language;
use entity::execution::record::{Model, RecordKind};
use serde_json::{Value, json};

use crate::http::Shared;

/// What is said of a run that goes on, and of one that has ended. Pages show neither.
pub(super) const MESSAGES: [&str; 2] = ["PENDING", "SUCCESS"];

/// The folder in which programs lie, as they see it. A page knows its files by their names alone.
const FOLDER: &str = "/w/";

/// Finds places in the program's own files that a text speaks of.
pub(super) struct Places<'t> {
    toolchain: Option<&'t Toolchain>,
    names: Vec<String>,
}

impl<'t> Places<'t> {
    pub fn new(shared: &'t Shared, language: &Language, names: Vec<String>) -> Self {
        Self { toolchain: shared.deps.workshop.toolchains.get(language), names }
    }

    /// A program can print anything, so only files that the page has sent count.
    fn of(&self, text: &str) -> Vec<Value> {
        let Some(pattern) = self.toolchain.and_then(|toolchain| toolchain.diagnostics.as_ref()) else {
            return Vec::new();
        };
        let found = diagnostic::read(pattern, text).into_iter().filter(|found| self.names.contains(&found.file));
        found
            .map(|found| json!({ "file": found.file, "line": found.line, "col": found.column, "severity": found.severity }))
            .collect()
    }
}

/// A record for who polls.
pub(super) fn polled(record: &Model, places: &Places<'_>) -> Value {
    let mut value = json!({ "msg": piece(record, places) });
    if let Some(case) = record.case_number {
        // A text: the number 0 would be taken for none.
        value["ref"] = json!(case.to_string());
    }
    value
}

/// What a record says.
pub(super) fn piece(record: &Model, places: &Places<'_>) -> Value {
    let text = String::from_utf8_lossy(&record.bytes);
    if record.kind == RecordKind::Lab {
        return json!({ "type": "lab", "data": serde_json::from_str(&text).unwrap_or(Value::Null) });
    }
    let text = without_folder(&text);
    let kind = match record.kind {
        RecordKind::Console => {
            return json!({ "type": "console", "data": text.strip_suffix('\n').unwrap_or(&text) });
        }
        RecordKind::Stdout => "stdout",
        RecordKind::Stderr => "stderr",
        _ => "internal_error",
    };
    let locs = places.of(&text);
    let mut piece = json!({ "type": kind, "data": text });
    if !locs.is_empty() {
        piece["locs"] = Value::Array(locs);
    }
    piece
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
    use super::{Places, piece, polled, without_folder};
    use actors::execution::toolchain::Toolchains;
    use entity::clock::Timestamp;
    use entity::execution::record::{Model, RecordKind};
    use serde_json::json;

    fn record(kind: RecordKind, bytes: &[u8], case_number: Option<i64>) -> Model {
        let at = Timestamp(0);
        Model { run_id: 1, attempt: 1, position: 1, kind, step: 0, case_number, bytes: bytes.to_vec(), at }
    }

    const NOWHERE: Places<'_> = Places { toolchain: None, names: Vec::new() };

    #[test]
    fn only_places_in_the_programs_own_files_are_pointed_at() {
        let known = Toolchains::built_in();
        let c = "c".parse().expect("a language");
        let places = Places { toolchain: known.get(&c), names: vec!["a.c".to_owned()] };
        let text = b"/w/a.c:3:7: error: no\nb.c:1:1: error: no\n/etc/a.c:1:1: error: no\n";
        let shown = piece(&record(RecordKind::Stderr, text, None), &places);
        assert_eq!(shown["locs"], json!([{ "file": "a.c", "line": 3, "col": 7, "severity": "error" }]));
    }

    #[test]
    fn an_exception_is_pointed_at() {
        let known = Toolchains::built_in();
        let ada = "ada".parse().expect("a language");
        let places = Places { toolchain: known.get(&ada), names: vec!["main.adb".to_owned()] };
        let text = b"\nraised CONSTRAINT_ERROR : main.adb:7 overflow check failed\nraised A.B : gone.adb:1 x\n";
        let shown = piece(&record(RecordKind::Stderr, text, None), &places);
        assert_eq!(shown["locs"], json!([{ "file": "main.adb", "line": 7, "col": null, "severity": "error" }]));
    }

    #[test]
    fn records_have_the_types_that_pages_know() {
        let of = |kind, bytes: &[u8]| piece(&record(kind, bytes, None), &NOWHERE);
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
        assert_eq!(polled(&record, &NOWHERE)["ref"], "0");
    }

    #[test]
    fn paths_become_names() {
        for (text, shown) in [
            ("/w/main.adb:1:2: error", "main.adb:1:2: error"),
            ("in \"/w/a.c\", (/w/b.h)", "in \"a.c\", (b.h)"),
            ("https://example.org/w/x", "https://example.org/w/x"),
            ("/w/w/x", "w/x"),
            ("/tmp/w/x and /w", "/tmp/w/x and /w"),
        ] {
            assert_eq!(without_folder(text), shown, "{text}");
        }
    }
}
