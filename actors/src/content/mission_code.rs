//! The code of a mission as it is proven, and what is found in it as diagnostics of the notebook: between reading and running, which do not know
//! each other.

use super::format::{CodeSection, Diagnostic, Exercise, Mission, Screen};
use super::prove::{self, CheckLines, CodeScreen, Finding, Section};
use crate::execution::plan::SourceFile;
use crate::grading::check_exercise::Checks;

/// What of a mission is run.
pub(super) fn code(mission: &Mission) -> prove::Mission {
    let screens = mission.screens.iter().filter_map(|screen| Some(code_screen(screen, screen.exercise.as_ref()?)));
    let files = mission.files.iter().map(|file| SourceFile { name: file.path.clone(), bytes: file.bytes.clone() });
    prove::Mission { screens: screens.collect(), files: files.collect(), timeout_s: mission.timeout_s }
}

fn code_screen(screen: &Screen, exercise: &Exercise) -> CodeScreen {
    let line = |wanted: CodeSection| {
        let found = exercise.lines.iter().find(|(section, _)| *section == wanted);
        found.map_or(1, |(_, line)| u32::try_from(*line).unwrap_or(1))
    };
    let section = |code: &str, which| Section { code: code.to_owned(), line: line(which) };
    CodeScreen {
        key: screen.key.clone(),
        cell: u32::try_from(exercise.cell).unwrap_or(u32::MAX),
        initial: section(&exercise.initial, CodeSection::Initial),
        display: section(&exercise.display, CodeSection::Display),
        answer: exercise.answer.as_deref().map(|answer| section(answer, CodeSection::Answer)),
        checks: checks(exercise),
        check_lines: CheckLines {
            vars: line(CodeSection::CheckVars),
            val: line(CodeSection::CheckVal),
            code_run: line(CodeSection::CheckCodeRun),
        },
        error_okay: exercise.error_okay,
        no_answer_needed: exercise.no_answer_needed,
    }
}

/// The checks of an exercise.
pub(super) fn checks(exercise: &Exercise) -> Checks {
    Checks {
        vars: exercise.check_vars.clone(),
        val: exercise.check_val.clone(),
        code_run: exercise.check_code_run.clone(),
    }
}

/// A finding of a run as a diagnostic of the notebook.
pub(super) fn diagnostic(mission: &Mission, finding: &Finding) -> Diagnostic {
    let hint = unlisted(mission, finding).unwrap_or_else(|| finding.hint.clone());
    let diagnostic = Diagnostic::new(finding.rule, &mission.notebook, &finding.message, hint)
        .at_cell(finding.cell as usize)
        .on_screen(&finding.screen);
    if finding.line > 0 { diagnostic.at_line(finding.line as usize) } else { diagnostic }
}

/// What is missing in a run may lie beside the notebook all the same, where it is not listed.
fn unlisted(mission: &Mission, finding: &Finding) -> Option<String> {
    let missed = |path: &&String| finding.message.contains(&format!("'{path}'"));
    let path = mission.unlisted.iter().find(missed).filter(|_| finding.message.contains("FileNotFoundError"))?;
    Some(format!(
        "`{path}` lies in the mission's directory, but runs have only what is listed: add it to file_list in meta.yml"
    ))
}
