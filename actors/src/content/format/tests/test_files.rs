//! Tests that lie in files: those of the `ok` client, docstrings, suites and graders.

use super::{Case, Sample, check_cases, open};
use crate::grading::author::{Format, Shares};
use crate::grading::example::Leeway;
use crate::grading::test_case::{Feedback, TestKind};
use entity::points::Points;

const A: &str = "assignments/word-counts/assignment.yml";
const OK: &str = "assignments/word-counts/tests/q1.py";
const WORDS: &str = "assignments/word-counts/words.py";

const FILE: &str = "test = {\n  'name': 'q1',\n  'points': 3,\n  'suites': [\n    {'type': 'doctest', 'setup': '>>> from words import *', 'cases': [{'code': '>>> f(1)\\n1'}]},\n    {'type': 'concept', 'cases': [{'question': 'why?', 'answer': 'so', 'locked': True}]},\n  ]\n}\n";

const DOCS: &str = "def count_words(text):\n    \"\"\"Counts.\n\n    >>> count_words('a') # doctest: +ELLIPSIS\n    {...}\n    \"\"\"\n\ndef plain():\n    pass\n";

const TESTS: &str = "tests:
  - ok: tests/q1.py
  - doctest: words.py:count_words
    feedback: full
  - {name: units, points: 2, suite: tests/units.py, count: 4, feedback: nothing}
  - name: judged
    grader: [tests/judge.c, tests/data.txt]
    language: c
    arguments: [\"-o{report}\"]
    report: junit
    cases: [{name: \"a*\", points: 1.5}, {name: b, points: 1}]
    runs: [{stdin: \"1\"}, {arguments: [\"-v\"]}]
";

/// The sample with tests of all these kinds.
fn prepare(sample: &Sample) {
    let text = sample.read(A);
    sample.write(A, text.split("tests:").next().unwrap_or_default().to_owned() + TESTS);
    sample.write(OK, FILE);
    sample.write(WORDS, DOCS);
    for name in ["units.py", "judge.c", "data.txt"] {
        sample.write(&format!("assignments/word-counts/tests/{name}"), "x = 1\n");
    }
}

#[test]
fn what_comes_out() {
    let sample = Sample::new();
    prepare(&sample);
    let found = open(sample.root()).check_assignment("word-counts");
    assert_eq!(found.diagnostics, []);
    let found = found.value.unwrap().tests;
    let names: Vec<_> = found.iter().map(|test| (test.name.as_str(), test.points.to_string(), test.hidden)).collect();
    let points = |text: &str| text.to_owned();
    assert_eq!(
        names,
        [
            ("q1", points("3"), false),
            ("doctest words.py:count_words", points("1"), false),
            ("units", points("2"), true),
            ("judged", points("2.5"), false),
        ]
    );
    let TestKind::Ok(ok) = &found[0].kind else { panic!() };
    assert_eq!((ok.suites.len(), ok.suites[0].cases[0].setup.as_slice()), (1, &["from words import *".to_owned()][..]));
    let TestKind::Doctest(doctest) = &found[1].kind else { panic!() };
    let example = &doctest.cases[0].examples[0];
    assert_eq!((example.want.as_str(), example.options.as_slice()), ("{...}\n", &[Leeway::Ellipsis][..]));
    assert_eq!((found[1].feedback(), found[2].feedback()), (Feedback::Full, Feedback::Nothing));
    let TestKind::Suite(suite) = &found[2].kind else { panic!() };
    assert_eq!(
        (suite.format, &suite.shares, suite.program.files[0].name.as_str()),
        (Format::Unittest, &Shares::Equal(4), "units.py")
    );
    let TestKind::Grader(grader) = &found[3].kind else { panic!() };
    assert_eq!(
        (grader.program.language.as_str(), grader.runs.len(), grader.program.files[1].bytes.as_slice()),
        ("c", 2, &b"x = 1\n"[..])
    );
    assert!(matches!(&grader.shares, Some(Shares::Named(shares)) if shares[0].points == Points(15_000)));
}

/// A way to spoil it, with all of it there before.
macro_rules! spoil {
    ($($name:literal, $spoil:expr, $hint:literal, [$($rule:literal at $file:expr),*];)*) => {
        &[$(Case {
            name: $name,
            spoil: |sample| {
                prepare(sample);
                let spoil: fn(&Sample) = $spoil;
                spoil(sample);
            },
            hint: $hint,
            expected: &[$(($rule, $file, None, "")),*],
        }),*]
    };
}

#[test]
fn the_entry() {
    check_cases(
        "test_files/the_entry",
        spoil![
            "feedback", |s| s.replace(A, "feedback: full", "feedback: all"), "nothing, passed, message, full", ["assignment.bad-value" at A];
            "two kinds", |s| s.replace(A, "  - ok: tests/q1.py", "  - {ok: tests/q1.py, doctest: words.py}"), "one of `ok`", [
                "assignment.test-kind" at A, "assignment.missing-key" at A, "assignment.missing-key" at A, "assignment.file-unlisted" at OK
            ];
            "what does not go with it", |s| s.replace(A, "    feedback: full", "    count: 3"), "one of `ok`", [
                "assignment.test-kind" at A, "assignment.missing-key" at A, "assignment.missing-key" at A
            ];
            "slip", |s| s.replace(A, "- ok: tests", "- okk: tests"), "`ok`", [
                "assignment.unknown-key" at A, "assignment.missing-key" at A, "assignment.missing-key" at A, "assignment.file-unlisted" at OK
            ];
            "no points", |s| s.replace(A, "points: 2, ", ""), "points", ["assignment.missing-key" at A];
            "no name", |s| s.replace(A, "name: units, ", ""), "name", ["assignment.missing-key" at A];
            "file is not there", |s| s.replace(A, "tests/q1.py", "tests/q2.py"), "create it", ["assignment.test-file" at A, "assignment.file-unlisted" at OK];
            "outside", |s| s.replace(A, "tests/data.txt", "../data.txt"), "in the assignment's folder", ["assignment.test-file" at A, "assignment.file-unlisted" at "assignments/word-counts/tests/data.txt"];
            "students have it", |s| s.replace(A, "tests/q1.py", "words.py"), "students get those", ["assignment.test-file" at A, "assignment.file-unlisted" at OK];
            "link", |s| { s.remove(OK); s.link("/etc/passwd", OK) }, "copy", ["repo.symlink" at OK];
            "other language", |s| s.replace(A, "language: python3", "language: c"), "in python3", [
                "assignment.test-language" at A, "assignment.test-language" at A, "assignment.test-language" at A
            ];
        ],
    );
}

#[test]
fn files_of_the_client() {
    check_cases(
        "test_files/files_of_the_client",
        spoil![
            "code", |s| s.write(OK, "test = open('x')"), "nothing of it is run", ["assignment.ok-syntax" at OK];
            "no suites", |s| s.write(OK, "test = {'name': 'q', 'points': 1}"), "suites", ["assignment.ok-format" at OK];
            "unknown key", |s| s.replace(OK, "'setup'", "'set_up'"), "`setup`", ["assignment.ok-format" at OK];
            "unknown type", |s| s.replace(OK, "'doctest'", "'doctests'"), "`doctest`", ["assignment.ok-format" at OK];
            "output of nothing", |s| s.replace(OK, ">>> f(1)\\n", ""), "what is typed", ["assignment.ok-format" at OK];
            "no example", |s| s.replace(OK, ">>> f(1)\\n1", ""), "lines with prompts", ["assignment.ok-format" at OK];
            "points", |s| s.replace(OK, "'points': 3", "'points': 0"), "above 0", ["assignment.ok-format" at OK, "assignment.missing-key" at A];
            "no points", |s| s.replace(OK, "'points': 3,", ""), "points", ["assignment.missing-key" at A];
            "nothing scored", |s| s.replace(OK, "'doctest',", "'doctest', 'scored': False,"), "scored", ["assignment.ok-format" at OK];
            "locked", |s| s.replace(OK, "{'code'", "{'locked': True, 'code'"), "before it was locked", ["assignment.ok-locked" at OK];
            "locked line", |s| s.replace(OK, "\\n1'", "\\n0f1\\n# locked'"), "before it was locked", ["assignment.ok-locked" at OK];
            "locked for nobody", |s| s.replace(OK, "'concept',", "'concept', 'scored': True,"), "before it was locked", [
                "assignment.ok-locked" at OK, "assignment.ok-not-run" at OK
            ];
            "scheme", |s| s.replace(OK, "'concept'", "'scheme'"), "'scored': False", ["assignment.ok-not-gradable" at OK];
            "scheme for practice", |s| s.replace(OK, "'concept'", "'scheme', 'scored': False"), "nothing", ["assignment.ok-not-run" at OK];
        ],
    );
}

#[test]
fn docstrings() {
    check_cases(
        "test_files/docstrings",
        spoil![
            "no such file", |s| s.replace(A, "words.py:count_words", "word.py"), "`words.py`", ["assignment.doctest-missing" at A];
            "no such function", |s| s.replace(A, "words.py:count_words", "words.py:count_word"), "`count_words`", ["assignment.doctest-missing" at A];
            "no examples", |s| s.replace(A, "words.py:count_words", "words.py:plain"), ">>> ", ["assignment.doctest-missing" at A];
            "never closed", |s| s.write(WORDS, "'''"), "make it Python", ["assignment.doctest-missing" at WORDS];
            "option", |s| s.replace(WORDS, "+ELLIPSIS", "+ELIPSIS"), "as far to the right", ["assignment.doctest-format" at WORDS];
        ],
    );
}

#[test]
fn programs() {
    check_cases(
        "test_files/programs",
        spoil![
            "report", |s| s.replace(A, "report: junit", "report: xml"), "json, junit, tap", ["assignment.test-report" at A];
            "no place for it", |s| s.replace(A, "-o{report}", "-o"), "{report}", ["assignment.test-report" at A];
            "language", |s| s.replace(A, "language: c", "language: cobol"), "python3, c", ["assignment.test-language" at A];
            "no shares", |s| s.replace(A, "count: 4, ", ""), "count: 12", ["assignment.test-shares" at A];
            "two kinds of shares", |s| s.replace(A, "    report: junit", "    report: junit\n    count: 3"), "keep", ["assignment.test-shares" at A, "assignment.missing-key" at A];
            "points twice", |s| s.replace(A, "    report: junit", "    report: junit\n    points: 3"), "`points` away", ["assignment.test-shares" at A];
            "shares of JSON", |s| s.replace(A, "    report: junit\n", "    points: 3\n"), "remove", ["assignment.test-shares" at A];
            "case twice", |s| s.replace(A, "{name: b, ", "{name: \"a*\", "), "keep one", ["assignment.test-shares" at A];
            "case without points", |s| s.replace(A, "{name: b, points: 1}", "{name: b}"), "points", ["assignment.missing-key" at A, "assignment.missing-key" at A];
            "count", |s| s.replace(A, "count: 4", "count: 0"), "from 1 to 1000", ["assignment.bad-value" at A];
            "run", |s| s.replace(A, "{stdin: \"1\"}", "{input: \"1\"}"), "stdin", ["assignment.unknown-key" at A];
            "suite in C", |s| s.replace(A, "suite: tests/units.py", "suite: tests/units.py, language: c"), "report: junit", ["assignment.test-language" at A];
            "two of one name", |s| s.replace(A, "[tests/judge.c, tests/data.txt]", "[tests/judge.c, tests/judge.c, tests/data.txt]"), "another name", ["assignment.test-file" at A];
            "arguments of unittest", |s| s.replace(A, "count: 4, ", "count: 4, arguments: [\"{report}\"], "), "report: junit", ["assignment.test-report" at A];
            "no Python", |s| s.replace(A, "suite: tests/units.py", "suite: [tests/units.py, tests/data.txt]"), "report: junit", ["assignment.test-file" at A];
        ],
    );
}
