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

/// After so many tests that ended because their time was over, the others get less of it: a program that hangs on every input would
/// otherwise hold its place for minutes while others wait.
const PATIENCE: u32 = 3;
/// What the others get on the clock, in milliseconds for each second of processor time, and the least. A program that is not
/// like those three needs a small part of its time, so a fifth fails nobody who would have passed.
const HURRIED_MS: u32 = 200;
const HURRIED_LEAST_MS: u32 = 2_000;

/// Why a test did not pass, and who is to answer for it.
type Verified = Result<(), (Blame, String)>;

pub async fn run(mut session: Session<'_>, task: &Assignment, files: &[SourceFile]) -> Outcome {
    let program = Program { mode: MODE.to_owned(), main: Some(task.main.clone()), ..Program::default() };
    let built = build(&mut session, &program, files).await.map(Built::graded);
    let mut results: Vec<TestResult> =
        task.tests.iter().map(|test| result(test, Err("Not run, because there is no program".to_owned()))).collect();
    let mut timed_out = 0;
    for (turn, index) in turns(&task.tests).into_iter().enumerate() {
        let (Ok(built), test) = (&built, &task.tests[index]) else { break };
        if session.cut_short().is_some() {
            results[index] = result(test, Err("Not run".to_owned()));
            continue;
        }
        if let Some(announcement) = announcement(&task.tests, index, turn) {
            session.announce(&announcement);
        }
        let hurried = u32::from(test.timeout_s).saturating_mul(HURRIED_MS).max(HURRIED_LEAST_MS);
        let wall_ms = (timed_out >= PATIENCE).then_some(hurried);
        let tried = Tried { main: &task.main, test, built, wall_ms };
        let (class, verified) = tried.run(&mut session).await;
        timed_out += u32::from(matches!(class, Class::CpuTimeLimit | Class::WallTimeLimit));
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

/// A test about to be run.
struct Tried<'t> {
    main: &'t str,
    test: &'t TestCase,
    built: &'t Built<'t>,
    /// The most milliseconds on the clock.
    wall_ms: Option<u32>,
}

impl Tried<'_> {
    async fn run(&self, session: &mut Session<'_>) -> (Class, Verified) {
        match &self.test.kind {
            TestKind::Stdio(stdio) => self.started(session, stdio).await,
            TestKind::Call(call) => self.called(session, call).await,
        }
    }

    async fn started(&self, session: &mut Session<'_>, stdio: &Stdio) -> (Class, Verified) {
        if let Some(message) = unusable(&stdio.arguments) {
            return (Class::Ok, Err((Blame::Test, message)));
        }
        let once = Once {
            name: &self.test.name,
            arguments: &stdio.arguments,
            stdin: &stdio.stdin,
            timeout_s: self.test.timeout_s,
            wall_ms: self.wall_ms,
            hidden: self.test.hidden,
        };
        let ended = run_once(session, self.built, once).await;
        (ended.class, printed(stdio, &ended))
    }

    async fn called(&self, session: &mut Session<'_>, call: &Call) -> (Class, Verified) {
        let toolchain = session.toolchain;
        let Some(harness) = &toolchain.harness else {
            let message = format!("Functions cannot be called in {}", toolchain.title);
            return (Class::Ok, Err((Blame::Test, message)));
        };
        let question = Question {
            name: &self.test.name,
            script: python::CALL,
            task: python::Call { main: self.main, function: &call.function, arguments: &call.arguments },
            files: self.built.files.clone(),
            timeout_s: self.test.timeout_s,
            wall_ms: self.wall_ms,
            hidden: self.test.hidden,
        };
        let asked = session.ask(harness, question).await;
        (asked.ended.class, returned(call, &asked))
    }
}

fn printed(test: &Stdio, ended: &Ended) -> Verified {
    let fault = match ended.class {
        Class::Ok => check_stdio::check(test, &ended.stdout),
        _ => Some(check_stdio::with_input(test, &ended.message)),
    };
    fault.map_or(Ok(()), |message| Err((Blame::Student, message)))
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
