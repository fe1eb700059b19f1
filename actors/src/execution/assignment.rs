//! Handed-in work against the tests of its assignment, each in a sandbox of its own.
//!
//! The work never sees what a test expects: it gets arguments and input, and its answer is compared out here.

use entity::execution::verdict::Blame;
use entity::points::Points;

use super::build::{Built, Call as Once, build, run_once, unusable};
use super::outcome::{Outcome, TestResult};
use super::plan::{Assignment, Program, SourceFile};
use super::python::{self, CallAnswer};
use super::sandbox::Class;
use super::session::{Asked, Ended, Question, Session};
use super::verdict::Part;
use crate::grading::score::score;
use crate::grading::test_case::{Call, Stdio, TestCase, TestKind};
use crate::grading::{check_call, check_stdio};

/// How handed-in work is built and run.
pub const MODE: &str = "run";

/// Why a test did not pass, and who is to answer for it.
type Verified = Result<(), (Blame, String)>;

pub async fn run(mut session: Session<'_>, task: &Assignment, files: &[SourceFile]) -> Outcome {
    let program = Program { mode: MODE.to_owned(), main: Some(task.main.clone()), ..Program::default() };
    let built = build(&mut session, &program, files).await;
    let mut results: Vec<TestResult> =
        task.tests.iter().map(|test| result(test, Err("Not run, because there is no program".to_owned()))).collect();
    for (turn, index) in turns(&task.tests).into_iter().enumerate() {
        let (Ok(built), test) = (&built, &task.tests[index]) else { break };
        if session.cut_short().is_some() {
            results[index] = result(test, Err("Not run".to_owned()));
            continue;
        }
        if let Some(announcement) = announcement(&task.tests, index, turn) {
            session.announce(&announcement);
        }
        let (class, verified) = one(&mut session, &task.main, test, built).await;
        let blame = verified.as_ref().err().map_or(Blame::Student, |(blame, _)| *blame);
        let part = if test.hidden { Part::Hidden } else { Part::Run };
        session.judge(part, class, verified.is_ok(), blame);
        results[index] = result(test, verified.map_err(|(_, message)| message));
    }
    let score = score(results.iter().map(|test| (test.passed, test.maximum)));
    let message = match built {
        Ok(_) => summary(&results),
        Err(message) => message,
    };
    Outcome { tests: results, earned: score.earned, maximum: score.maximum, ..session.outcome(message) }
}

/// The order in which tests are run: hidden ones last and announced together. A program may take as long as it likes over an input,
/// so the times of single hidden tests would tell what their inputs are.
fn turns(tests: &[TestCase]) -> Vec<usize> {
    let mut turns: Vec<usize> = (0..tests.len()).collect();
    turns.sort_by_key(|index| tests[*index].hidden);
    turns
}

fn announcement(tests: &[TestCase], index: usize, turn: usize) -> Option<String> {
    let hidden = tests.iter().filter(|test| test.hidden).count();
    let open = tests.len() - hidden;
    if tests[index].hidden {
        let plural = if hidden == 1 { "" } else { "s" };
        return (turn == open).then(|| format!("{hidden} hidden test{plural}"));
    }
    Some(format!("Test {} of {open}: {}", turn + 1, tests[index].name))
}

async fn one(session: &mut Session<'_>, main: &str, test: &TestCase, built: &Built<'_>) -> (Class, Verified) {
    match &test.kind {
        TestKind::Stdio(stdio) => {
            if let Some(message) = unusable(&stdio.arguments) {
                return (Class::Ok, Err((Blame::Test, message)));
            }
            let once = Once {
                name: &test.name,
                arguments: &stdio.arguments,
                stdin: &stdio.stdin,
                timeout_s: test.timeout_s,
                wall_ms: None,
                hidden: test.hidden,
            };
            let ended = run_once(session, built, once).await;
            (ended.class, printed(stdio, &ended))
        }
        TestKind::Call(call) => called(session, main, test, call, built).await,
    }
}

fn printed(test: &Stdio, ended: &Ended) -> Verified {
    let fault = match ended.class {
        Class::Ok => check_stdio::check(test, &ended.stdout),
        _ => Some(check_stdio::with_input(test, &ended.message)),
    };
    fault.map_or(Ok(()), |message| Err((Blame::Student, message)))
}

async fn called(
    session: &mut Session<'_>,
    main: &str,
    test: &TestCase,
    call: &Call,
    built: &Built<'_>,
) -> (Class, Verified) {
    let Some(harness) = &session.toolchain.harness else {
        let message = format!("Functions cannot be called in {}", session.toolchain.title);
        return (Class::Ok, Err((Blame::Test, message)));
    };
    let question = Question {
        name: &test.name,
        script: python::CALL,
        task: python::Call { main, function: &call.function, arguments: &call.arguments },
        files: built.files.clone(),
        timeout_s: test.timeout_s,
        hidden: test.hidden,
    };
    let asked = session.ask(harness, question).await;
    (asked.ended.class, returned(call, &asked))
}

fn returned(call: &Call, asked: &Asked) -> Verified {
    let ended = &asked.ended;
    let about = check_call::name(call);
    let fault = match ended.class {
        Class::Ok | Class::Nonzero => match asked.answer() {
            Ok(CallAnswer::Value(value)) if ended.class == Class::Ok => check_call::check(call, value),
            Ok(CallAnswer::Raised(raised)) => {
                Some(format!("`{about}` ended with an exception: {}", raised.last_line()))
            }
            Ok(CallAnswer::Missing(_)) => Some(format!("There is no function `{}`", call.function)),
            Ok(CallAnswer::Value(_)) => Some(format!("`{about}`: {}", ended.message)),
            Err(reason) => Some(format!("`{about}`: {reason}")),
        },
        _ => Some(format!("`{about}`: {}", ended.message)),
    };
    fault.map_or(Ok(()), |message| Err((Blame::Student, message)))
}

fn result(test: &TestCase, verified: Result<(), String>) -> TestResult {
    let passed = verified.is_ok();
    let message = match verified {
        Ok(()) => String::new(),
        // Neither input, nor output, nor how it ended: all of these can tell what the test is.
        Err(_) if test.hidden => "Did not pass".to_owned(),
        Err(message) => message,
    };
    TestResult {
        name: test.name.clone(),
        passed,
        points: if passed { test.points } else { Points::ZERO },
        maximum: test.points,
        hidden: test.hidden,
        message,
    }
}

/// How many passed, and the first that did not: one whose reason may be told before one whose reason may not.
fn summary(tests: &[TestResult]) -> String {
    let passed = tests.iter().filter(|test| test.passed).count();
    if passed == tests.len() {
        return "All tests passed".to_owned();
    }
    let failed = tests.iter().filter(|test| !test.passed);
    let first = failed.min_by_key(|test| test.hidden);
    let reason = first.map(|test| format!("\n{}: {}", test.name, test.message)).unwrap_or_default();
    format!("{passed} of {} tests passed{reason}", tests.len())
}
