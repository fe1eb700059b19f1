//! The last step before a mission is stored: its code is run, and must do what the screens promise.
//!
//! Every code screen's answer runs twice, each time in a fresh sandbox after the set-up of all screens so far. What it
//! produces is what learners' code is compared with later. Parsing notebooks and storing are not here.

use futures_util::stream::{self, StreamExt as _};
use tokio_util::sync::CancellationToken;

use super::format::Rule;
use super::trial::Trial;
use crate::execution::plan::SourceFile;
use crate::execution::sandbox::Class;
use crate::execution::syntax::{NotChecked, syntax};
use crate::execution::workshop::Workshop;
use crate::grading::check_exercise::{Checks, Expected};

/// The code of one mission.
#[derive(Clone, Debug, Default)]
pub struct Mission {
    /// In the order of the mission.
    pub screens: Vec<CodeScreen>,
    /// Data files, copied into every run.
    pub files: Vec<SourceFile>,
    /// Seconds of processor time for one run, 1 to 30.
    pub timeout_s: u8,
}

/// A code screen, as far as running it is concerned.
#[derive(Clone, Debug, Default)]
pub struct CodeScreen {
    pub key: String,
    /// Index of the code cell in the notebook, from 0.
    pub cell: u32,
    pub initial: Section,
    pub display: Section,
    /// May be absent only if none is needed.
    pub answer: Option<Section>,
    pub checks: Checks,
    /// The first lines of the checks in their cell, from 1.
    pub check_lines: CheckLines,
    pub error_okay: bool,
    pub no_answer_needed: bool,
}

/// Where the checks of an exercise begin, in lines of its cell from 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct CheckLines {
    pub vars: u32,
    pub val: u32,
    pub code_run: u32,
}

/// A section of an exercise.
#[derive(Clone, Debug, Default)]
pub struct Section {
    pub code: String,
    /// Its first line in the cell, from 1.
    pub line: u32,
}

/// Something that the author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: Rule,
    /// Key of the screen.
    pub screen: String,
    pub cell: u32,
    /// Line in the cell, from 1.
    pub line: u32,
    pub message: String,
    pub hint: String,
}

/// What came of proving a mission.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// In the order of the screens.
    pub findings: Vec<Finding>,
    /// By key, what the answer of each screen produced; only of screens without errors.
    pub expected: Vec<(String, Expected)>,
}

/// Why a mission could be neither proven nor refused. Says nothing about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Interrupted {
    #[error("cancelled")]
    Cancelled,
    #[error("the sandbox does not work: {0}")]
    Sandbox(String),
}

/// Runs the code of a mission, as many screens at once as there are processors. `ran` is told the number of screens done after each.
///
/// # Errors
/// If it was cancelled or the sandbox does not work; neither is a fault of the mission.
pub async fn prove(
    workshop: &Workshop,
    mission: &Mission,
    cancel: &CancellationToken,
    ran: &mut (dyn FnMut(usize) + Send),
) -> Result<Proof, Interrupted> {
    let parsed = parse(workshop, mission, cancel).await?;
    let initial: Vec<String> = mission.screens.iter().map(|screen| screen.initial.code.clone()).collect();
    let first_unparsed = parsed.iter().position(|faults| faults.initial).unwrap_or(parsed.len());
    let begun = cancel.child_token();
    let trial = |index: usize| {
        let trial =
            Trial { workshop, mission, screen: &mission.screens[index], initial: &initial[..=index], cancel: &begun };
        let (runnable, display) = (index < first_unparsed && !parsed[index].code, !parsed[index].display);
        async move { if runnable { trial.run(display).await.map(Some) } else { Ok(None) } }
    };
    let mut trials = stream::iter(0..mission.screens.len()).map(trial).buffered(at_once());
    let (mut proof, mut interrupted, mut set_up) = (Proof::default(), None, true);
    for (index, (screen, faults)) in mission.screens.iter().zip(&parsed).enumerate() {
        proof.findings.extend(faults.findings.iter().cloned());
        // Also where it does not count any more: what has begun is waited for, and ends soon.
        match trials.next().await.transpose() {
            Ok(Some(Some(tried))) if set_up => {
                proof.findings.extend(tried.findings);
                proof.expected.extend(tried.expected.map(|expected| (screen.key.clone(), expected)));
                // Set-up that does not work makes everything after it fail as well; that is said once.
                set_up = tried.set_up;
            }
            Err(why) if set_up => {
                interrupted.get_or_insert(why);
            }
            _ => {}
        }
        if !set_up || interrupted.is_some() {
            begun.cancel();
        }
        ran(index + 1);
    }
    interrupted.map_or(Ok(proof), Err)
}

