//! Checking a folder for its author: everything that synchronising would find, without storing anything, and without a database.
//!
//! The whole folder is read first, so that all faults of reading are told even where nothing can be run. Then the code of each mission that is
//! in order so far is run. What only a site knows, such as a screen that is stored in another mission, is not found here.

use std::sync::Arc;

use tokio::task::{JoinError, spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::format::{Content, Diagnostic, Mission, sort};
use super::mission_code::{code, diagnostic};
use super::prove::{Interrupted, prove};
use crate::execution::workshop::Workshop;

/// How far a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The folder is read: so many missions and assignments.
    Read { missions: usize, assignments: usize },
    /// So many screens with code of a mission have been run, of so many.
    Ran { mission: u32, screen: usize, of: usize },
}

/// What came of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order of files, cells and lines.
    pub diagnostics: Vec<Diagnostic>,
    /// How many missions and assignments were looked at.
    pub missions: usize,
    pub assignments: usize,
    /// Why some code was not run; what is told holds nevertheless.
    pub not_run: Option<Interrupted>,
}

/// Checks these missions, or everything when none is named. Without a workshop no code is run.
///
/// # Errors
/// When reading broke off by a fault of ours.
pub async fn check(
    content: Arc<Content>,
    missions: &[u32],
    workshop: Option<&Workshop>,
    cancel: &CancellationToken,
    told: &mut (dyn FnMut(Step) + Send),
) -> Result<Report, JoinError> {
    let wanted = missions.to_vec();
    let (mut report, sound) = spawn_blocking(move || read(&content, &wanted)).await?;
    told(Step::Read { missions: report.missions, assignments: report.assignments });
    if let Some(workshop) = workshop {
        for mission in &sound {
            match run(workshop, mission, cancel, told).await {
                Ok(found) => report.diagnostics.extend(found),
                Err(interrupted) => {
                    report.not_run = Some(interrupted);
                    break;
                }
            }
        }
    }
    sort(&mut report.diagnostics);
    Ok(report)
}

/// What is found by reading, and the missions whose code can be run.
fn read(content: &Content, wanted: &[u32]) -> (Report, Vec<Mission>) {
    let known = content.mission_numbers();
    let everything = wanted.is_empty();
    let mut numbers = if everything { known.clone() } else { wanted.to_vec() };
    numbers.sort_unstable();
    numbers.dedup();
    let mut diagnostics = if everything { content.check_repository() } else { Vec::new() };
    let mut sound = Vec::new();
    for number in &numbers {
        if known.contains(number) {
            let checked = content.check_mission(*number);
            diagnostics.extend(checked.diagnostics);
            sound.extend(checked.value);
        } else {
            diagnostics.push(content.unknown_mission(*number));
        }
    }
    let assignments = if everything { content.assignment_keys() } else { Vec::new() };
    diagnostics.extend(assignments.iter().flat_map(|key| content.check_assignment(key).diagnostics));
    let report = Report { diagnostics, missions: numbers.len(), assignments: assignments.len(), not_run: None };
    (report, sound)
}

async fn run(
    workshop: &Workshop,
    mission: &Mission,
    cancel: &CancellationToken,
    told: &mut (dyn FnMut(Step) + Send),
) -> Result<Vec<Diagnostic>, Interrupted> {
    let code = code(mission);
    let of = code.screens.len();
    let mut ran = |screen| told(Step::Ran { mission: mission.number, screen, of });
    let proof = prove(workshop, &code, cancel, &mut ran).await?;
    Ok(proof.findings.iter().map(|finding| diagnostic(mission, finding)).collect())
}
