//! The code of missions, good and bad, as it is run before a mission is stored.

use actors::content::format::Severity;
use actors::content::prove::{CheckLines, CodeScreen, Interrupted, Mission, Proof, Section, prove};
use actors::execution::builds::Builds;
use actors::execution::plan::SourceFile;
use actors::execution::sandbox::Sandbox;
use actors::execution::toolchain::Toolchains;
use actors::execution::workshop::Workshop;
use actors::grading::check_exercise::Checks;
use actors::grading::value::Value;
use tokio_util::sync::CancellationToken;

fn section(line: u32, code: &str) -> Section {
    Section { code: code.to_owned(), line }
}

/// A screen that is in order: `total` must be 6.
fn screen(answer: &str) -> CodeScreen {
    CodeScreen {
        key: "sum".to_owned(),
        cell: 3,
        initial: section(2, "numbers = [1, 2, 3]"),
        display: section(5, "total = None"),
        answer: Some(section(8, answer)),
        checks: Checks { vars: vec!["total".to_owned()], ..Checks::default() },
        ..CodeScreen::default()
    }
}

async fn run(screens: Vec<CodeScreen>) -> Proof {
    let mission = Mission {
        screens,
        files: vec![SourceFile { name: "numbers.csv".to_owned(), bytes: b"1,2,3\n".to_vec() }],
        timeout_s: 1,
    };
    let mut done = Vec::new();
    let workshop = tests::tools::workshop();
    let proof = prove(&workshop, &mission, &CancellationToken::new(), &mut |count| done.push(count)).await;
    assert_eq!(done, (1..=mission.screens.len()).collect::<Vec<_>>());
    proof.expect("the sandbox works")
}

/// The rules that were broken, each with its line.
fn rules(proof: &Proof) -> Vec<(&'static str, u32)> {
    proof.findings.iter().map(|finding| (finding.rule.name(), finding.line)).collect()
}

#[tokio::test]
async fn what_is_in_order_is_expected_of_learners() {
    let proof =
        run(vec![screen("import csv\nrow = next(csv.reader(open('numbers.csv')))\ntotal = sum(map(int, row))")]).await;
    assert_eq!(proof.findings, []);
    let (key, expected) = &proof.expected[0];
    assert_eq!((key.as_str(), &expected.values["total"]), ("sum", &Value::Int("6".to_owned())));
}

#[tokio::test]
async fn each_fault_has_its_rule_and_line() {
    let good = "total = sum(numbers)";
    let with = |change: fn(&mut CodeScreen)| {
        let mut screen = screen("total = sum(numbers)");
        change(&mut screen);
        screen
    };
    let table = [
        (screen("total = 1\ntotal = ("), "exercise.syntax", 9),
        (with(|screen| screen.initial.code = "\nnumbers = [".to_owned()), "exercise.syntax", 3),
        (with(|screen| screen.initial.code = "import no_such_module".to_owned()), "run.initial-fails", 2),
        (screen("x = 1\ntotal = x / 0"), "run.answer-fails", 9),
        (screen("import os; os._exit(0)"), "run.answer-fails", 8),
        (screen("import os; os.abort()"), "run.answer-fails", 8),
        (with(|screen| screen.error_okay = true), "run.error-expected", 8),
        (screen("sum_of_all = 6"), "run.var-undefined", 10),
        (with(|screen| screen.checks.val = Some("6".to_owned())), "run.answer-fails-check", 11),
        (
            with(|screen| screen.checks.code_run = Some("x = 7\nassert total == x, 'is 7'".to_owned())),
            "run.answer-fails-check",
            13,
        ),
        (screen("total = list(range(1_000_000))"), "run.answer-fails-check", 10),
        (screen("while True: pass"), "run.timeout", 8),
        (screen("import time; time.sleep(30)"), "run.timeout", 8),
        (screen("for i in range(10_000): print('flood', i)\ntotal = 6"), "run.output-limit", 8),
        (screen("import random; total = random.random()"), "run.nondeterministic", 8),
        (screen("import time; print(time.time_ns()); total = 6"), "run.nondeterministic", 8),
        // Also where a check finds something else each time.
        (
            with(|screen| {
                screen.checks.val = Some("6".to_owned());
                screen.answer = Some(section(8, "import time; print(time.time_ns()); total = 6"));
            }),
            "run.nondeterministic",
            8,
        ),
        (with(|screen| screen.checks.code_run = Some("assert 1 +".to_owned())), "exercise.syntax", 12),
    ];
    for (mut screen, rule, line) in table {
        screen.check_lines = CheckLines { vars: 10, val: 11, code_run: 12 };
        let code = screen.answer.as_ref().map_or(good, |answer| &answer.code).to_owned();
        let proof = run(vec![screen]).await;
        assert_eq!(rules(&proof), [(rule, line)], "{code}: {:?}", proof.findings);
        let finding = &proof.findings[0];
        assert_eq!((finding.rule.severity(), finding.screen.as_str(), finding.cell), (Severity::Error, "sum", 3));
        assert!(!finding.message.is_empty() && !finding.hint.is_empty());
        assert!(proof.expected.is_empty(), "{code}");
    }
}

