//! What is wrong with a piece of content, where it is, and what to do about it.
//!
//! Here are the shape, the order, the one-line form and the search for the name that was probably meant. Which rules exist is
//! in `rule.rs`; nothing here decides whether one is broken.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::rule::{Rule, Severity};
use crate::grading::excerpt::is_hidden;

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The rule that is broken.
    pub rule: Rule,
    /// Whether that stops the mission or assignment from being stored.
    pub severity: Severity,
    /// Path inside the content folder, with `/` between its parts.
    pub file: String,
    /// Which cell of the notebook, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<usize>,
    /// Key of the screen, or `#3` for the third screen when it has no usable key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<String>,
    /// Line, counted from 1, inside the cell or, without a cell, inside the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Diagnostic {
    /// A broken rule somewhere in a file; the severity is the rule's own.
    pub fn new(rule: Rule, file: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity(),
            file: file.into(),
            cell: None,
            screen: None,
            line: None,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The same, in that cell.
    #[must_use]
    pub fn at_cell(mut self, cell: usize) -> Self {
        self.cell = Some(cell);
        self
    }

    /// The same, on that line.
    #[must_use]
    pub fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// The same, on the screen with that key (or `#3`).
    #[must_use]
    pub fn on_screen(mut self, screen: impl Into<String>) -> Self {
        self.screen = Some(screen.into());
        self
    }

    /// Whether it stops the mission or assignment from being stored.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A cell of a notebook, and the screen it is part of: where most diagnostics of a mission are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    pub file: &'a str,
    pub cell: usize,
    pub screen: Option<&'a str>,
}

impl Spot<'_> {
    /// A broken rule here, on a line of the cell if one is known.
    pub(super) fn tell(
        &self,
        rule: Rule,
        line: impl Into<Option<usize>>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        let mut found = Diagnostic::new(rule, self.file, message, hint).at_cell(self.cell);
        found.line = line.into();
        found.screen = self.screen.map(str::to_owned);
        found
    }
}

/// `file[cell:line] screen: error rule: message (hint)`, leaving out what is unknown.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&self.file))?;
        match (self.cell, self.line) {
            (Some(cell), Some(line)) => write!(f, "[{cell}:{line}]")?,
            (Some(cell), None) => write!(f, "[{cell}]")?,
            (None, Some(line)) => write!(f, "[:{line}]")?,
            (None, None) => {}
        }
        if let Some(screen) = &self.screen {
            write!(f, " {}", plain(screen))?;
        }
        let colon = if self.file.is_empty() { "" } else { ": " };
        write!(f, "{colon}{} {}: {}", self.severity, self.rule, plain(&self.message))?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, " ({})", plain(&self.hint)) }
    }
}

/// A text on one line. Files are quoted in it, and what moves a terminal or turns words around is shown and not done.
fn plain(text: &str) -> Cow<'_, str> {
    let moves = |c: char| c.is_control() || is_hidden(c);
    if !text.contains(moves) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if moves(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

/// Puts them in the order file, cell, line, rule and drops repetitions.
///
/// A fault of the catalogue is told to every mission that suffers from it, so a list over many missions repeats it.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    fn place(one: &Diagnostic) -> (&str, Option<usize>, Option<usize>, &str, &str) {
        (&one.file, one.cell, one.line, one.rule.name(), &one.message)
    }
    diagnostics.sort_by(|a, b| place(a).cmp(&place(b)));
    diagnostics.dedup();
}

/// The candidate that was probably meant by a word, if one is close enough to be worth naming.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

/// `did you mean x? ` for the nearest candidate, else nothing; the blank at the end lets a sentence follow.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|found| format!("did you mean `{found}`? ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_one_line_and_a_json_form() {
        let full = Diagnostic::new(Rule::ConceptUnknown, "missions/205/Mission205.ipynb", "no concept `x`", "add it")
            .at_cell(3)
            .at_line(1)
            .on_screen("stats-median");
        assert_eq!(
            full.to_string(),
            "missions/205/Mission205.ipynb[3:1] stats-median: error concept.unknown: no concept `x` (add it)"
        );
        let json = serde_json::to_value(&full).unwrap();
        assert_eq!(json["rule"], "concept.unknown");
        assert_eq!(json["severity"], "error");
        assert_eq!(serde_json::from_value::<Diagnostic>(json).unwrap(), full);
        let bare = Diagnostic::new(Rule::YamlSyntax, "course.yml", "odd", "mend it").at_line(2);
        assert_eq!(bare.to_string(), "course.yml[:2]: error yaml.syntax: odd (mend it)");
    }

    #[test]
    fn names_are_unique_and_belong_to_a_family() {
        let mut names: Vec<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Rule::ALL.len());
        assert!(names.iter().all(|name| name.split_once('.').is_some_and(|(_, rest)| !rest.is_empty())));
    }

    #[test]
    fn suggests_only_what_is_near() {
        assert_eq!(nearest("auther", ["author", "name"]), Some("author"));
        assert_eq!(nearest("concept", ["key", "concepts"]), Some("concepts"));
        assert_eq!(nearest("banana", ["author", "name"]), None);
    }

    #[test]
    fn orders_by_file_cell_line_rule() {
        let at = |file: &str, cell, line, rule| {
            let mut one = Diagnostic::new(rule, file, "", "");
            (one.cell, one.line) = (cell, line);
            one
        };
        let sorted = vec![
            at("a", None, Some(9), Rule::YamlSyntax),
            at("a", Some(2), Some(1), Rule::ConceptNone),
            at("a", Some(2), Some(1), Rule::ScreenKeyTaken),
            at("a", Some(10), None, Rule::ConceptNone),
            at("b", None, None, Rule::ConceptNone),
        ];
        let mut shuffled: Vec<_> = sorted.iter().rev().chain(&sorted).cloned().collect();
        sort(&mut shuffled);
        assert_eq!(shuffled, sorted);
    }
}
