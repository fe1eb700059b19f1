//! The code cell of a code screen, cut into its sections.
//!
//! A section begins with a line that has exactly two `#` in its first columns; the whole cell stays a program that runs. Lines
//! for the notebook program instead of Python are taken out (`%`) or refused (`!`, `%%`). Every code keeps the line it begins
//! on, so that whoever runs it can point at the right place. Not here: running anything, not even to see whether it is Python.

use std::fmt;

use super::diagnostic::{Diagnostic, Spot, did_you_mean};
use super::header::Header;
use super::literal;
use super::notebook::Cell;
use super::rule::Rule;

/// What a learner is asked to do on a code screen, and how it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// Set-up that is not shown; runs here and on every later code screen of the mission.
    pub initial: String,
    /// What the editor holds at first.
    pub display: String,
    /// The model solution.
    pub answer: Option<String>,
    /// Variables that must be equal to the answer's.
    pub check_vars: Vec<String>,
    /// What must be printed.
    pub check_val: Option<String>,
    /// Code that must not raise when it runs after the learner's.
    pub check_code_run: Option<String>,
    /// Whether the answer ends in an exception, and the learner's must too.
    pub error_okay: bool,
    /// Whether running the code is all there is to do.
    pub no_answer_needed: bool,
    /// The cell of the notebook, counted from 0.
    pub cell: usize,
    /// Where each section's code begins: its line in the cell, counted from 1.
    pub lines: Vec<(CodeSection, usize)>,
}

/// The sections of an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum CodeSection {
    Initial,
    Display,
    Answer,
    CheckVars,
    CheckVal,
    CheckCodeRun,
}

impl CodeSection {
    const ALL: [Self; 6] =
        [Self::Initial, Self::Display, Self::Answer, Self::CheckVars, Self::CheckVal, Self::CheckCodeRun];

    /// The words after `## `.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initial => "Initial",
            Self::Display => "Display",
            Self::Answer => "Answer",
            Self::CheckVars => "Check vars",
            Self::CheckVal => "Check val",
            Self::CheckCodeRun => "Check code run",
        }
    }

    const fn is_code(self) -> bool {
        !matches!(self, Self::CheckVars | Self::CheckVal)
    }
}

impl fmt::Display for CodeSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A section with the lines below its heading.
struct Cut<'a> {
    section: CodeSection,
    /// The line of the heading; 0 for what stands before the first one.
    heading: usize,
    lines: Vec<&'a str>,
}

impl Cut<'_> {
    fn is_blank(&self) -> bool {
        self.lines.iter().all(|line| line.trim().is_empty())
    }
}

/// Reads the cell of a screen. What is wrong is told and left empty.
pub(super) fn read(cell: &Cell, header: &Header, file: &str, out: &mut Vec<Diagnostic>) -> Exercise {
    let spot = Spot { file, cell: cell.index, screen: Some(&header.label) };
    let mut reader = Reader { spot, out, has_unknown: false };
    let mut cuts = reader.cut(&cell.source);
    let mut exercise = Exercise {
        initial: String::new(),
        display: String::new(),
        answer: None,
        check_vars: Vec::new(),
        check_val: None,
        check_code_run: None,
        error_okay: header.error_okay,
        no_answer_needed: header.no_answer_needed,
        cell: cell.index,
        lines: Vec::new(),
    };
    reader.presence(&cuts, header.no_answer_needed);
    for cut in &mut cuts {
        if cut.section.is_code() {
            reader.strip_magic(cut);
        }
        let (text, line) = trimmed(cut);
        exercise.lines.push((cut.section, line));
        match cut.section {
            CodeSection::Initial => exercise.initial = text,
            CodeSection::Display => exercise.display = text,
            CodeSection::Answer => exercise.answer = Some(text).filter(|text| !text.is_empty()),
            CodeSection::CheckCodeRun => exercise.check_code_run = Some(text).filter(|text| !text.is_empty()),
            CodeSection::CheckVars => exercise.check_vars = reader.vars(&text, line).unwrap_or_default(),
            CodeSection::CheckVal => exercise.check_val = reader.val(&text, line),
        }
    }
    exercise
}

struct Reader<'a> {
    spot: Spot<'a>,
    out: &'a mut Vec<Diagnostic>,
    /// An unknown heading may be a misspelled one: nothing is then called missing.
    has_unknown: bool,
}

