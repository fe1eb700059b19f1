//! The format of a content folder. A folder is read and checked here: two lists of sections and courses (`catalogue.rs`), concepts, missions, each with a
//! `meta.yml` and one notebook, and assignments. Every fault is collected as a diagnostic with its rule, place and hint, so that a
//! teacher mends a file once and not ten times. Faults of one mission never hide another.
//!
//! Deliberately not here: running code (a mission hands out its Python), the database, and anything that waits. Reading is plain
//! blocking work; callers put it where that does no harm.

use std::path::Path;

use entity::execution::language::Language;
use sha2::{Digest, Sha256};

mod assignment_folder;
mod author_program;
mod body;
mod catalogue;
mod commit;
mod concept;
mod deadline;
mod diagnostic;
mod dialogue;
mod docstring;
mod doctest;
mod exercise;
mod fields;
mod folder;
mod handing_in;
mod header;
mod image;
mod literal;
mod markdown;
mod marker;
mod meta;
mod mission;
mod notebook;
mod notebook_cells;
mod notebook_file;
mod notebook_parts;
mod ok_file;
mod opening;
mod python_literal;
mod remark;
mod reserved;
mod rule;
mod screen;
mod survey;
mod test_case;
#[cfg(test)]
mod tests;
mod yaml;

pub use assignment_folder::{Assignment, TemplateFile};
pub use catalogue::{Course, Section};
pub use concept::Concept;
pub use diagnostic::{Diagnostic, did_you_mean, nearest, sort};
pub use exercise::{CodeSection, Exercise};
pub use handing_in::HandingIn;
pub use header::ScreenKind;
pub use meta::DataFile;
pub use mission::{Mission, PythonSource};
pub use notebook_parts::cell_source;
pub use remark::remark_html;
pub use reserved::RESERVED;
pub use rule::{Rule, Severity};
pub use screen::Screen;

use catalogue::Catalogue;
use concept::Concepts;
use folder::Folder;
use survey::Survey;

/// Part of every hash: raise it when the rules change, and every mission is checked anew.
pub const CHECKER_VERSION: u32 = 2;

/// A content folder, looked over once. Missions and assignments are read again when they are checked.
#[derive(Debug)]
pub struct Content {
    folder: Folder,
    catalogue: Catalogue,
    concepts: Concepts,
    survey: Survey,
    assignments: Vec<String>,
    assignment_faults: Vec<Diagnostic>,
    /// Languages that an assignment may be in.
    languages: Vec<Language>,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked<T> {
    /// Absent when any diagnostic is an error.
    pub value: Option<T>,
    /// Sorted by file, cell, line and rule.
    pub diagnostics: Vec<Diagnostic>,
    /// Equal when nothing that it is made of has changed, nor the checker.
    pub hash: [u8; 32],
}

impl<T> Checked<T> {
    fn new(value: Option<T>, mut diagnostics: Vec<Diagnostic>, hash: [u8; 32]) -> Self {
        sort(&mut diagnostics);
        let value = value.filter(|_| !diagnostics.iter().any(Diagnostic::is_error));
        Self { value, diagnostics, hash }
    }

    /// The hash in hexadecimal digits.
    #[must_use]
    pub fn hash_hex(&self) -> String {
        hex::encode(self.hash)
    }
}

impl Content {
    /// Opens a folder whose assignments may be in these languages. Never fails: what is wrong is told by the checks.
    #[must_use]
    pub fn open(root: &Path, languages: Vec<Language>) -> Self {
        let folder = Folder::new(root);
        let (assignments, assignment_faults) = assignment_folder::list(&folder);
        Self {
            catalogue: Catalogue::load(&folder),
            concepts: Concepts::load(&folder),
            survey: Survey::of(&folder),
            assignments,
            assignment_faults,
            languages,
            folder,
        }
    }

    /// The commit that is checked out where the folder is part of a repository of git: 40 or 64 hexadecimal digits.
    #[must_use]
    pub fn commit(&self) -> Option<String> {
        commit::checked_out(self.folder.root())
    }

    /// Every mission that has a directory or is listed by a course, ascending.
    #[must_use]
    pub fn mission_numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<_> = self.survey.numbers().chain(self.catalogue.listed_missions()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Reads and checks one mission.
    #[must_use]
    pub fn check_mission(&self, number: u32) -> Checked<Mission> {
        mission::check(self, number)
    }

    /// The names of all assignments, in order.
    #[must_use]
    pub fn assignment_keys(&self) -> Vec<String> {
        self.assignments.clone()
    }

    /// Reads and checks one assignment.
    #[must_use]
    pub fn check_assignment(&self, key: &str) -> Checked<Assignment> {
        assignment_folder::check(self, key)
    }

    /// What is wrong with sections, courses, concepts and directories: whatever belongs to no single mission.
    #[must_use]
    pub fn check_repository(&self) -> Vec<Diagnostic> {
        let mut out = self.catalogue.diagnostics();
        out.extend(self.concepts.diagnostics(self.survey.used_concepts()));
        out.extend(self.survey.faults.iter().chain(&self.assignment_faults).cloned());
        sort(&mut out);
        out
    }

    /// Everything that is wrong with the folder, each fault once.
    #[must_use]
    pub fn check_all(&self) -> Vec<Diagnostic> {
        let mut out = self.check_repository();
        out.extend(self.mission_numbers().into_iter().flat_map(|number| self.check_mission(number).diagnostics));
        out.extend(self.assignments.iter().flat_map(|key| self.check_assignment(key).diagnostics));
        sort(&mut out);
        out
    }

    /// The fault of asking for a mission that is nowhere.
    pub(super) fn unknown_mission(&self, number: u32) -> Diagnostic {
        let mut numbers = self.mission_numbers();
        numbers.sort_by_key(|known| known.abs_diff(number));
        let near: Vec<_> = numbers.iter().take(3).map(u32::to_string).collect();
        let hint = match near.as_slice() {
            [] => "the folder has no missions: create missions/1".to_owned(),
            near => format!("the nearest are {}", near.join(", ")),
        };
        Diagnostic::new(Rule::SyncUnknownMission, "", format!("there is no mission {number}"), hint)
    }
}

fn digest(hasher: Sha256) -> [u8; 32] {
    hasher.chain_update(CHECKER_VERSION.to_be_bytes()).finalize().into()
}
