//! The cells of a notebook put together as screens, in order.
//!
//! A cell that is at the wrong place is told and left out, so that one slip gives one diagnostic and not ten. Not here: what a
//! marker says (`header.rs`), what a text says (`body.rs`), what an exercise says (`exercise.rs`).

use std::collections::HashMap;

use super::body;
use super::concept::Concepts;
use super::diagnostic::{Diagnostic, Spot};
use super::exercise::{self, Exercise};
use super::folder::Folder;
use super::header::{Header, ScreenKind};
use super::notebook::{Cell, CellKind, Notebook};
use super::opening;
use super::rule::Rule;

/// A page of a mission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Its name in the whole repository; learners' progress hangs on it.
    pub key: String,
    /// Its place in the mission, from 0.
    pub position: u32,
    /// Whether there is something to do.
    pub kind: ScreenKind,
    /// Plain text.
    pub title: String,
    /// Safe HTML.
    pub body_html: String,
    /// Safe HTML; on code screens only.
    pub instructions_html: Option<String>,
    /// Safe HTML, to be shown one at a time.
    pub hints_html: Vec<String>,
    /// Names of the concepts that it teaches.
    pub concepts: Vec<String>,
    /// What to do; on code screens only.
    pub exercise: Option<Exercise>,
    /// The notebook cell that opens it, counted from 0.
    pub cell: usize,
}

/// What is known outside the notebook.
pub(super) struct Surroundings<'a> {
    pub folder: &'a Folder,
    pub directory: &'a str,
    pub concepts: &'a Concepts,
    /// The notebook of another mission that uses a key as well.
    pub elsewhere: &'a dyn Fn(&str) -> Option<String>,
}

/// A screen that is being gathered.
struct Draft<'a> {
    header: Header,
    marker: Option<usize>,
    texts: Vec<&'a Cell>,
    code: Option<&'a Cell>,
}

/// Reads every screen. What is wrong is told; the screens are of use only when nothing was.
pub(super) fn read(notebook: &Notebook, around: &Surroundings<'_>, out: &mut Vec<Diagnostic>) -> Vec<Screen> {
    let mut gatherer = Gatherer { file: &notebook.path, around, out, drafts: Vec::new(), early: Vec::new() };
    for cell in &notebook.cells {
        gatherer.take(cell);
    }
    let Gatherer { drafts, early, .. } = gatherer;
    if drafts.is_empty() {
        let message = "the notebook has no screens";
        let hint = "begin a Markdown cell with <!-- key=\"my-screen\" type=\"text\" concepts=\"lists\" -->";
        out.push(Diagnostic::new(Rule::NotebookNoScreens, &notebook.path, message, hint));
        return Vec::new();
    }
    out.extend(early);
    keys(&drafts, &notebook.path, around, out);
    let build = |(position, draft)| build(draft, position, &notebook.path, around, out);
    drafts.into_iter().enumerate().map(build).collect()
}

struct Gatherer<'a, 'o> {
    file: &'a str,
    around: &'a Surroundings<'a>,
    out: &'o mut Vec<Diagnostic>,
    drafts: Vec<Draft<'a>>,
    /// Told only when the notebook has screens at all.
    early: Vec<Diagnostic>,
}

