//! A test of an assignment: what is done to the program, what should come of it, what that is worth, and who is told what.

use entity::points::Points;
use serde::{Deserialize, Serialize};

use super::author::{AuthorFile, Grader, Suite};
use super::example::{Doctest, OkTest};

/// One test. Tests are independent: each runs in sandboxes of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestCase {
    /// Shown to students, also for a hidden test; unique in its assignment.
    pub name: String,
    /// What passing is worth. Tests that have parts give points for each.
    pub points: Points,
    /// Students do not see that it is there before they hand in.
    pub hidden: bool,
    /// What students learn of how it went; see [`Self::feedback`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
    /// Seconds of processor time, 1 to 60, as in a plan.
    pub timeout_s: u8,
    pub kind: TestKind,
}

impl TestCase {
    /// What students learn of how it went. Where its author said nothing: the message, of a hidden test whether it passed.
    #[must_use]
    pub fn feedback(&self) -> Feedback {
        self.feedback.unwrap_or(if self.hidden { Feedback::Passed } else { Feedback::Message })
    }

    /// Whether anything of what happens in its sandboxes is for staff alone.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.hidden || self.feedback() < Feedback::Message
    }
}

/// What students learn of how a test went, from the least on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feedback {
    /// Not even that there is such a test.
    Nothing,
    /// Whether it passed.
    Passed,
    /// The reason as well, in a few words.
    #[default]
    Message,
    /// Everything: what was expected and what came, whole.
    Full,
}

impl Feedback {
    /// All of them, with their words.
    pub const WORDS: [(&'static str, Self); 4] =
        [("nothing", Self::Nothing), ("passed", Self::Passed), ("message", Self::Message), ("full", Self::Full)];
}

/// What a test does to the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum TestKind {
    Call(Call),
    Stdio(Stdio),
    Ok(OkTest),
    Doctest(Doctest),
    Suite(Suite),
    Grader(Grader),
}

impl TestKind {
    /// The files that only the grader has.
    #[must_use]
    pub fn files(&self) -> &[AuthorFile] {
        match self {
            Self::Suite(suite) => &suite.program.files,
            Self::Grader(grader) => &grader.program.files,
            Self::Call(_) | Self::Stdio(_) | Self::Ok(_) | Self::Doctest(_) => &[],
        }
    }

    /// The same, for who fills in what they hold.
    pub fn files_mut(&mut self) -> &mut [AuthorFile] {
        match self {
            Self::Suite(suite) => &mut suite.program.files,
            Self::Grader(grader) => &mut grader.program.files,
            Self::Call(_) | Self::Stdio(_) | Self::Ok(_) | Self::Doctest(_) => &mut [],
        }
    }
}

/// Calls one function of the program and compares what it returns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub function: String,
    pub arguments: Vec<serde_json::Value>,
    /// JSON cannot say tuple, so a tuple that is returned is compared as a list.
    pub expect: serde_json::Value,
}

/// Runs the program and compares what it prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stdio {
    #[serde(default)]
    pub arguments: Vec<String>,
    #[serde(default)]
    pub stdin: String,
    pub stdout: String,
}

/// What the row of a test keeps for the grader.
#[derive(Debug, Serialize, Deserialize)]
pub struct TestTask {
    pub timeout_s: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
    pub kind: TestKind,
}

#[cfg(test)]
mod tests {
    use super::{Feedback, TestCase};
    use serde_json::json;

    #[test]
    fn is_stored_flat() {
        let json = json!({
            "name": "small", "points": "2.5", "hidden": false, "timeout_s": 10,
            "kind": {"type": "call", "function": "area", "arguments": [2, 3.0], "expect": {"a": [null]}},
        });
        let test: TestCase = serde_json::from_value(json.clone()).expect("a test");
        assert_eq!(serde_json::to_value(&test).expect("it can be written"), json);
        assert_eq!(test.feedback(), Feedback::Message);
        let hidden = TestCase { hidden: true, ..test.clone() };
        assert_eq!((hidden.feedback(), hidden.is_quiet()), (Feedback::Passed, true));
        let said = TestCase { feedback: Some(Feedback::Full), ..hidden };
        assert_eq!((said.feedback(), said.is_quiet()), (Feedback::Full, true), "its output stays with the staff");
        assert!(TestCase { feedback: Some(Feedback::Passed), ..test }.is_quiet());
    }

    #[test]
    fn more_is_more() {
        assert!(Feedback::WORDS.is_sorted_by_key(|(_, level)| *level));
        for (word, level) in Feedback::WORDS {
            assert_eq!(serde_json::to_value(level).expect("a word"), word);
        }
    }
}
