//! Handed-in work against the tests of its assignment, each in sandboxes of its own.
//!
//! What a test expects stays out here wherever that is possible: programs get arguments and input, functions arguments, dialogues what is
//! typed, and what comes of it is compared by us (`plain.rs`, `dialogue.rs`). Programs of the assignment's author (`author.rs`) are suites,
//! which run beside the work, and graders, which do not. What students are told is decided in `told.rs` alone.

mod author;
mod dialogue;
mod plain;
mod probe;
mod told;

use entity::execution::verdict::{Blame, Verdict};
use entity::points::Points;

use self::told::Tested;
use super::build::{Built, build};
use super::outcome::{Outcome, TestResult};
use super::plan::{Assignment, Program, SourceFile};
use super::sandbox::Class;
use super::session::Session;
use super::verdict::Part;
use crate::grading::score::{Score, score};
use crate::grading::test_case::{Feedback, TestCase, TestKind};

/// How handed-in work is built and run.
pub const MODE: &str = "run";

/// After so many tests that ended because their time was over, the others get less of it: a program that hangs on every input would
/// otherwise hold its place for minutes while others wait.
const PATIENCE: u32 = 3;
/// What the others get on the clock, in milliseconds for each second of processor time, and the least. A program that is not
/// like those three needs a small part of its time, so a fifth fails nobody who would have passed.
const HURRIED_MS: u32 = 200;
const HURRIED_LEAST_MS: u32 = 2_000;

pub async fn run(mut session: Session<'_>, task: &Assignment, files: &[SourceFile]) -> Outcome {
    let built = program(&mut session, task, files).await;
    let mut results: Vec<TestResult> =
        task.tests.iter().map(|test| told::result(test, Tested::not_run("there is no program"))).collect();
    let mut timed_out = 0;
    for (turn, index) in turns(&task.tests).into_iter().enumerate() {
        let test = &task.tests[index];
        if built.is_err() && needs_program(&session, &test.kind) {
            continue;
        }
        if session.cut_short().is_some() {
            results[index] = told::result(test, Tested::not_run("the run was ended before"));
            continue;
        }
        if let Some(announcement) = announcement(&task.tests, index, turn) {
            session.announce(&announcement);
        }
        let hurried = u32::from(test.timeout_s).saturating_mul(HURRIED_MS).max(HURRIED_LEAST_MS);
        let wall_ms = (timed_out >= PATIENCE).then_some(hurried);
        let tried = Tried { task, test, files, built: built.as_ref().ok().and_then(Option::as_ref), wall_ms };
        let tested = tried.run(&mut session).await;
        timed_out += u32::from(tested.timed_out());
        let part = if test.is_quiet() { Part::Hidden } else { Part::Run };
        session.judge(part, tested.class, tested.passed, tested.blame);
        results[index] = told::result(test, tested);
    }
    conclude(session, results, built.err())
}

/// The program, if a test needs one. An error says why there is none.
async fn program<'t>(
    session: &mut Session<'t>,
    task: &Assignment,
    files: &[SourceFile],
) -> Result<Option<Built<'t>>, String> {
    if !task.tests.iter().any(|test| needs_program(session, &test.kind)) {
        return Ok(None);
    }
    let program = Program { mode: MODE.to_owned(), main: Some(task.main.clone()), ..Program::default() };
    build(session, &program, files).await.map(Built::graded).map(Some)
}

/// Whether there is nothing to test where the work cannot be built.
fn needs_program(session: &Session<'_>, kind: &TestKind) -> bool {
    match kind {
        TestKind::Call(_) | TestKind::Stdio(_) | TestKind::Ok(_) | TestKind::Doctest(_) => true,
        // In the same language it is built together with the work.
        TestKind::Suite(suite) => suite.program.language != session.toolchain.name,
        TestKind::Grader(grader) => !grader.runs.is_empty(),
    }
}

fn conclude(session: Session<'_>, results: Vec<TestResult>, unbuilt: Option<String>) -> Outcome {
    let Score { earned, maximum } = score(results.iter().map(|test| (test.points, test.maximum)));
    let broken = results.iter().any(|test| test.blame == Some(Blame::Test));
    let message = match unbuilt {
        _ if broken => told::BROKEN.to_owned(),
        Some(message) => message,
        None => told::summary(&results),
    };
    let outcome = session.outcome(message);
    let outcome = match outcome.counts() && broken {
        // What it says of the program is not known, and a part of it would be unfair.
        true => Outcome { verdict: Verdict::TestError, blame: Some(Blame::Test), ..outcome },
        false => outcome,
    };
    let earned = if outcome.counts() { earned } else { Points::ZERO };
    Outcome { tests: results, earned, maximum, ..outcome }
}

/// The order in which tests are run: hidden ones last and announced together. A program may take as long as it likes over an input,
/// so the times of single hidden tests would tell what their inputs are.
fn turns(tests: &[TestCase]) -> Vec<usize> {
    let mut turns: Vec<usize> = (0..tests.len()).collect();
    turns.sort_by_key(|index| tests[*index].is_quiet());
    turns
}

fn announcement(tests: &[TestCase], index: usize, turn: usize) -> Option<String> {
    let open = tests.iter().filter(|test| !test.is_quiet()).count();
    if tests[index].is_quiet() {
        // Of those whose author has nothing told there is nothing told.
        let hidden = tests.iter().filter(|test| test.is_quiet() && test.feedback() != Feedback::Nothing).count();
        let plural = if hidden == 1 { "" } else { "s" };
        return (turn == open && hidden > 0).then(|| format!("{hidden} hidden test{plural}"));
    }
    Some(format!("Test {} of {open}: {}", turn + 1, tests[index].name))
}

/// A test about to be run.
struct Tried<'t> {
    task: &'t Assignment,
    test: &'t TestCase,
    /// What was handed in.
    files: &'t [SourceFile],
    /// What became of that; always there for a test that needs it.
    built: Option<&'t Built<'t>>,
    /// The most milliseconds on the clock.
    wall_ms: Option<u32>,
}

impl Tried<'_> {
    async fn run(&self, session: &mut Session<'_>) -> Tested {
        let tested = match (&self.test.kind, self.built) {
            (TestKind::Stdio(stdio), Some(built)) => self.started(session, stdio, built).await,
            (TestKind::Call(call), Some(built)) => self.called(session, call, built).await,
            (TestKind::Ok(test), _) => self.client(session, test).await,
            (TestKind::Doctest(test), _) => self.doctest(session, test).await,
            (TestKind::Suite(suite), _) => self.suite(session, suite).await,
            (TestKind::Grader(grader), _) => self.grader(session, grader).await,
            (TestKind::Stdio(_) | TestKind::Call(_), None) => Tested::not_run("there is no program"),
        };
        // What came before the sandbox broke is no failure of anybody's.
        match session.cut_short() {
            Some(step) => {
                Tested { class: step.class, blame: Blame::Infrastructure, ..Tested::not_run("the run was ended") }
            }
            None => tested,
        }
    }
}

/// Whether a class is that of a program whose time was over.
fn is_late(class: Class) -> bool {
    matches!(class, Class::CpuTimeLimit | Class::WallTimeLimit)
}
