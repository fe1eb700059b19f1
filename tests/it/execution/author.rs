//! Dialogues, suites and graders, carried out in the real sandbox: right, wrong, hostile and hanging work, and tests that are broken.

use actors::execution::outcome::Outcome;
use actors::execution::plan::{Assignment, Plan, SourceFile, Task};
use actors::execution::record::Kind;
use actors::grading::author::{AuthorFile, AuthorProgram, Format, GivenRun, Grader, NamedShare, REPORT, Shares, Suite};
use actors::grading::example::{Doctest, Example, ExampleCase, OkSuite, OkTest};
use actors::grading::test_case::{Feedback, TestCase, TestKind};
use entity::execution::verdict::{Blame, Verdict};
use entity::points::Points;

use super::{carry_out, file, language, said};

const WORTH: i64 = 6;

fn test(kind: TestKind) -> TestCase {
    TestCase {
        name: "the test".to_owned(),
        points: Points::whole(WORTH),
        hidden: false,
        feedback: Some(Feedback::Full),
        timeout_s: 1,
        kind,
    }
}

fn author(of: &str, files: &[(&str, &str)]) -> AuthorProgram {
    let files = files.iter().map(|(name, text)| AuthorFile::new(*name, text.as_bytes().to_vec())).collect();
    AuthorProgram { language: language(of), files, arguments: vec![REPORT.to_owned()] }
}

fn suite(format: Format, program: AuthorProgram, count: u32) -> TestCase {
    test(TestKind::Suite(Suite { program, format, shares: Shares::Equal(count) }))
}

fn grader(program: AuthorProgram, runs: &[&str]) -> TestCase {
    let runs = runs.iter().map(|stdin| GivenRun { arguments: vec![], stdin: (*stdin).to_owned() }).collect();
    test(TestKind::Grader(Grader { program, format: Format::Json, shares: None, runs }))
}

/// Carries out one test of work that starts from a template.
async fn tried(of: &str, main: &str, test: TestCase, template: &str, work: &str) -> Outcome {
    logged(of, main, test, template, work).await.0
}

async fn logged(of: &str, main: &str, test: TestCase, template: &str, work: &str) -> (Outcome, String) {
    let templates = vec![AuthorFile::new(main, template.as_bytes().to_vec())];
    let task = Task::Assignment(Assignment { main: main.to_owned(), tests: vec![test], templates });
    let files: Vec<SourceFile> = vec![file(main, work)];
    let (outcome, log) = carry_out(&Plan { language: language(of), task, timeout_s: 1 }, &files).await;
    let all = [Kind::Stdout, Kind::Stderr, Kind::Console].map(|kind| said(&log, kind)).concat();
    (outcome, all)
}

fn seen(outcome: &Outcome) -> (Verdict, Option<Blame>, String) {
    (outcome.verdict, outcome.blame, outcome.earned.to_string())
}

const ALL: (Verdict, Option<Blame>, &str) = (Verdict::Passed, None, "6");

fn is(outcome: &Outcome, wanted: (Verdict, Option<Blame>, &str)) {
    let (verdict, blame, earned) = seen(outcome);
    assert_eq!((verdict, blame, earned.as_str()), wanted, "{}\n{:#?}", outcome.message, outcome.tests);
}

fn failed(earned: &'static str) -> (Verdict, Option<Blame>, &'static str) {
    (Verdict::Failed, Some(Blame::Student), earned)
}

const BROKEN: (Verdict, Option<Blame>, &str) = (Verdict::TestError, Some(Blame::Test), "0");

fn case(setup: &str, examples: &[(&str, &str)]) -> ExampleCase {
    let example = |(source, want): &(&str, &str)| Example {
        source: (*source).to_owned(),
        want: (*want).to_owned(),
        options: vec![],
    };
    ExampleCase {
        name: "a case".to_owned(),
        setup: vec![setup.to_owned()],
        examples: examples.iter().map(example).collect(),
        ..ExampleCase::default()
    }
}

