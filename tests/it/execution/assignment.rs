//! Handed-in work and its tests.

use actors::execution::builds::Builds;
use actors::execution::execute::execute;
use actors::execution::outcome::Outcome;
use actors::execution::plan::{Assignment, Plan, Program, SourceFile, Task};
use actors::execution::record::{Kind, Record};
use actors::execution::sandbox::Sandbox;
use actors::execution::toolchain::Toolchains;
use actors::execution::workshop::Workshop;
use actors::grading::test_case::{Call, Stdio, TestCase, TestKind};
use entity::execution::language::Language;
use entity::execution::verdict::{Blame, Verdict};
use entity::points::Points;
use serde_json::json;
use tests::tools::workshop;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::{carry_out, file, language, said};

fn stdio(name: &str, stdin: &str, stdout: &str) -> TestCase {
    let kind = TestKind::Stdio(Stdio { arguments: vec![], stdin: stdin.to_owned(), stdout: stdout.to_owned() });
    TestCase { name: name.to_owned(), points: Points::whole(2), hidden: false, feedback: None, timeout_s: 2, kind }
}

fn call(name: &str, argument: serde_json::Value, expect: serde_json::Value) -> TestCase {
    let kind = TestKind::Call(Call { function: "square".to_owned(), arguments: vec![argument], expect });
    TestCase { name: name.to_owned(), points: Points::whole(2), hidden: false, feedback: None, timeout_s: 2, kind }
}

fn plan(language: Language, main: &str, tests: Vec<TestCase>) -> Plan {
    Plan {
        language,
        task: Task::Assignment(Assignment { main: main.to_owned(), tests, templates: Vec::new() }),
        timeout_s: 2,
    }
}

async fn c(source: &str) -> Outcome {
    let tests = vec![stdio("small", "3\n", "9\n"), stdio("negative", "-4\n", "16\n")];
    carry_out(&plan(language("c"), "main.c", tests), &[file("main.c", source)]).await.0
}

const SQUARE: &str = r#"
#include <stdio.h>
int main(void) { int n; if (scanf("%d", &n) != 1) return 1; printf("%d  \n", n * n); return 0; }
"#;

#[tokio::test]
async fn c_that_is_right_passes() {
    let outcome = c(SQUARE).await;
    assert_eq!((outcome.verdict, outcome.blame), (Verdict::Passed, None), "{}", outcome.message);
    assert_eq!((outcome.earned, outcome.maximum), (Points::whole(4), Points::whole(4)));
    let steps: Vec<_> = outcome.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(steps, ["build", "small", "negative"]);
}

#[tokio::test]
async fn c_that_does_not_compile_shows_what_the_compiler_says() {
    let outcome = c("int main(void) { return x; }").await;
    assert_eq!((outcome.verdict, outcome.blame), (Verdict::BuildFailed, Some(Blame::Student)));
    assert!(
        outcome.message.contains("error: 'x' undeclared") || outcome.message.contains("error: ‘x’ undeclared"),
        "{}",
        outcome.message
    );
    assert_eq!((outcome.earned, outcome.maximum), (Points::ZERO, Points::whole(4)));
    assert!(outcome.tests.iter().all(|test| !test.passed && !test.message.is_empty()));
}

#[tokio::test]
async fn c_that_crashes_is_told_how() {
    let outcome = c("#include <stddef.h>\nint main(void) { volatile int *p = NULL; return *p; }").await;
    assert_eq!(outcome.verdict, Verdict::Signal, "{}", outcome.message);
    assert_eq!(outcome.signal, Some(11));
    assert!(outcome.message.contains("With the input `3\\n`"), "{}", outcome.message);
    assert!(outcome.message.contains("segmentation fault"), "{}", outcome.message);
}

