//! Assignments and their tests.

use super::{Case, Sample, check_cases, open};
use crate::grading::test_case::{Call, Stdio, TestCase as Test, TestKind};
use entity::points::Points;

const A: &str = "assignments/word-counts/assignment.yml";
const D: &str = "assignments/word-counts";

#[test]
fn what_comes_out() {
    let sample = Sample::new();
    let found = open(sample.root()).check_assignment("word-counts").value.unwrap();
    assert_eq!(found.description_html, "<p>Count <strong>words</strong>.</p>\n");
    assert_eq!(found.due_local.to_string(), "2027-01-15 23:59:00");
    assert_eq!(found.time_zone, chrono_tz::Europe::Berlin);
    let files: Vec<_> = found.files.iter().map(|file| (file.name.as_str(), file.bytes.len())).collect();
    assert_eq!(files, [("words.py", 32), ("notes.txt", 0)]);
    let [call, stdio] = found.tests.as_slice() else { panic!() };
    assert_eq!((call.points, call.timeout_s, call.hidden), (Points::whole(2), 10, false));
    assert_eq!((stdio.points, stdio.timeout_s, stdio.hidden), (Points(5000), 5, true));
    assert!(
        matches!(&call.kind, TestKind::Call(Call { expect, .. }) if expect == &serde_json::json!({"a": 2, "b": 1}))
    );
    assert!(matches!(&stdio.kind, TestKind::Stdio(Stdio { stdin, stdout, .. }) if stdin == "3 4\n" && stdout == "7\n"));
    let json = serde_json::to_string(&found.tests).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Test>>(&json).unwrap(), found.tests);
}

#[test]
fn the_file() {
    check_cases(
        "assignments/the_file",
        &[
            Case {
                name: "folder name",
                spoil: |s| s.rename(D, "assignments/Word Counts"),
                hint: "small letters",
                expected: &[("assignment.directory-name", "assignments/Word Counts", None, "")],
            },
            Case {
                name: "no file",
                spoil: |s| s.remove(A),
                hint: "course, title",
                expected: &[("assignment.missing-file", A, None, "")],
            },
            Case {
                name: "no title",
                spoil: |s| s.replace(A, "title: Word counts\n", ""),
                hint: "title",
                expected: &[("assignment.missing-key", A, None, "")],
            },
            Case {
                name: "slip",
                spoil: |s| s.replace(A, "title:", "titel:"),
                hint: "`title`",
                expected: &[("assignment.unknown-key", A, None, "")],
            },
            Case {
                name: "wrong type",
                spoil: |s| s.replace(A, "title: Word counts", "title: [a]"),
                hint: "text",
                expected: &[("assignment.wrong-type", A, None, "")],
            },
            Case {
                name: "unknown course",
                spoil: |s| s.replace(A, "data-basics", "data-basic"),
                hint: "`data-basics`",
                expected: &[("assignment.unknown-course", A, None, "")],
            },
            Case {
                name: "language",
                spoil: |s| s.replace(A, "python3", "perl"),
                hint: "python3, c",
                expected: &[("assignment.bad-language", A, None, "")],
            },
            Case {
                name: "main",
                spoil: |s| s.replace(A, "main: words.py", "main: word.py"),
                hint: "`words.py`",
                expected: &[("assignment.main-not-in-files", A, None, "")],
            },
            Case {
                name: "file in a folder",
                spoil: |s| s.replace(A, "notes.txt", "a/b.txt"),
                hint: "no folders",
                expected: &[("assignment.file-name", A, None, "")],
            },
            Case {
                name: "hidden file",
                spoil: |s| s.replace(A, "notes.txt", ".profile"),
                hint: "no dot",
                expected: &[("assignment.file-name", A, None, "")],
            },
            Case {
                name: "file twice",
                spoil: |s| s.replace(A, "notes.txt", "words.py"),
                hint: "once",
                expected: &[("assignment.file-duplicate", A, None, "")],
            },
            Case {
                name: "no files",
                spoil: |s| {
                    s.replace(A, "[words.py, notes.txt]", "[]");
                    s.remove("assignments/word-counts/words.py");
                },
                hint: "1 to 64",
                expected: &[("assignment.bad-value", A, None, "")],
            },
            Case {
                name: "unlisted",
                spoil: |s| s.write("assignments/word-counts/note.txt", "x"),
                hint: "`notes.txt`",
                expected: &[("assignment.file-unlisted", "assignments/word-counts/note.txt", None, "")],
            },
            Case {
                name: "link",
                spoil: |s| s.link("/etc/passwd", "assignments/word-counts/notes.txt"),
                hint: "copy",
                expected: &[("repo.symlink", "assignments/word-counts/notes.txt", None, "")],
            },
            Case {
                name: "picture",
                spoil: |s| s.replace(A, "**words**", "![w](w.png)"),
                hint: "w.png",
                expected: &[("assignment.asset-missing", A, None, "")],
            },
            Case {
                name: "svg",
                spoil: |s| {
                    s.write("assignments/word-counts/w.png", "<svg/>");
                    s.replace(A, "**words**", "![w](w.png)");
                },
                hint: "PNG",
                expected: &[("assignment.asset-refused", A, None, "")],
            },
            Case {
                name: "script",
                spoil: |s| s.replace(A, "**words**", "<script>x</script>"),
                hint: "remove",
                expected: &[("assignment.html-unsafe", A, None, "")],
            },
            Case {
                name: "HTML",
                spoil: |s| s.replace(A, "**words**", "a<br>"),
                hint: "Markdown",
                expected: &[("assignment.html-shown", A, None, "")],
            },
            Case {
                name: "fence never closed",
                spoil: |s| s.replace(A, "**words**.", "words.\n\n  ```\n  x\n"),
                hint: "as many backticks",
                expected: &[("assignment.fence-open", A, None, "")],
            },
        ],
    );
}

