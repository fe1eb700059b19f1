//! The last step before a mission is stored: its code is run, and must do what the screens promise.
//!
//! Every code screen's answer runs twice, each time in a fresh sandbox after the set-up of all screens so far. What it
//! produces is what learners' code is compared with later. Parsing notebooks and storing are not here.

use tokio_util::sync::CancellationToken;

use super::format::Rule;
use super::trial::{Trial, Tried};
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
    /// First line of the code of `Check code run` in its cell, from 1.
    pub code_run_line: u32,
    pub error_okay: bool,
    pub no_answer_needed: bool,
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

/// Runs the code of a mission. `ran` is told the number of screens done after each.
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
    let mut proof = Proof::default();
    let mut initial = Vec::new();
    // Set-up that does not work makes everything after it fail as well; that is said once.
    let mut set_up = true;
    for (index, (screen, faults)) in mission.screens.iter().zip(parsed).enumerate() {
        initial.push(screen.initial.code.clone());
        set_up &= !faults.initial;
        let runnable = set_up && !faults.code;
        proof.findings.extend(faults.findings);
        if runnable {
            let trial = Trial { workshop, mission, screen, initial: &initial, cancel };
            let Tried { findings, expected, set_up: worked } = trial.run(!faults.display).await?;
            set_up = worked;
            proof.findings.extend(findings);
            proof.expected.extend(expected.map(|expected| (screen.key.clone(), expected)));
        }
        ran(index + 1);
    }
    Ok(proof)
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
        pieces.extend(code_run.map(|code| (index, "Check code run", code, screen.code_run_line)));
    }
    let codes: Vec<_> = pieces.iter().map(|(_, _, code, _)| *code).collect();
    let faults = syntax(workshop, &codes, cancel.clone()).await.map_err(interrupted)?;
    let mut parsed: Vec<_> = mission.screens.iter().map(|_| Parsed::default()).collect();
    for fault in faults {
        let Some(&(index, section, _, first)) = pieces.get(fault.piece) else { continue };
        let (screen, parsed) = (&mission.screens[index], &mut parsed[index]);
        let line = first + fault.line.saturating_sub(1);
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