/// Two suites, of which one tells exceptions by their names.
fn dialogue() -> TestCase {
    let square =
        case("from work import *", &[("square(3)", "9\n"), ("for x in (1, 2):\n    print(square(x))", "1\n4\n")]);
    let odd =
        case("from work import *", &[("count.append(1)", ""), ("len(count)", "1\n"), ("square('a')", "TypeError\n")]);
    let again = case("from work import *", &[("len(count)", "0\n")]);
    test(TestKind::Ok(OkTest { suites: vec![OkSuite { cases: vec![square] }, OkSuite { cases: vec![odd, again] }] }))
}

const SQUARE: &str = "count = []\n\ndef square(x):\n    return x * x\n";

#[tokio::test]
async fn dialogues_of_the_client() {
    let of = |work: &'static str| tried("python3", "work.py", dialogue(), SQUARE, work);
    is(&of(SQUARE).await, ALL);
    // One of two suites, whose share it gives.
    let half = of("count = []\n\ndef square(x):\n    return x ** 2 if x != 2 else 5\n").await;
    is(&half, failed("3"));
    assert!(half.tests[0].message.contains("should give `4`, but it gave `5`"), "{}", half.tests[0].message);
    assert!(
        half.tests[0].message.contains("Expected:\n    1\n    4\nCame:\n    1\n    5"),
        "{}",
        half.tests[0].message
    );
    assert_eq!(half.tests[0].parts.iter().map(|part| part.passed).collect::<Vec<_>>(), [false, true]);
    is(&of("def square(x:").await, failed("0"));
    is(&of("import os\nos._exit(0)").await, failed("0"));
    is(&of("import sys\nsys.exit(0)").await, failed("0"));
    let hangs = of("count = []\n\ndef square(x):\n    while x == 3: pass\n    return x * x\n").await;
    assert_eq!((hangs.verdict, hangs.earned), (Verdict::CpuTimeLimit, Points::whole(3)), "{}", hangs.message);
}

#[tokio::test]
async fn no_trick_passes_a_dialogue() {
    for trick in [
        "class All:\n    def __eq__(self, other): return True\n    def __repr__(self): return 'x'\ncount = []\ndef square(x): return All()",
        "import sys\ncount = []\ndef square(x):\n    sys.stdout.write = lambda *_: None\n    return 9",
        "import os, sys\ncount = []\ndef square(x):\n    os.write(3, b'{}')\n    return 9",
        "import sys\nsys.displayhook = print\ncount = []\ndef square(x): return '9'",
        "import builtins\nbuiltins.repr = lambda value: '9'\ncount = []\ndef square(x): return 0",
    ] {
        let outcome = tried("python3", "work.py", dialogue(), SQUARE, trick).await;
        assert!(outcome.earned < Points::whole(WORTH) && outcome.counts(), "{trick}: {:?}", outcome.tests);
    }
    // What should come is nowhere near the program, which may look through its memory.
    let secret = case("from work import *", &[("print(found)", "Zk9-48213377\n")]);
    let test = test(TestKind::Ok(OkTest { suites: vec![OkSuite { cases: vec![secret] }] }));
    let outcome = tried("python3", "work.py", test, "", super::hostile::SEARCH_MODULE).await;
    assert_eq!(outcome.earned, Points::ZERO);
    assert!(!outcome.tests[0].detail.contains("Came:\n    Zk9"), "{}", outcome.tests[0].detail);
}