#[test]
fn the_deadline() {
    check_cases(
        "assignments/the_deadline",
        &[
            Case {
                name: "date only",
                spoil: |s| s.replace(A, "2027-01-15T23:59:00", "2027-01-15"),
                hint: "T23:59:00",
                expected: &[("assignment.bad-due", A, None, "")],
            },
            Case {
                name: "with a zone",
                spoil: |s| s.replace(A, "23:59:00", "23:59:00Z"),
                hint: "T23:59:00",
                expected: &[("assignment.bad-due", A, None, "")],
            },
            Case {
                name: "zone",
                spoil: |s| s.replace(A, "Europe/Berlin", "Europe/Berln"),
                hint: "`Europe/Berlin`",
                expected: &[("assignment.unknown-time-zone", A, None, "")],
            },
            Case {
                name: "skipped",
                spoil: |s| s.replace(A, "2027-01-15T23:59:00", "2027-03-28T02:30:00"),
                hint: "an hour",
                expected: &[("assignment.due-skipped", A, None, "")],
            },
            Case {
                name: "twice",
                spoil: |s| s.replace(A, "2027-01-15T23:59:00", "2027-10-31T02:30:00"),
                hint: "earlier",
                expected: &[("assignment.due-ambiguous", A, None, "")],
            },
        ],
    );
}

#[test]
fn how_it_is_handed_in() {
    fn with(sample: &Sample, line: &str) {
        sample.replace(A, "time_zone:", &format!("{line}\ntime_zone:"));
    }
    let sample = Sample::new();
    with(
        &sample,
        "lock: 2027-01-18T00:00:00\nmax_group_size: 3\nattempts: 5\nrevisions: true\nlate_policy: {grace_minutes: 10, percent_per_day: 2.5, of: maximum, cap_percent: 50}",
    );
    let found = open(sample.root()).check_assignment("word-counts").value.unwrap().handing_in;
    assert_eq!(found.lock_local.unwrap().to_string(), "2027-01-18 00:00:00");
    assert_eq!((found.max_group_size, found.attempts, found.revisions), (3, Some(5), true));
    let stored = serde_json::to_value(&found.late_policy).unwrap();
    assert_eq!(
        stored,
        serde_json::json!({"grace_s": 600, "percent_per_day": "2.5", "of": "maximum", "cap_percent": "50"})
    );
    let bad = &[("assignment.bad-value", A, None, "")];
    check_cases(
        "assignments/how_it_is_handed_in",
        &[
            Case {
                name: "lock too early",
                spoil: |s| with(s, "lock: 2027-01-15T23:58:59"),
                hint: "or later",
                expected: bad,
            },
            Case { name: "group of none", spoil: |s| with(s, "max_group_size: 0"), hint: "from 1", expected: bad },
            Case { name: "no attempt", spoil: |s| with(s, "attempts: 0"), hint: "from 1", expected: bad },
            Case {
                name: "percent",
                spoil: |s| with(s, "late_policy: {percent_per_day: 101}"),
                hint: "to 100",
                expected: bad,
            },
            Case { name: "of", spoil: |s| with(s, "late_policy: {of: nothing}"), hint: "maximum", expected: bad },
            Case {
                name: "misspelled",
                spoil: |s| with(s, "late_policy: {percent_a_day: 1}"),
                hint: "percent_per_day",
                expected: &[("assignment.unknown-key", A, None, "")],
            },
            Case {
                name: "no mapping",
                spoil: |s| with(s, "late_policy: 10"),
                hint: "grace_minutes",
                expected: &[("assignment.wrong-type", A, None, "")],
            },
        ],
    );
}