/// How many screens run at the same time.
fn at_once() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What does not parse on one screen.
#[derive(Default)]
struct Parsed {
    findings: Vec<Finding>,
    initial: bool,
    display: bool,
    /// The answer or the check.
    code: bool,
}

async fn parse(workshop: &Workshop, mission: &Mission, cancel: &CancellationToken) -> Result<Vec<Parsed>, Interrupted> {
    let mut pieces = Vec::new();
    for (index, screen) in mission.screens.iter().enumerate() {
        pieces.push((index, "Initial", screen.initial.code.as_str(), screen.initial.line));
        pieces.push((index, "Display", &screen.display.code, screen.display.line));
        pieces.extend(screen.answer.iter().map(|answer| (index, "Answer", answer.code.as_str(), answer.line)));
        let code_run = screen.checks.code_run.as_deref();
        pieces.extend(code_run.map(|code| (index, "Check code run", code, screen.check_lines.code_run)));
    }
    let codes: Vec<_> = pieces.iter().map(|(_, _, code, _)| *code).collect();
    let faults = syntax(workshop, &codes, cancel.clone()).await.map_err(interrupted)?;
    let mut parsed: Vec<_> = mission.screens.iter().map(|_| Parsed::default()).collect();
    for fault in faults {
        let Some(&(index, section, _, first)) = pieces.get(fault.piece) else { continue };
        let (screen, parsed) = (&mission.screens[index], &mut parsed[index]);
        let line = first + fault.line.saturating_sub(1);
        if fault.warns {
            parsed.findings.push(warned(screen, section, line, &fault.message));
            continue;
        }
        parsed.findings.push(unparsed(screen, section, line, &fault.message));
        match section {
            "Initial" => parsed.initial = true,
            "Display" => parsed.display = true,
            _ => parsed.code = true,
        }
    }
    Ok(parsed)
}

fn interrupted(end: NotChecked) -> Interrupted {
    if end.class == Class::Cancelled { Interrupted::Cancelled } else { Interrupted::Sandbox(end.reason) }
}

fn unparsed(screen: &CodeScreen, section: &str, line: u32, message: &str) -> Finding {
    let finding = |rule, hint: &str| Finding {
        rule,
        screen: screen.key.clone(),
        cell: screen.cell,
        line,
        message: format!("{section} does not parse: {message}"),
        hint: hint.to_owned(),
    };
    if section == "Display" {
        let hint = "fine if there are gaps to fill in: say so in the instructions";
        return finding(Rule::ExerciseDisplaySyntax, hint);
    }
    finding(Rule::ExerciseSyntax, "correct the Python on this line")
}

/// Python reads it, and says that it cannot be meant, such as an `assert` of two values in brackets, which never fails.
fn warned(screen: &CodeScreen, section: &str, line: u32, message: &str) -> Finding {
    Finding {
        rule: Rule::ExerciseSyntaxWarning,
        screen: screen.key.clone(),
        cell: screen.cell,
        line,
        message: format!("Python warns of this line of {section}: {message}"),
        hint: "write what is meant".to_owned(),
    }
}
