//! What a tool complains about, read from what it printed.

use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};

/// The most complaints that are kept of one step.
const MOST: usize = 200;
/// The most characters of one message.
const MESSAGE: usize = 1_000;

/// One complaint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// As the tool wrote it. Programs can make tools write anything: it need not be a file that there is.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, as the tool counts. None if it does not say.
    pub column: Option<u32>,
    pub severity: Severity,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
    Info,
}

/// The complaints in a text, in its order.
#[must_use]
pub fn read(pattern: &Regex, text: &str) -> Vec<Diagnostic> {
    pattern.captures_iter(text).filter_map(|found| one(&found)).take(MOST).collect()
}

fn one(found: &Captures<'_>) -> Option<Diagnostic> {
    let group = |name| found.name(name).map(|group| group.as_str());
    let file = group("file")?;
    Some(Diagnostic {
        file: file.strip_prefix("./").unwrap_or(file).to_owned(),
        line: group("line")?.parse().ok()?,
        column: group("column").and_then(|column| column.parse().ok()),
        severity: severity(group("severity").unwrap_or("")),
        message: group("message").unwrap_or("").trim().chars().take(MESSAGE).collect(),
    })
}

/// A tool that does not say how bad it is means an error.
fn severity(word: &str) -> Severity {
    let word = word.to_ascii_lowercase();
    if word.contains("warning") || word == "medium" || word == "low" {
        Severity::Warning
    } else if ["info", "note", "help"].iter().any(|known| word.contains(known)) {
        Severity::Info
    } else {
        Severity::Error
    }
}