#[tokio::test]
async fn c_that_is_wrong_sees_input_and_line() {
    let outcome = c(&SQUARE.replace("n * n", "n + 6")).await;
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert_eq!(outcome.earned, Points::whole(2), "3 + 6 is 3 * 3");
    assert_eq!(
        outcome.message,
        "1 of 2 tests passed\nnegative: With the input `-4\\n`: Line 1 of the output should be `16`, but it is `2`"
    );
}

#[tokio::test]
async fn the_main_file_must_be_there() {
    let tests = vec![stdio("small", "3\n", "9\n")];
    let (outcome, _) = carry_out(&plan(language("c"), "main.c", tests), &[file("other.c", SQUARE)]).await;
    assert_eq!(outcome.verdict, Verdict::BuildFailed);
    assert_eq!(outcome.message, "The file `main.c` is missing");
}

async fn python(source: &str) -> (Outcome, String) {
    let hidden = TestCase { hidden: true, ..call("secret", json!(-777), json!(603_729)) };
    let tests = vec![call("integer", json!(3), json!(9)), call("float", json!(1.5), json!(2.25)), hidden];
    let files: [SourceFile; 1] = [file("main.py", source)];
    let (outcome, log) = carry_out(&plan(Language::python3(), "main.py", tests), &files).await;
    let log = [Kind::Console, Kind::Stdout, Kind::Stderr].map(|kind| said(&log, kind)).concat();
    (outcome, log)
}

#[tokio::test]
async fn python_functions_are_called_and_compared() {
    let (outcome, log) = python("def square(x):\n    print('called with', x)\n    return x * x\n").await;
    assert_eq!(outcome.verdict, Verdict::Passed, "{}", outcome.message);
    assert_eq!(outcome.earned, Points::whole(6));
    assert!(log.contains("called with 1.5") && !log.contains("-777"), "{log}");
    assert!(log.contains("1 hidden test") && !log.contains("secret"), "{log}");
}

#[tokio::test]
async fn python_in_part_gives_points_in_part() {
    let (outcome, _) = python("def square(x):\n    return int(x * x)\n").await;
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert_eq!((outcome.earned, outcome.maximum), (Points::whole(4), Points::whole(6)));
    assert_eq!(outcome.tests[1].message, "`square(1.5)` should be 2.25 (float), but it is 2 (int)");
    assert_eq!(outcome.message, format!("2 of 3 tests passed\nfloat: {}", outcome.tests[1].message));
}

#[tokio::test]
async fn a_hidden_test_says_nothing() {
    for source in [
        "def square(x):\n    return x * x if x > 0 else 5",
        "def square(x):\n    if x < 0: raise ValueError(x)\n    return x * x",
        "import os\ndef square(x):\n    if x < 0: os._exit(0)\n    return x * x",
        "def square(x):\n    if x < 0: print(x, flush=True); 1 / 0\n    return x * x",
    ] {
        let (outcome, log) = python(source).await;
        assert_eq!(outcome.earned, Points::whole(4), "{source}: {}", outcome.message);
        assert_eq!(outcome.tests[2].message, "Did not pass");
        assert_eq!(outcome.message, "2 of 3 tests passed\nsecret: Did not pass");
        assert!(!log.contains("777") && !log.contains("603729"), "{log}");
    }
}

#[tokio::test]
async fn what_a_call_may_come_to() {
    for (source, message) in [
        (
            "def square(x):\n    return 1 / 0",
            "`square(3)` ended with an exception: ZeroDivisionError: division by zero",
        ),
        ("square = 5", "There is no function `square`"),
        ("import os\nos._exit(0)", "`square(3)`: the program ended before it could be checked"),
        ("def square(x)\n", "`square(3)` ended with an exception: SyntaxError: expected ':'"),
        (
            "import os\ndef square(x):\n    os.write(3, b'9')\n    return 9",
            "`square(3)`: the program disturbed its own check",
        ),
        ("def square(x):\n    return True", "`square(3)` should be 9 (int), but it is True (bool)"),
    ] {
        let (outcome, _) = python(source).await;
        assert_ne!(outcome.verdict, Verdict::Passed);
        assert_eq!(outcome.tests[0].message, message, "{source}");
    }
}

