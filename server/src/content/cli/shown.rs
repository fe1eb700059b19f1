//! Diagnostics for people: one line each, with the line of the source that is meant below it.

use std::fmt::Write as _;
use std::path::Path;

use actors::content::check::Report;
use actors::content::format::{Diagnostic, Severity};

use super::source::{Place, place};

/// No more of a line is shown, in characters.
const WIDTH: usize = 100;

/// A report as a text.
pub(super) fn text(root: &Path, report: &Report, colours: bool) -> String {
    let paint = |code: &str, text: &str| if colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
    let mut told = String::new();
    for diagnostic in &report.diagnostics {
        let line = diagnostic.to_string();
        let (severity, colour) = match diagnostic.severity {
            Severity::Error => (" error ", "31"),
            Severity::Warning => (" warning ", "33"),
        };
        let painted = line.replacen(severity, &format!(" {} ", paint(colour, severity.trim())), 1);
        // Writing into a text does not fail.
        let _ = writeln!(told, "{painted}");
        if let Some(found) = place(root, diagnostic) {
            let (row, mark) = excerpt(diagnostic, &found);
            let _ = writeln!(told, "{:>6} | {row}\n       | {}", found.line, paint(colour, &mark));
        }
    }
    let count = |severity| report.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let found = format!("{}, {}", counted(errors, "error"), counted(warnings, "warning"));
    let _ = writeln!(told, "{found} in {}", things(report.missions, report.assignments));
    told
}

/// `3 missions and 1 assignment`.
pub(super) fn things(missions: usize, assignments: usize) -> String {
    format!("{} and {}", counted(missions, "mission"), counted(assignments, "assignment"))
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The line, and a mark below what is meant: the word that the message quotes, if the line has it, else all of it.
fn excerpt(diagnostic: &Diagnostic, found: &Place) -> (String, String) {
    let plain = |c: char| {
        if c == '\t' {
            ' '
        } else if c.is_control() {
            '\u{fffd}'
        } else {
            c
        }
    };
    let row: Vec<char> = found.text.chars().map(plain).take(WIDTH).collect();
    let word: Option<Vec<char>> = diagnostic.message.split('`').nth(1).map(|word| word.chars().collect());
    let quoted = word.filter(|word| !word.is_empty()).and_then(|word| {
        let begin = row.windows(word.len()).position(|part| *part == *word)?;
        Some((begin, word.len()))
    });
    let begin = row.iter().position(|c| !c.is_whitespace()).unwrap_or(0);
    let end = row.iter().rposition(|c| !c.is_whitespace()).map_or(begin, |last| last + 1);
    let (begin, length) = quoted.unwrap_or((begin, (end - begin).max(1)));
    let row: String = row.into_iter().collect();
    (row.trim_end().to_owned(), " ".repeat(begin) + &"^".repeat(length))
}

#[cfg(test)]
mod tests {
    use actors::content::format::Rule;

    use super::*;

    #[test]
    fn what_is_meant_is_marked() {
        let marked = |message: &str, text: &str| {
            let diagnostic = Diagnostic::new(Rule::ConceptUnknown, "a", message, "");
            excerpt(&diagnostic, &Place { line: 1, text: text.to_owned() })
        };
        let both = |row: &str, mark: &str| (row.to_owned(), mark.to_owned());
        assert_eq!(marked("no concept `mean`", "  concepts: mean"), both("  concepts: mean", "            ^^^^"));
        assert_eq!(marked("it is odd", "\tx = 1  "), both(" x = 1", " ^^^^^"));
        assert_eq!(marked("no `y`", ""), both("", "^"));
    }
}
