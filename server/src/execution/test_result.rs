//! How a test went, as the schema shows it: to staff whole, to others as far as the test's author says.

use actors::execution::outcome::TestResult as Tested;
use actors::grading::report;
use actors::grading::test_case;
use async_graphql::{Description, Enum, Object};

use super::object::Blame;
use crate::graphql::scalar::Decimal;

/// What students learn of how a test went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "test_case::Feedback")]
pub enum TestFeedback {
    /// Nothing, not even that there is such a test.
    Nothing,
    /// Whether it passed.
    Passed,
    /// And why not, in a few words.
    Message,
    /// Everything: what was expected and what came, whole.
    Full,
}

/// How one test went.
#[derive(Description)]
pub struct TestResult {
    test: Tested,
    staff: bool,
}

impl TestResult {
    /// Those that somebody may know of.
    pub fn shown(tests: Vec<Tested>, staff: bool) -> Vec<Self> {
        let shown = tests.into_iter().filter(|test| staff || test.feedback > test_case::Feedback::Nothing);
        shown.map(|test| Self { test, staff }).collect()
    }
}

#[Object(use_type_description)]
impl TestResult {
    /// What it is called.
    async fn name(&self) -> &str {
        &self.test.name
    }

    /// Whether it passed.
    async fn passed(&self) -> bool {
        self.test.passed
    }

    /// What it gave.
    async fn points(&self) -> Decimal {
        Decimal(self.test.points)
    }

    /// What passing it gives.
    async fn maximum(&self) -> Decimal {
        Decimal(self.test.maximum)
    }

    /// Whether it is one that students do not see before they hand in.
    async fn hidden(&self) -> bool {
        self.test.hidden
    }

    /// What students learn of it.
    async fn feedback(&self) -> TestFeedback {
        self.test.feedback.into()
    }

    /// What a student is told: what was expected and what came, as far as `feedback` says.
    async fn message(&self) -> &str {
        &self.test.message
    }

    /// Who is to answer for it; null when it passed.
    async fn blame(&self) -> Option<Blame> {
        self.test.blame.map(Into::into)
    }

    /// All that there is to say about it, with what its grader says to staff; null for others.
    async fn staff_message(&self) -> Option<&str> {
        let said = if self.test.detail.is_empty() { &self.test.message } else { &self.test.detail };
        self.staff.then_some(said.as_str())
    }

    /// Its parts: suites, docstrings or test cases. None for who may know only whether it passed.
    #[graphql(complexity = "child_complexity.saturating_mul(10)")]
    async fn parts(&self) -> Vec<TestPart<'_>> {
        let told = self.staff || self.test.feedback >= test_case::Feedback::Message;
        let whole = self.staff || self.test.feedback >= test_case::Feedback::Full;
        let parts = self.test.parts.iter().filter(|part| told && (self.staff || !part.hidden));
        parts.map(|part| TestPart { part, whole }).collect()
    }
}

/// How a part of a test went.
#[derive(Description)]
pub struct TestPart<'t> {
    part: &'t report::Part,
    whole: bool,
}

#[Object(use_type_description)]
impl TestPart<'_> {
    /// What it is called.
    async fn name(&self) -> &str {
        &self.part.name
    }

    /// Whether it passed.
    async fn passed(&self) -> bool {
        self.part.passed
    }

    /// What it gave.
    async fn points(&self) -> Decimal {
        Decimal(self.part.points)
    }

    /// What passing it gives.
    async fn maximum(&self) -> Decimal {
        Decimal(self.part.maximum)
    }

    /// Whether it is for staff alone.
    async fn hidden(&self) -> bool {
        self.part.hidden
    }

    /// Why it did not pass, in a line.
    async fn message(&self) -> &str {
        &self.part.message
    }

    /// All that there is to say about that; null for who may not read it.
    async fn detail(&self) -> Option<&str> {
        self.whole.then_some(self.part.detail.as_str())
    }
}