#[tokio::test]
async fn docstrings_are_the_authors() {
    let case = |name: &str, source: &str, want: &str| ExampleCase {
        name: name.to_owned(),
        examples: vec![Example { source: source.to_owned(), want: want.to_owned(), options: vec![] }],
        ..ExampleCase::default()
    };
    let cases = vec![
        case("square", "square(3)", "9\n"),
        case("_half", "_half(3)", "1.5\n"),
        case("fault", "square(None)", "Traceback (most recent call last):\n  ...\nTypeError: no\n"),
    ];
    let test = || test(TestKind::Doctest(Doctest { file: "work.py".to_owned(), cases: cases.clone() }));
    let right =
        "def square(x):\n    if x is None: raise TypeError('no')\n    return x * x\ndef _half(x): return x / 2\n";
    is(&tried("python3", "work.py", test(), "", right).await, ALL);
    let wrong =
        "def square(x):\n    '''\n    >>> square(3)\n    10\n    '''\n    return 10\ndef _half(x): return x / 2\n";
    is(&tried("python3", "work.py", test(), "", wrong).await, failed("2"));
    let hangs = tried("python3", "work.py", test(), "", "while True: pass").await;
    assert_eq!((hangs.verdict, hangs.earned), (Verdict::CpuTimeLimit, Points::ZERO));
}

const CASES: &str = "import unittest\nimport work\n\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(work.square(3), 9)\n    def test_b(self):\n        self.assertEqual(work.square(-2), 4)\n    def test_c(self):\n        with self.assertRaises(TypeError):\n            work.square('a')\n";

fn unittest(text: &str) -> TestCase {
    suite(Format::Unittest, author("python3", &[("test_work.py", text)]), 3)
}

#[tokio::test]
async fn test_cases_of_unittest() {
    let of = |work: &'static str| tried("python3", "work.py", unittest(CASES), SQUARE, work);
    is(&of(SQUARE).await, ALL);
    let wrong = of("def square(x):\n    return abs(x) * 3\n").await;
    is(&wrong, failed("4"));
    assert!(!wrong.tests[0].detail.contains("unittest/case.py"), "{}", wrong.tests[0].detail);
    let parts: Vec<_> = wrong.tests[0].parts.iter().map(|part| (part.name.as_str(), part.message.as_str())).collect();
    assert_eq!(parts[..2], [("T.test_a", ""), ("T.test_b", "AssertionError: 6 != 4")]);
    // Whatever keeps the tests from being run is the program's fault, as they run with what students start from.
    for work in [
        "def square(x:",
        "raise ValueError('no')",
        "import os\nos._exit(0)",
        "def other(): pass",
        "import sys\nsys.exit()",
    ] {
        let outcome = of(work).await;
        assert!(matches!(outcome.verdict, Verdict::Failed | Verdict::Nonzero), "{work}: {outcome:?}");
        assert_eq!((outcome.blame, outcome.earned), (Some(Blame::Student), Points::ZERO), "{work}");
    }
    let hangs = of("def square(x):\n    while True: pass\n").await;
    assert_eq!((hangs.verdict, hangs.blame, hangs.earned), (Verdict::CpuTimeLimit, Some(Blame::Student), Points::ZERO));
    let exits = of("import os\ndef square(x):\n    os._exit(0)\n").await;
    is(&exits, failed("0"));
}

#[tokio::test]
async fn a_suite_that_reports_nothing_with_the_template_is_broken() {
    for (suite, template) in [
        ("import unittest\nclass T(", SQUARE),
        ("import no_such_module", SQUARE),
        ("import unittest", SQUARE),
        ("import os\nos._exit(0)", SQUARE),
    ] {
        let outcome = tried("python3", "work.py", unittest(suite), template, SQUARE).await;
        is(&outcome, BROKEN);
        assert!(outcome.message.contains("not your fault"), "{}", outcome.message);
        assert!(!outcome.tests[0].detail.is_empty() && !outcome.tests[0].message.contains("no_such_module"));
    }
    // It cannot be told by what students start from, which has the same fault as the work.
    let gaps = tried("python3", "work.py", unittest(CASES), "def square(x): ___ +", "def square(x): ___ +").await;
    assert_eq!((gaps.verdict, gaps.blame, gaps.earned), (Verdict::Nonzero, Some(Blame::Student), Points::ZERO));
    assert_eq!(gaps.tests[0].parts, [], "{:?}", gaps.tests);
    assert!(gaps.message.contains("The tests could not be loaded: SyntaxError: invalid syntax"), "{}", gaps.message);
}