impl Reader<'_> {
    fn tell(&mut self, rule: Rule, line: usize, message: impl Into<String>, hint: impl Into<String>) {
        self.out.push(self.spot.tell(rule, Some(line).filter(|line| *line > 0), message, hint));
    }

    fn cut<'s>(&mut self, source: &'s str) -> Vec<Cut<'s>> {
        let mut cuts: Vec<Cut<'s>> = vec![Cut { section: CodeSection::Display, heading: 0, lines: Vec::new() }];
        let mut current = 0;
        for (index, line) in source.split('\n').enumerate() {
            match heading(line) {
                Some(Ok(section)) => {
                    cuts.retain(|cut| cut.heading > 0 || !cut.is_blank());
                    current = self.begin(section, index + 1, &mut cuts);
                    continue;
                }
                Some(Err(name)) => self.unknown(name, index + 1),
                None => {}
            }
            if let Some(cut) = cuts.get_mut(current) {
                cut.lines.push(line);
            }
        }
        cuts.retain(|cut| cut.heading > 0 || !cut.is_blank());
        cuts
    }

    /// Begins a section, or goes on with the one that is there already, which is told.
    fn begin(&mut self, section: CodeSection, line: usize, cuts: &mut Vec<Cut<'_>>) -> usize {
        let Some(before) = cuts.iter().position(|cut| cut.section == section) else {
            cuts.push(Cut { section, heading: line, lines: Vec::new() });
            return cuts.len() - 1;
        };
        let hint = match section {
            CodeSection::Display => "put both into one; text above the first heading is Display",
            _ => "put both into one",
        };
        self.tell(Rule::ExerciseDuplicateSection, line, format!("`## {section}` is there twice"), hint);
        before
    }

    fn unknown(&mut self, name: &str, line: usize) {
        self.has_unknown = true;
        let names = CodeSection::ALL.map(CodeSection::name);
        let hint = format!("{}sections: {}; use one # for comments", did_you_mean(name, names), names.join(", "));
        self.tell(Rule::ExerciseUnknownSection, line, format!("`## {name}` is no section"), hint);
    }

    fn presence(&mut self, cuts: &[Cut<'_>], no_answer_needed: bool) {
        let has = |section| cuts.iter().any(|cut| cut.section == section);
        let checks = [CodeSection::CheckVars, CodeSection::CheckVal, CodeSection::CheckCodeRun];
        for cut in cuts.iter().filter(|cut| cut.is_blank()) {
            if !matches!(cut.section, CodeSection::Initial | CodeSection::Display) {
                let message = format!("`## {}` is empty", cut.section);
                self.tell(Rule::ExerciseEmptySection, cut.heading, message, "fill it or remove the heading");
            }
        }
        if let Some(cut) = cuts.iter().find(|cut| no_answer_needed && checks.contains(&cut.section)) {
            let message = format!("`## {}` is never used: the screen needs no answer", cut.section);
            self.tell(Rule::ExerciseCheckIgnored, cut.heading, message, "remove it or no_answer_needed");
        }
        if self.has_unknown {
            return;
        }
        if !has(CodeSection::Display) {
            let hint = "add `## Display` with the text that the editor shows at first";
            self.tell(Rule::ExerciseDisplayMissing, 0, "the exercise has no Display", hint);
        }
        if !has(CodeSection::Answer) && !no_answer_needed {
            let hint = "add `## Answer`, or no_answer_needed=\"true\" to the marker";
            self.tell(Rule::ExerciseAnswerMissing, 0, "the exercise has no Answer", hint);
        }
        if !checks.iter().any(|check| has(*check)) && !no_answer_needed {
            let hint = "add `## Check vars`, `## Check val` or `## Check code run`";
            self.tell(Rule::ExerciseCheckMissing, 0, "the exercise checks nothing", hint);
        }
    }

    /// Empties the lines that are for the notebook program; they are counted all the same.
    fn strip_magic(&mut self, cut: &mut Cut<'_>) {
        for (index, line) in cut.lines.iter_mut().enumerate() {
            let number = cut.heading + index + 1;
            let shown = line.trim_end();
            if line.starts_with('!') || line.starts_with("%%") {
                let hint = "remove it: an exercise is Python alone, and its files come from file_list";
                self.tell(Rule::ExerciseShell, number, format!("`{shown}` is a command, not Python"), hint);
            } else if line.starts_with('%') {
                let hint = "the line is removed before the code runs; take it out to end this warning";
                self.tell(Rule::ExerciseMagic, number, format!("`{shown}` is for notebooks, not Python"), hint);
            } else {
                continue;
            }
            *line = "";
        }
    }

    fn vars(&mut self, text: &str, line: usize) -> Option<Vec<String>> {
        if text.is_empty() {
            return None;
        }
        literal::names(text)
            .map_err(|fault| {
                let bare: Vec<_> =
                    text.split([',', '\n']).map(|word| word.trim_matches([' ', '[', ']', '"', '\''])).collect();
                let usable = bare.iter().all(|word| literal::is_name(word));
                let example =
                    if usable { format!("[\"{}\"]", bare.join("\", \"")) } else { "[\"a\", \"b\"]".to_owned() };
                let message = format!("`## Check vars` is no list of quoted names: {fault}");
                self.tell(Rule::CheckVarsFormat, line, message, format!("write {example}"));
            })
            .ok()
    }

    fn val(&mut self, text: &str, line: usize) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        literal::string(text)
            .map_err(|fault| {
                let hint = "put the expected output in quotes, in three for several lines";
                self.tell(Rule::CheckValFormat, line, format!("`## Check val` is no quoted text: {fault}"), hint);
            })
            .ok()
    }
}

/// The section that a line begins, or the name of one that does not exist.
fn heading(line: &str) -> Option<Result<CodeSection, &str>> {
    let rest = line.strip_prefix("##").filter(|rest| !rest.starts_with('#'))?;
    let words = rest.split_whitespace().collect::<Vec<_>>().join(" ");
    let found = CodeSection::ALL.into_iter().find(|section| section.name().eq_ignore_ascii_case(&words));
    Some(found.ok_or(rest.trim()))
}

/// The text without blank lines around it, and the line it begins on.
fn trimmed(cut: &Cut<'_>) -> (String, usize) {
    let filled = |line: &&str| !line.trim().is_empty();
    let Some(first) = cut.lines.iter().position(filled) else {
        return (String::new(), cut.heading + 1);
    };
    let last = cut.lines.iter().rposition(filled).unwrap_or(first);
    let text: String = cut.lines[first..=last].iter().flat_map(|line| [line, "\n"]).collect();
    (text, cut.heading + first + 1)
}