#[tokio::test]
async fn a_program_is_just_run() {
    let task = Task::Program(Program {
        mode: "run".to_owned(),
        main: Some("main.py".to_owned()),
        stdin: "input\n".to_owned(),
        arguments: vec!["a b".to_owned()],
        ..Program::default()
    });
    let plan = Plan { language: Language::python3(), task, timeout_s: 2 };
    let source = "import sys, helper\nprint(sys.argv[1:], input(), helper.x)\nsys.exit(3)";
    let (outcome, log) = carry_out(&plan, &[file("main.py", source), file("helper.py", "x = 5")]).await;
    assert_eq!(said(&log, Kind::Stdout), "['a b'] input 5\n", "{}", said(&log, Kind::Stderr));
    assert_eq!((outcome.verdict, outcome.exit_code), (Verdict::Nonzero, Some(3)));
}

#[tokio::test]
async fn a_program_that_hangs_on_every_input_waits_less_in_the_end() {
    let names = ["a", "b", "c", "d", "e"];
    let tests = names.map(|name| TestCase { timeout_s: 1, ..stdio(name, "", "1") }).to_vec();
    let files = [file("main.py", "import time\ntime.sleep(60)")];
    let (outcome, _) = carry_out(&plan(language("python3"), "main.py", tests), &files).await;
    assert_eq!(outcome.verdict, Verdict::WallTimeLimit, "{}", outcome.message);
    let walls: Vec<u64> = outcome.steps.iter().map(|step| step.evidence.wall_us / 1_000_000).collect();
    assert_eq!(walls, [5, 5, 5, 2, 2]);
    assert!(outcome.tests[4].message.contains("after 2 s"), "{}", outcome.tests[4].message);
}

#[tokio::test]
async fn a_run_that_was_cut_short_does_not_count() {
    let plan = plan(Language::python3(), "main.py", vec![stdio("first", "", "1"), stdio("second", "", "1")]);
    let files = [file("main.py", "import time\nprint('started')\ntime.sleep(60)")];
    let (output, mut records) = unbounded_channel::<Record>();
    let cancel = CancellationToken::new();
    let stop = async {
        while let Some(record) = records.recv().await {
            if record.kind == Kind::Stdout {
                cancel.cancel();
            }
        }
    };
    let workshop = workshop();
    let run = async {
        let outcome = execute(&workshop, &plan, &files, &output, cancel.clone()).await;
        drop(output);
        outcome
    };
    let (outcome, ()) = tokio::join!(run, stop);
    assert_eq!((outcome.verdict, outcome.blame), (Verdict::Cancelled, None), "{}", outcome.message);
    assert_eq!((outcome.steps.len(), outcome.tests.len()), (1, 2));
    assert!(!outcome.counts());
}

#[tokio::test]
async fn a_broken_sandbox_is_nobodys_zero() {
    let plan = plan(language("c"), "main.c", vec![stdio("small", "3\n", "9\n")]);
    let (output, mut records) = unbounded_channel::<Record>();
    let broken =
        Workshop::new(Sandbox::new("/nonexistent/lectern".into()), Toolchains::built_in(), Builds::in_memory());
    let outcome = execute(&broken, &plan, &[file("main.c", SQUARE)], &output, CancellationToken::new()).await;
    assert_eq!((outcome.verdict, outcome.blame), (Verdict::SandboxError, Some(Blame::Infrastructure)));
    assert!(!outcome.counts() && outcome.message.contains("our side"), "{}", outcome.message);
    drop(output);
    let mut reasons = 0;
    while let Some(record) = records.recv().await {
        reasons += usize::from(record.kind == Kind::Internal);
    }
    assert_eq!(reasons, 1, "staff see why");
}
