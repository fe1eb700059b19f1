//! What came of carrying out a plan: the verdict, what is said to the student, and the evidence for staff.

use entity::execution::verdict::{Blame, Verdict};
use entity::points::Points;
use serde::{Deserialize, Serialize};

use super::sandbox::{Class, Evidence};
pub use super::toolchain::diagnostic::{Diagnostic, Severity};
use crate::grading::check_exercise::Observed;
use crate::grading::report::Part;
use crate::grading::test_case::Feedback;

/// What came of one run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    pub verdict: Verdict,
    /// Who is to answer for it. None if it passed or was cancelled.
    pub blame: Option<Blame>,
    /// Exit status of the last step that is not hidden, if it ended by itself.
    pub exit_code: Option<i32>,
    /// Number of the signal that ended the last step that is not hidden, if one did.
    pub signal: Option<i32>,
    /// For the student: what failed and with which input. Says nothing of a hidden test but that it did not pass.
    pub message: String,
    /// Every sandbox that was used, in order. Those of hidden tests are for staff only.
    pub steps: Vec<Step>,
    /// One per test of an assignment, in its order.
    pub tests: Vec<TestResult>,
    /// Only for an exercise whose plan asks for it.
    pub observed: Option<Observed>,
    pub earned: Points,
    pub maximum: Points,
}

impl Outcome {
    /// The end of a run that could not begin.
    #[must_use]
    pub fn unjudged(verdict: Verdict, blame: Blame, message: String) -> Self {
        Self {
            verdict,
            blame: Some(blame),
            exit_code: None,
            signal: None,
            message,
            steps: Vec::new(),
            tests: Vec::new(),
            observed: None,
            earned: Points::ZERO,
            maximum: Points::ZERO,
        }
    }

    /// Whether this says anything about the program. If not, there is no score: the run was cancelled or could not be
    /// carried out.
    #[must_use]
    pub fn counts(&self) -> bool {
        !self.verdict.is_void()
    }
}

/// One use of a sandbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    /// `build`, `run`, or the name of the test.
    pub name: String,
    /// Belongs to a hidden test.
    pub hidden: bool,
    pub class: Class,
    pub evidence: Evidence,
    /// Nothing was run: the same was done before, and this is what came of it.
    #[serde(default)]
    pub cached: bool,
    /// What a tool complained about, as far as its toolchain says how to read it.
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
}

/// How one test went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    pub name: String,
    pub passed: bool,
    /// What it gave: all that it is worth, or nothing, or where it has parts the sum of those.
    pub points: Points,
    pub maximum: Points,
    pub hidden: bool,
    /// For the student, as far as they may know.
    pub message: String,
    /// How much students learn of it.
    #[serde(default)]
    pub feedback: Feedback,
    /// For staff: all that there is to say. Empty in what was written before there was this.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Its cases, for who may know more than whether it passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Who is to answer for it; none if it passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blame: Option<Blame>,
}