#[tokio::test]
async fn starting_text_may_have_gaps_but_should_not_pass() {
    let mut gaps = screen("total = 6");
    gaps.display.code = "total = ___ +".to_owned();
    let mut easy = screen("total = 6");
    easy.display.code = "total = 3 + 3".to_owned();
    let proof = run(vec![gaps, easy]).await;
    assert_eq!(rules(&proof), [("exercise.display-syntax", 5), ("run.display-passes", 5)]);
    assert!(proof.findings.iter().all(|finding| finding.rule.severity() == Severity::Warning));
    assert_eq!(proof.expected.len(), 2);
}

#[tokio::test]
async fn an_answer_may_be_meant_to_raise_and_may_be_absent() {
    let raising = CodeScreen { error_okay: true, checks: Checks::default(), ..screen("{}['a']") };
    let free = CodeScreen { answer: None, no_answer_needed: true, checks: Checks::default(), ..screen("") };
    let proof = run(vec![raising, free]).await;
    assert_eq!(proof.findings, []);
    assert_eq!(proof.expected[0].1.exception.as_deref(), Some("KeyError"));
}

#[tokio::test]
async fn set_up_reaches_later_screens_and_never_earlier_ones() {
    let first = CodeScreen { initial: section(2, "a = 1"), ..screen("total = a") };
    let second = CodeScreen { initial: section(2, "b = a + 1"), ..screen("total = a + b") };
    let early = CodeScreen { initial: section(2, ""), ..screen("total = b") };
    assert_eq!(rules(&run(vec![first.clone(), second.clone()]).await), []);
    assert_eq!(rules(&run(vec![first, early, second]).await), [("run.answer-fails", 8)]);
    // An answer is not set-up for the next screen.
    let leaning = CodeScreen { initial: section(2, ""), ..screen("total = total + 1") };
    assert_eq!(rules(&run(vec![screen("total = 6"), leaning]).await), [("run.answer-fails", 8)]);
}

#[tokio::test]
async fn broken_set_up_is_told_once() {
    let broken = CodeScreen { initial: section(2, "1 / 0"), ..screen("total = 6") };
    assert_eq!(rules(&run(vec![broken, screen("total = 6"), screen("total = 7")]).await), [("run.initial-fails", 2)]);
}

#[tokio::test]
async fn a_sandbox_that_does_not_work_is_no_fault_of_the_mission() {
    let mission = Mission { screens: vec![screen("total = 6")], files: vec![], timeout_s: 1 };
    let broken =
        Workshop::new(Sandbox::new("/nonexistent/lectern".into()), Toolchains::built_in(), Builds::in_memory());
    let end = prove(&broken, &mission, &CancellationToken::new(), &mut |_| ()).await;
    assert!(matches!(end, Err(Interrupted::Sandbox(_))), "{end:?}");

    let cancel = CancellationToken::new();
    cancel.cancel();
    let end = prove(&tests::tools::workshop(), &mission, &cancel, &mut |_| ()).await;
    assert_eq!(end.err(), Some(Interrupted::Cancelled));
}
