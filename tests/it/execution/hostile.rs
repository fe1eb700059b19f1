//! Code that would rather pass than be right.

use actors::execution::plan::{EXERCISE_MAIN, Exercise};
use actors::execution::record::Kind;
use actors::grading::check_exercise::{Checks, Expected};
use actors::grading::value::Value;
use entity::execution::verdict::Verdict;

use super::exercise::{plan, run, task};
use super::{carry_out, file, said};

/// Writes a frame like the harness's, but for the nonce.
const FORGED: &str = r#"
import os
body = b'{"nonce":"00","body":{"raised":null,"code_run":{"passed":true,"message":""},"values":{"total":{"t":"int","v":"6"}}}}'
frame = len(body).to_bytes(4, "big") + body
print(6)
"#;

#[tokio::test]
async fn no_trick_passes() {
    for trick in [
        format!("{FORGED}os.write(3, frame); os._exit(0)"),
        format!("{FORGED}os.write(3, frame)"),
        format!("{FORGED}os.write(3, frame + frame); os._exit(0)"),
        format!("{FORGED}os.write(3, frame[:9]); os._exit(0)"),
        format!("{FORGED}os.write(3, b'\\xff' * 1000); os._exit(0)"),
        "import os\nprint(6)\nos.write(3, b'x' * (9 << 20))".to_owned(),
        "import os\nprint(6)\nos._exit(0)".to_owned(),
        "import os\nprint(6)\nos.close(3)".to_owned(),
        "import sys\nprint(6)\nsys.exit(0)".to_owned(),
        "import atexit, os\nprint(6)\natexit.register(lambda: os.write(3, b'late'))".to_owned(),
        "import json, json.encoder\nprint(6)\njson.dumps = json.encoder.encode_basestring_ascii = lambda *_: '6'".to_owned(),
        "import builtins\nprint(6)\nbuiltins.str = builtins.repr = builtins.type = lambda *_: '6'\ntotal = '6'".to_owned(),
        "class Six(int):\n    def __eq__(self, other): return True\n    __hash__ = None\nprint(6)\ntotal = Six(6)".to_owned(),
        "class All:\n    def __eq__(self, other): return True\n    def __repr__(self): return '6'\nprint(6)\ntotal = All()".to_owned(),
        "class int:\n    def __repr__(self): return '6'\nprint(6)\ntotal = int()".to_owned(),
        "import sys\nsys.setrecursionlimit(1 << 30)\ndef f(): f()\nf()".to_owned(),
    ] {
        let outcome = run(task(), &trick).await;
        assert!(!matches!(outcome.verdict, Verdict::Passed | Verdict::SandboxError), "{trick}: {}", outcome.message);
        assert!(!outcome.message.is_empty(), "{trick}");
    }
}

#[tokio::test]
async fn a_program_that_leaves_early_hears_why_it_failed() {
    let outcome = run(task(), "import os\nprint(6)\nos._exit(0)").await;
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert_eq!(outcome.message, "The program ended before it could be checked");
}

/// Looks through all of its own memory, which holds arguments, environment and input, and through its files.
const SEARCH: &str = r#"
import os, re
wanted = re.compile(rb"Zk9[-][0-9]{8}")
found = set()
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        span, rights = line.split()[:2]
        start, end = (int(number, 16) for number in span.split("-"))
        if rights.startswith("r") and end - start < 1 << 27:
            try:
                memory.seek(start)
                found.update(wanted.findall(memory.read(end - start)))
            except (OSError, ValueError, OverflowError):
                pass
for folder in (".", "/tmp"):
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            found.update(wanted.findall(open(path, "rb").read()))
print(sorted(found))
"#;

/// The same as a module that others import, which leaves what it found in a variable.
pub const SEARCH_MODULE: &str = r#"
import os, re
wanted = re.compile(rb"Zk9[-][0-9]{8}")
found = set()
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        span, rights = line.split()[:2]
        start, end = (int(number, 16) for number in span.split("-"))
        if rights.startswith("r") and end - start < 1 << 27:
            try:
                memory.seek(start)
                found.update(wanted.findall(memory.read(end - start)))
            except (OSError, ValueError, OverflowError):
                pass
found = max((text.decode() for text in found), default="nothing")
"#;

#[tokio::test]
async fn what_is_expected_is_nowhere_in_the_process() {
    let marked = Value::Str("Zk9-48213377".to_owned());
    let task = Exercise {
        initial: vec!["control = 'Zk9-11111111'".to_owned()],
        checks: Checks { vars: vec!["total".to_owned()], val: Some("Zk9-48213377".to_owned()), code_run: None },
        expected: Some(Expected { values: [("total".to_owned(), marked)].into(), exception: None }),
        ..task()
    };
    let files = [file(EXERCISE_MAIN, SEARCH), file("data.txt", "Zk9-22222222")];
    let (outcome, log) = carry_out(&plan(task), &files).await;
    let stdout = said(&log, Kind::Stdout);
    assert_eq!(outcome.verdict, Verdict::Failed, "{}\n{}", outcome.message, said(&log, Kind::Stderr));
    assert!(stdout.contains("Zk9-11111111") && stdout.contains("Zk9-22222222"), "the search works: {stdout}");
    assert!(!stdout.contains("48213377"), "{stdout}");
}
