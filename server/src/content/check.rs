//! What synchronising said about content, as the schema shows it.

use actors::content::format::Diagnostic as Found;
use async_graphql::{Description, Enum, Object, Result};
use entity::content::check;

use crate::graphql::error;
use crate::graphql::scalar::DateTime;

/// The diagnostics of a check.
pub(super) fn found(check: &check::Model) -> Result<Vec<Found>> {
    serde_json::from_slice(&check.diagnostics).map_err(error::internal)
}

/// What the last synchronisation said about something in the content folder.
#[derive(Description)]
pub struct ContentCheck(pub check::Model);

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "check::CheckOutcome")]
pub enum CheckOutcome {
    /// What the folder holds is now what students see.
    Stored,
    /// The folder holds what was stored before.
    Unchanged,
    /// There are errors; what was stored before stays.
    Failed,
}

#[Object(use_type_description)]
impl ContentCheck {
    /// What was checked: `mission/204` or `assignment/word-counts`.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// How it ended.
    async fn outcome(&self) -> CheckOutcome {
        self.0.outcome.into()
    }

    /// When.
    async fn checked_at(&self) -> DateTime {
        DateTime(self.0.checked_at)
    }

    /// Everything that is wrong or worth knowing, in the order of the files.
    #[graphql(complexity = "child_complexity.saturating_mul(20)")]
    async fn diagnostics(&self) -> Result<Vec<Diagnostic>> {
        Ok(found(&self.0)?.into_iter().map(Diagnostic).collect())
    }
}

/// Something that is wrong with content, or worth knowing.
#[derive(Description)]
pub struct Diagnostic(pub Found);

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "actors::content::format::Severity")]
pub enum Severity {
    /// The stored version stays until this is mended.
    Error,
    /// Worth knowing; stops nothing.
    Warning,
}

#[Object(use_type_description)]
impl Diagnostic {
    /// The rule, such as `screen.key-missing`.
    async fn rule(&self) -> &'static str {
        self.0.rule.name()
    }

    /// How much it weighs.
    async fn severity(&self) -> Severity {
        self.0.severity.into()
    }

    /// The file in the content folder.
    async fn file(&self) -> &str {
        &self.0.file
    }

    /// The cell of the notebook, from 0.
    async fn cell(&self) -> Option<i32> {
        self.0.cell.and_then(|cell| i32::try_from(cell).ok())
    }

    /// The key of the screen.
    async fn screen(&self) -> Option<&str> {
        self.0.screen.as_deref()
    }

    /// The line in the cell, or in the file, from 1.
    async fn line(&self) -> Option<i32> {
        self.0.line.and_then(|line| i32::try_from(line).ok())
    }

    /// What is wrong.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it.
    async fn hint(&self) -> &str {
        &self.0.hint
    }

    /// All of it in one line.
    async fn text(&self) -> String {
        self.0.to_string()
    }
}
