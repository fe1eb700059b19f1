//! What one run needs, as data: written when the run is asked for, read by whichever worker takes it.
//!
//! No rows here, and no bytes of students: files are handed in beside the plan, from where they are stored.

use std::collections::BTreeMap;

use entity::execution::language::Language;
use serde::{Deserialize, Serialize};

use crate::grading::author::AuthorFile;
use crate::grading::check_exercise::{Checks, Expected};
use crate::grading::test_case::TestCase;

/// One run: the language, what is to be done, and how long it may take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub language: Language,
    pub task: Task,
    /// Seconds of processor time for an exercise or a program, 1 to 60; a test case brings its own. Time on the clock is
    /// three times as much and two seconds, so that a busy machine fails nobody.
    pub timeout_s: u8,
}

/// What is to be done with the files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A learner's code on a code screen. Practice: it is never a score.
    Exercise(Exercise),
    /// Handed-in work and its tests.
    Assignment(Assignment),
    /// Build and run, nothing else.
    Program(Program),
}

/// The name of a learner's code, also in tracebacks. No data file of a mission can have it.
pub const EXERCISE_MAIN: &str = "exercise.py";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exercise {
    /// Which of the files is the learner's code, usually [`EXERCISE_MAIN`]; the others are data files.
    pub main: String,
    /// Set-up code of this and all earlier screens of the mission, in order.
    pub initial: Vec<String>,
    pub checks: Checks,
    /// What the answer produced. None while content is synchronised: then names only have to exist.
    pub expected: Option<Expected>,
    /// The code is meant to end in an exception.
    pub error_okay: bool,
    /// Run only; nothing is checked.
    pub no_answer_needed: bool,
    /// Give back what was observed, not only the outcome of the checks.
    pub observe: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The file that is run, or that holds the functions which the tests call. Compiled languages build all their sources.
    pub main: String,
    pub tests: Vec<TestCase>,
    /// What students start from, if a test has to be tried with that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<AuthorFile>,
}

impl Plan {
    /// Files that it names and does not hold.
    pub fn author_files(&mut self) -> Vec<&mut AuthorFile> {
        match &mut self.task {
            Task::Assignment(task) => {
                task.tests.iter_mut().flat_map(|test| test.kind.files_mut()).chain(&mut task.templates).collect()
            }
            Task::Exercise(_) | Task::Program(_) => Vec::new(),
        }
    }
}

/// A program of somebody's own, in one of the modes of its language.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// A mode that the language's toolchain has: `run`, `compile`, `submit`, `prove`, …
    pub mode: String,
    /// The main file. None: the toolchain's rule finds it.
    pub main: Option<String>,
    /// Switches by the package of the tool that they are for (`Builder`, `Compiler`). Those that the toolchain does not allow are dropped.
    pub switches: BTreeMap<String, Vec<String>>,
    /// Words after the program's name.
    pub arguments: Vec<String>,
    pub stdin: String,
    /// The cases of a lab: with the mode `submit` the program runs once for each.
    pub cases: Vec<LabCase>,
}

/// A case of a lab: with these words on its command line a program must print that text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabCase {
    /// Its number, as the author wrote it.
    pub number: u32,
    pub arguments: Vec<String>,
    /// Compared with standard output whose line ends have become blanks and whose end is trimmed.
    pub expected: String,
}

/// A file of the run: a student's or the content's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the program's folder.
    pub name: String,
    pub bytes: Vec<u8>,
}
