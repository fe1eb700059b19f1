//! The Python side of a run: the harnesses, what they are asked, and what they answer.
//!
//! A harness is one script, put together from the pieces in this folder and given to the interpreter as an argument, so
//! that no file of ours lies in the program's folder. It reads one [request](Request) on standard input and writes one
//! frame ([`super::frame`]) to descriptor 3. Expected values are in neither: comparing is done in [`crate::grading`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::grading::check_example;
use crate::grading::check_exercise::{CodeRun, Raised};
use crate::grading::report::Case;
use crate::grading::value::Value;

macro_rules! script {
    ($($piece:literal),+) => { concat!($(include_str!($piece), "\n"),+) };
}

/// Runs an exercise; asked with [`Exercise`], answers [`ExerciseAnswer`].
pub const EXERCISE: &str = script!("frame.py", "value.py", "program.py", "exercise.py");
/// Calls one function; asked with [`Call`], answers [`CallAnswer`].
pub const CALL: &str = script!("frame.py", "value.py", "program.py", "call.py");
/// Goes through dialogues with the program's names; asked with [`Examples`], answers [`ExamplesAnswer`].
pub const EXAMPLES: &str = script!("frame.py", "value.py", "program.py", "examples.py");
/// Runs test cases of the module `unittest`; asked with [`Suite`], answers [`SuiteAnswer`].
pub const SUITE: &str = script!("frame.py", "value.py", "program.py", "suite.py");
/// Parses pieces of code without running them; asked with [`Syntax`], answers a list of [`SyntaxFault`].
pub const SYNTAX: &str = script!("frame.py", "syntax.py");

/// What a harness reads: the task, and the word that its answer must repeat.
#[derive(Serialize)]
pub struct Request<'a, T> {
    pub nonce: &'a str,
    #[serde(flatten)]
    pub task: T,
}

#[derive(Serialize)]
pub struct Exercise<'a> {
    /// Set-up code, run in order before the learner's.
    pub initial: Vec<String>,
    pub code: String,
    pub code_run: Option<String>,
    pub vars: &'a [String],
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum ExerciseAnswer {
    Ended(Ended),
    /// The set-up ended in an exception; the learner's code was not run.
    NotSetUp(NotSetUp),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    pub raised: Option<Raised>,
    pub code_run: Option<CodeRun>,
    pub values: BTreeMap<String, Option<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotSetUp {
    pub initial: Raised,
}

#[derive(Serialize)]
pub struct Call<'a> {
    pub main: &'a str,
    pub function: &'a str,
    pub arguments: &'a [serde_json::Value],
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CallAnswer {
    Value(Value),
    Raised(Raised),
    /// There is no such function.
    Missing(bool),
}

/// By whose rules pieces of a dialogue are run.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// A value is shown if the piece is an expression.
    Client,
    /// As at Python's prompt.
    Doctest,
}

#[derive(Serialize)]
pub struct Examples<'a> {
    pub manner: Manner,
    /// The file whose names the dialogues use. None: they bring in what they need.
    pub module: Option<&'a str>,
    /// The names of all files.
    pub files: Vec<&'a str>,
    pub cases: Vec<Dialogue<'a>>,
}

/// What is typed; nothing of what should come.
#[derive(Serialize)]
pub struct Dialogue<'a> {
    pub setup: &'a [String],
    pub examples: Vec<&'a str>,
    pub teardown: &'a [String],
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ExamplesAnswer {
    Cases(Vec<DialogueAnswer>),
    /// The file ended in an exception.
    Unloaded(check_example::Ended),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DialogueAnswer {
    Came(Vec<check_example::Came>),
    /// The set-up ended in an exception.
    Setup(check_example::Ended),
}

#[derive(Serialize)]
pub struct Suite<'a> {
    /// Name and text of each.
    pub modules: Vec<(&'a str, String)>,
    /// The names of the program's files.
    pub files: Vec<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SuiteAnswer {
    Cases(Vec<Case>),
    /// A module does not parse.
    Broken(String),
    /// A module ended in an exception before any test case was run.
    Unloaded(Unloaded),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unloaded {
    /// It came from the program.
    pub by_program: bool,
    pub message: String,
    pub detail: String,
}

#[derive(Serialize)]
pub struct Syntax {
    pub pieces: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyntaxFault {
    /// Index into the pieces that were asked about.
    pub piece: usize,
    /// From 1; 0 if unknown.
    pub line: u32,
    pub message: String,
    /// It parses all the same.
    pub warns: bool,
}

/// The code with every line that starts with `%` emptied: such lines speak to a notebook, not to Python. Line numbers stay.
#[must_use]
pub fn without_magics(code: &str) -> String {
    let lines: Vec<_> = code.split('\n').map(|line| if line.starts_with('%') { "" } else { line }).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{CallAnswer, ExerciseAnswer, without_magics};

    #[test]
    fn magics_leave_an_empty_line() {
        assert_eq!(without_magics("%matplotlib inline\nx = 7 % 2\n %kept\n"), "\nx = 7 % 2\n %kept\n");
    }

    #[test]
    fn answers_that_no_harness_writes_are_refused() {
        let exercise = |text| serde_json::from_str::<ExerciseAnswer>(text).is_ok();
        assert!(exercise(r#"{"raised":null,"code_run":null,"values":{"x":null}}"#));
        assert!(exercise(r#"{"initial":{"kind":"E","message":"","line":1}}"#));
        assert!(!exercise(r#"{"raised":null,"code_run":null}"#));
        assert!(!exercise(r#"{"raised":null,"code_run":null,"values":{},"passed":true}"#));
        let call = |text| serde_json::from_str::<CallAnswer>(text).is_ok();
        assert!(call(r#"{"value":{"t":"none"}}"#));
        assert!(!call(r#"{"value":{"t":"none"},"missing":true}"#));
        assert!(!call(r#"{"value":5}"#));
    }
}