#[tokio::test]
async fn a_forged_answer_is_none() {
    // The frame of a pass, but for the word that it has to repeat.
    let forged = "import os\nbody = b'{\"nonce\":\"00\",\"body\":{\"cases\":[{\"name\":\"T.test_a\",\"passed\":true}]}}'\nos.write(3, len(body).to_bytes(4, 'big') + body)\nos._exit(0)\n";
    is(&tried("python3", "work.py", unittest(CASES), SQUARE, forged).await, failed("0"));
    // Fewer test cases than there are give no more.
    let fewer = "import unittest\ndef square(x):\n    return 9\nfor test in list(vars(__import__('sys').modules['test_work']).values()): pass\n";
    is(&tried("python3", "work.py", unittest(CASES), SQUARE, fewer).await, failed("2"));
}

const C: &str = "#include <stdio.h>\nint main(void) { int n; if (scanf(\"%d\", &n) != 1) return 1; printf(\"%d\\n\", n * n); return 0; }\n";
const TAP: &str = "{ echo 1..3\n n=1\n for pair in 3:9 -4:16 0:0; do\n  got=$(echo ${pair%:*} | ./main) || got=none\n  [ \"$got\" = \"${pair#*:}\" ] || printf 'not '\n  echo \"ok $n - square of ${pair%:*}\"\n  n=$((n+1))\n done; } > \"$1\"\n";

#[tokio::test]
async fn a_script_tests_a_program_in_another_language() {
    let test = || suite(Format::Tap, author("shell", &[("run.sh", TAP)]), 3);
    is(&tried("c", "main.c", test(), C, C).await, ALL);
    let wrong = tried("c", "main.c", test(), C, &C.replace("n * n", "n * 3")).await;
    is(&wrong, failed("4"));
    assert_eq!(wrong.tests[0].parts[1].name, "square of -4");
    let unbuilt = tried("c", "main.c", test(), C, "int main(void) {").await;
    assert_eq!((unbuilt.verdict, unbuilt.blame), (Verdict::BuildFailed, Some(Blame::Student)));
    let hangs = tried("c", "main.c", test(), C, "int main(void) { for (;;); }").await;
    assert_eq!((hangs.verdict, hangs.earned), (Verdict::CpuTimeLimit, Points::ZERO), "{}", hangs.message);
    is(&tried("c", "main.c", suite(Format::Tap, author("shell", &[("run.sh", "exit 3")]), 3), C, C).await, BROKEN);
}

#[tokio::test]
async fn reports_in_xml() {
    let runner = "import sys, work\nok = work.square(3) == 9\nxml = '<testsuite><testcase name=\"a\"/><testcase classname=\"T\" name=\"b\">%s</testcase></testsuite>'\nopen(sys.argv[1], 'w').write(xml % ('' if ok else '<failure message=\"no\"/>'))\nsys.exit(0 if ok else 1)\n";
    let shares = |pattern: &str, points| NamedShare { pattern: pattern.to_owned(), points: Points::whole(points) };
    let named = || {
        let program = author("python3", &[("run.py", runner)]);
        let shares = Shares::Named(vec![shares("a", 1), shares("T.*", 5)]);
        test(TestKind::Suite(Suite { program, format: Format::Junit, shares }))
    };
    is(&tried("python3", "work.py", named(), SQUARE, SQUARE).await, ALL);
    is(&tried("python3", "work.py", named(), SQUARE, "def square(x): return 8").await, failed("1"));
    let huge = "import sys\nopen(sys.argv[1], 'w').write('<testsuite>' + '<testcase name=\"a\"/>' * 300000)\n";
    let huge = suite(Format::Junit, author("python3", &[("run.py", huge)]), 3);
    is(&tried("python3", "work.py", huge, SQUARE, SQUARE).await, BROKEN);
}