#[test]
fn the_tests() {
    check_cases(
        "assignments/the_tests",
        &[
            Case {
                name: "none",
                spoil: |s| {
                    let t = s.read(A);
                    s.write(A, t.split("tests:").next().unwrap().to_owned() + "tests: []\n");
                },
                hint: "1 to 200",
                expected: &[("assignment.bad-value", A, None, "")],
            },
            Case {
                name: "name twice",
                spoil: |s| s.replace(A, "reads numbers", "counts words"),
                hint: "own name",
                expected: &[("assignment.test-duplicate", A, None, "")],
            },
            Case {
                name: "no name",
                spoil: |s| s.replace(A, "name: reads numbers\n    points", "points"),
                hint: "name",
                expected: &[("assignment.missing-key", A, None, "")],
            },
            Case {
                name: "both kinds",
                spoil: |s| s.replace(A, "stdin:", "call: f\n    stdin:"),
                hint: "`call`",
                expected: &[("assignment.test-kind", A, None, "")],
            },
            Case {
                name: "neither",
                spoil: |s| s.replace(A, "stdin: \"3 4\\n\"\n    stdout: \"7\\n\"\n    ", ""),
                hint: "`stdout`",
                expected: &[("assignment.test-kind", A, None, "")],
            },
            Case {
                name: "slip",
                spoil: |s| {
                    s.replace(A, "call: count_words\n    arguments: [\"a b a\"]\n    expect:", "cal: f\n    expct:")
                },
                hint: "`call`",
                expected: &[("assignment.unknown-key", A, None, ""), ("assignment.unknown-key", A, None, "")],
            },
            Case {
                name: "call in C",
                spoil: |s| s.replace(A, "python3", "c"),
                hint: "python3",
                expected: &[("assignment.test-kind", A, None, "")],
            },
            Case {
                name: "call of no name",
                spoil: |s| s.replace(A, "count_words", "count_words()"),
                hint: "without ()",
                expected: &[("assignment.bad-value", A, None, "")],
            },
            Case {
                name: "nothing expected",
                spoil: |s| s.replace(A, "    expect: {\"a\": 2, \"b\": 1}\n", ""),
                hint: "expect",
                expected: &[("assignment.missing-key", A, None, "")],
            },
            Case {
                name: "no points",
                spoil: |s| s.replace(A, "points: 2", "points: 0"),
                hint: "above 0",
                expected: &[("assignment.bad-points", A, None, "")],
            },
            Case {
                name: "five places",
                spoil: |s| s.replace(A, "points: 2", "points: 0.00001"),
                hint: "four places",
                expected: &[("assignment.bad-points", A, None, "")],
            },
            Case {
                name: "timeout",
                spoil: |s| s.replace(A, "timeout_s: 5", "timeout_s: 31"),
                hint: "from 1 to 30",
                expected: &[("assignment.bad-value", A, None, "")],
            },
            Case {
                name: "number on the command line",
                spoil: |s| s.replace(A, "stdin:", "arguments: [7]\n    stdin:"),
                hint: "quotes",
                expected: &[("assignment.wrong-type", A, None, "")],
            },
            Case {
                name: "number as a JSON key",
                spoil: |s| s.replace(A, "{\"a\": 2", "{1: 2"),
                hint: "quotes",
                expected: &[("assignment.bad-value", A, None, "")],
            },
            Case {
                name: "too large",
                spoil: |s| s.replace(A, "\"a\": 2", "\"a\": 123456789012345678901"),
                hint: "64 bits",
                expected: &[("assignment.bad-value", A, None, "")],
            },
            Case {
                name: "null may be expected",
                spoil: |s| s.replace(A, "{\"a\": 2, \"b\": 1}", "null"),
                expected: &[],
                hint: "",
            },
            Case {
                name: "an assignment's own timeout",
                spoil: |s| s.replace(A, "tests:", "timeout_s: 3\ntests:"),
                expected: &[],
                hint: "",
            },
        ],
    );
}
