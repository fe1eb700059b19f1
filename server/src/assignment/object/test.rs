//! The tests of an assignment as the schema shows them.

use actors::grading::test_case::{self, TestCase, TestTask};
use async_graphql::{Description, Enum, Object, Result};
use entity::assignment::test_case as rows;

use crate::execution::object::TestFeedback;
use crate::graphql::error;
use crate::graphql::scalar::Decimal;

/// A test of an assignment. What it expects stays on the server.
#[derive(Description)]
pub struct Test(pub rows::Model);

#[Object(use_type_description)]
impl Test {
    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What passing it is worth.
    async fn points(&self) -> Decimal {
        Decimal(self.0.points)
    }

    /// Whether students do not see it before they hand in.
    async fn hidden(&self) -> bool {
        self.0.hidden
    }

    /// What it does to the program.
    async fn kind(&self) -> Result<TestKind> {
        Ok(TestKind::of(&self.task()?.kind))
    }

    /// What students learn of how it went.
    async fn feedback(&self) -> Result<TestFeedback> {
        let TestTask { timeout_s, feedback, kind } = self.task()?;
        let row = &self.0;
        let test = TestCase { name: String::new(), points: row.points, hidden: row.hidden, feedback, timeout_s, kind };
        Ok(test.feedback().into())
    }

    /// How many seconds of processor time each of its runs may take.
    async fn timeout(&self) -> Result<i32> {
        Ok(self.task()?.timeout_s.into())
    }
}

impl Test {
    fn task(&self) -> Result<TestTask> {
        serde_json::from_slice(&self.0.task).map_err(error::internal)
    }
}

/// What a test does to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TestKind {
    /// Calls a function and compares what it returns.
    Call,
    /// Runs it and compares what it prints.
    Stdio,
    /// Goes through the dialogues of a test file of the `ok` client.
    Ok,
    /// Tries the examples in docstrings.
    Doctest,
    /// Runs unit tests beside it.
    Suite,
    /// Lets a program of the assignment's author judge it.
    Grader,
}

impl TestKind {
    fn of(kind: &test_case::TestKind) -> Self {
        match kind {
            test_case::TestKind::Call(_) => Self::Call,
            test_case::TestKind::Stdio(_) => Self::Stdio,
            test_case::TestKind::Ok(_) => Self::Ok,
            test_case::TestKind::Doctest(_) => Self::Doctest,
            test_case::TestKind::Suite(_) => Self::Suite,
            test_case::TestKind::Grader(_) => Self::Grader,
        }
    }
}