impl<'a> Gatherer<'a, '_> {
    fn take(&mut self, cell: &'a Cell) {
        match cell.kind {
            CellKind::Markdown => self.text(cell),
            CellKind::Code => self.code(cell),
            CellKind::Raw => self.tell(cell, Rule::ScreenRawCell, "this is a raw cell", "make it a Markdown cell"),
        }
    }

    fn tell(&mut self, cell: &Cell, rule: Rule, message: &str, hint: &str) {
        let screen = self.drafts.last().map(|draft| draft.header.label.as_str());
        self.out.push(Spot { file: self.file, cell: cell.index, screen }.tell(rule, None, message, hint));
    }

    fn text(&mut self, cell: &'a Cell) {
        if let Some(opening) = opening::find(cell) {
            let number = self.drafts.len() + 1;
            let header = opening.check(cell, number, self.file, self.around.concepts, self.out);
            self.drafts.push(Draft { header, marker: opening.line, texts: vec![cell], code: None });
            return;
        }
        // Before the first marker a text is a preamble for whoever opens the notebook.
        let Some(draft) = self.drafts.last_mut() else { return };
        if draft.code.is_none() {
            draft.texts.push(cell);
        } else if !cell.source.trim().is_empty() {
            let hint = "is a marker forgotten? else move the text above the exercise";
            self.tell(cell, Rule::ScreenBodyAfterExercise, "a text without marker follows the exercise", hint);
        }
    }

    fn code(&mut self, cell: &'a Cell) {
        if cell.has_outputs {
            let hint = "clear all outputs before you commit: they are not used";
            self.tell(cell, Rule::NotebookOutputsPresent, "the cell holds outputs", hint);
        }
        let Some(draft) = self.drafts.last_mut() else {
            let hint = "move it into the Initial section of an exercise";
            let spot = Spot { file: self.file, cell: cell.index, screen: None };
            let message = "there is code before the first screen";
            self.early.push(spot.tell(Rule::NotebookCodeBeforeScreen, None, message, hint));
            return;
        };
        if draft.header.kind == Some(ScreenKind::Text) {
            let hint = "change the type to code, or show the code in a ``` fence of the text";
            self.tell(cell, Rule::ScreenTextHasCode, "a code cell follows a text screen", hint);
        } else if draft.code.is_some() {
            let hint = "merge it into the first one, or delete it if it is empty";
            self.tell(cell, Rule::ExerciseExtraCell, "the screen has a second code cell", hint);
        } else {
            draft.code = Some(cell);
        }
    }
}

/// Keys used twice, here or in another mission.
fn keys(drafts: &[Draft<'_>], file: &str, around: &Surroundings<'_>, out: &mut Vec<Diagnostic>) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for draft in drafts {
        let (Some(key), Some(cell)) = (draft.header.key.as_deref(), draft.texts.first()) else { continue };
        let spot = Spot { file, cell: cell.index, screen: Some(key) };
        if let Some(before) = first.get(key) {
            let message = format!("the key `{key}` is also used in cell {before}");
            let hint = format!("give this screen or the one in cell {before} another key");
            out.push(spot.tell(Rule::ScreenKeyDuplicate, draft.marker, message, hint));
            continue;
        }
        first.insert(key, cell.index);
        if let Some(other) = (around.elsewhere)(key) {
            let message = format!("the key `{key}` is also used in {other}");
            let hint =
                format!("give this screen or the one in {other} another key; a moved screen must leave its old place");
            out.push(spot.tell(Rule::ScreenKeyTaken, draft.marker, message, hint));
        }
    }
}

fn build(
    draft: Draft<'_>,
    position: usize,
    file: &str,
    around: &Surroundings<'_>,
    out: &mut Vec<Diagnostic>,
) -> Screen {
    let header = draft.header;
    let cell = draft.texts.first().map_or(0, |cell| cell.index);
    let mut builder = body::Builder::new(file, &header.label, out);
    for (index, text) in draft.texts.iter().enumerate() {
        let marker = draft.marker.filter(|_| index == 0);
        builder.add(text, marker, around.folder, around.directory);
    }
    let text = builder.finish(cell, header.kind.map(|kind| kind == ScreenKind::Code));
    if draft.code.is_none() && header.kind == Some(ScreenKind::Code) {
        let spot = Spot { file, cell, screen: Some(&header.label) };
        let hint = "add a code cell below it, or make it a text screen";
        let message = "no code cell follows the code screen";
        out.push(spot.tell(Rule::ScreenExerciseMissing, None, message, hint));
    }
    let exercise = draft.code.map(|code| exercise::read(code, &header, file, out));
    Screen {
        key: header.key.unwrap_or(header.label),
        position: u32::try_from(position).unwrap_or(u32::MAX),
        kind: header.kind.unwrap_or(ScreenKind::Text),
        title: text.title,
        body_html: text.body_html,
        instructions_html: text.instructions_html,
        hints_html: text.hints_html,
        concepts: header.concepts,
        exercise,
        cell,
    }
}