const JUDGE: &str = "import json, os, sys\nruns = json.load(open('runs.json'))\nfiles = sorted(os.listdir('submission'))\ntests = [{'name': run['stdin'].strip(), 'points': 3 if run['stdout'].strip() == str(int(run['stdin']) ** 2) else 0, 'maximum': 3, 'message': run['ended']} for run in runs]\njson.dump({'tests': tests, 'feedback': 'looked at ' + ', '.join(files), 'staff': 'for staff'}, open(sys.argv[1], 'w'))\n";

#[tokio::test]
async fn a_grader_judges_from_outside() {
    let judge = || grader(author("python3", &[("judge.py", JUDGE)]), &["3\n", "5\n"]);
    let of = |work: String| async move { logged("c", "main.c", judge(), C, &work).await };
    let (right, log) = of(C.to_owned()).await;
    is(&right, ALL);
    assert_eq!(right.tests[0].message, "looked at main.c");
    assert!(right.tests[0].detail.contains("for staff") && !log.contains("for staff"), "{log}");
    let (half, _) = of(C.replace("n * n", "n + 6")).await;
    is(&half, failed("3"));
    let (crash, _) = of("int main(void) { return *(volatile int *)0; }".to_owned()).await;
    is(&crash, failed("0"));
    assert_eq!(crash.tests[0].parts[0].message, "signal");
    let (hangs, _) = of("int main(void) { for (;;); }".to_owned()).await;
    is(&hangs, failed("0"));
    assert_eq!(hangs.tests[0].parts[0].message, "cpu_time_limit");
    // What it writes into its folder is gone with its sandbox: the grader has one of its own.
    let writes = "#include <stdio.h>\nint main(void) { FILE *f = fopen(\"judge.py\", \"w\"); fputs(\"import sys; open(sys.argv[1], 'w').write('{\\\"score\\\": 6}')\", f); fclose(f); f = fopen(\"runs.json\", \"w\"); fclose(f); puts(\"{\\\"score\\\": 6}\"); return 0; }";
    is(&of(writes.to_owned()).await.0, failed("0"));
}

#[tokio::test]
async fn a_grader_that_breaks_is_nobodys_zero() {
    for judge in [
        "raise ValueError('the grader of ours')",
        "import sys\nsys.exit(3)",
        "pass",
        "while True: pass",
        "def f(:",
        "import sys\nopen(sys.argv[1], 'w').write('{\"score\": 7}')",
        "import sys\nopen(sys.argv[1], 'w').write('{\"score\": 5, \"more\": 1}')",
        "import sys\nopen(sys.argv[1], 'w').write('[' * 100000)",
        "import os, sys\nos.symlink('/etc/passwd', sys.argv[1])",
        "import os\nos.abort()",
        "x = ' ' * (1 << 30)",
    ] {
        let outcome =
            tried("python3", "work.py", grader(author("python3", &[("judge.py", judge)]), &[]), "", SQUARE).await;
        is(&outcome, BROKEN);
        assert!(!outcome.message.contains("grader of ours"), "{judge}: {}", outcome.message);
        assert!(!outcome.tests[0].message.contains("grader of ours"), "{judge}: {}", outcome.tests[0].message);
        assert!(outcome.tests[0].detail.len() > 20, "{judge}: staff are told nothing");
    }
}

#[tokio::test]
async fn a_grader_may_be_in_any_language() {
    let text = "#include <stdio.h>\nint main(int n, char **words) { FILE *f = fopen(words[1], \"w\"); fputs(\"{\\\"score\\\": 6}\", f); return fclose(f); }\n";
    let outcome = tried("python3", "work.py", grader(author("c", &[("judge.c", text)]), &[]), "", "").await;
    is(&outcome, ALL);
    let broken =
        tried("python3", "work.py", grader(author("c", &[("judge.c", "int main(void) {")]), &[]), "", "").await;
    is(&broken, BROKEN);
}
