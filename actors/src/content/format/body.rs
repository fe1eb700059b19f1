//! The text of a screen: its title, what follows it, the instructions and the hints.
//!
//! Headings are taken from the parsed Markdown, never from lines, so `# …` in a fence is code. Only `## Instructions` and
//! `## Hint` cut; every other heading belongs to the text around it.

use pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd};

use super::diagnostic::{Diagnostic, Spot, nearest};
use super::folder::Folder;
use super::image::Images;
use super::markdown::{self, Issue, IssueKind};
use super::notebook::Cell;
use super::rule::Rule;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Body,
    Instructions,
    Hint,
}

#[derive(Debug, Default)]
pub(super) struct Text {
    pub title: String,
    pub body_html: String,
    pub instructions_html: Option<String>,
    pub hints_html: Vec<String>,
}

/// A text that is being put together from the cells of a screen.
pub(super) struct Builder<'a> {
    file: &'a str,
    screen: &'a str,
    out: &'a mut Vec<Diagnostic>,
    text: Text,
    part: Part,
    /// The cell and line of every `# Title`, and of every `## Instructions`.
    titles: Vec<(usize, usize)>,
    instructions: Vec<(usize, usize)>,
    /// The same of every hint.
    hints: Vec<(usize, usize)>,
    /// Other headings of the second level: one of them may be a misspelled one.
    others: Vec<(String, (usize, usize))>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(file: &'a str, screen: &'a str, out: &'a mut Vec<Diagnostic>) -> Self {
        let (text, part) = (Text::default(), Part::Body);
        let (titles, instructions, hints, others) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { file, screen, out, text, part, titles, instructions, hints, others }
    }

    /// Adds a cell; `marker` is the line that is no text.
    pub(super) fn add(&mut self, cell: &Cell, marker: Option<usize>, folder: &Folder, directory: &str) {
        let source = without_line(&cell.source, marker);
        let mut issues = Vec::new();
        let images = Images { folder, directory, attachments: Some(&cell.attachments) };
        let pieces = markdown::read(&source, images, &mut issues);
        self.report(cell.index, issues);
        let mut gathered = Vec::new();
        let mut rest = pieces.into_iter();
        let mut depth = 0_usize;
        while let Some((event, line)) = rest.next() {
            let level = match &event {
                Event::Start(Tag::Heading { level, .. }) if depth == 0 => Some(*level),
                _ => None,
            };
            match event {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
            let Some(level) = level else {
                gathered.push(event);
                continue;
            };
            let mut heading = vec![event];
            while depth > 0 {
                let Some((event, _)) = rest.next() else { break };
                match event {
                    Event::Start(_) => depth += 1,
                    Event::End(_) => depth -= 1,
                    _ => {}
                }
                heading.push(event);
            }
            self.heading(level, heading, (cell.index, line), &mut gathered);
        }
        self.flush(&mut gathered);
    }

    fn heading<'e>(
        &mut self,
        level: HeadingLevel,
        heading: Vec<Event<'e>>,
        at: (usize, usize),
        gathered: &mut Vec<Event<'e>>,
    ) {
        let words = plain(&heading);
        let part = match (level, words.to_lowercase().as_str()) {
            (HeadingLevel::H1, _) => {
                if self.titles.is_empty() {
                    self.text.title = words;
                }
                return self.titles.push(at);
            }
            (HeadingLevel::H2, "instructions") => Part::Instructions,
            (HeadingLevel::H2, "hint") => Part::Hint,
            (HeadingLevel::H2, _) => {
                self.others.push((words, at));
                return gathered.extend(heading);
            }
            _ => return gathered.extend(heading),
        };
        self.flush(gathered);
        self.part = part;
        match part {
            Part::Hint => {
                self.text.hints_html.push(String::new());
                self.hints.push(at);
            }
            _ => {
                self.instructions.push(at);
                self.text.instructions_html.get_or_insert_default();
            }
        }
    }

    fn flush(&mut self, gathered: &mut Vec<Event<'_>>) {
        let html = markdown::render(gathered.drain(..));
        let whole = match self.part {
            Part::Body => Some(&mut self.text.body_html),
            Part::Instructions => self.text.instructions_html.as_mut(),
            Part::Hint => self.text.hints_html.last_mut(),
        };
        if let Some(whole) = whole {
            whole.push_str(&html);
        }
    }

    fn report(&mut self, cell: usize, issues: Vec<Issue>) {
        let spot = Spot { file: self.file, cell, screen: Some(self.screen) };
        for issue in issues {
            let rule = match issue.kind {
                IssueKind::Unsafe => Rule::ScreenHtmlUnsafe,
                IssueKind::HtmlShown => Rule::ScreenHtmlShown,
                IssueKind::ImageMissing => Rule::ScreenAssetMissing,
                IssueKind::ImageRefused => Rule::ScreenAssetRefused,
                IssueKind::FenceOpen => Rule::ScreenFenceOpen,
            };
            self.out.push(spot.tell(rule, issue.line, issue.message, issue.hint));
        }
    }

    /// Checks the whole; `is_code` is unknown when the screen's type is.
    pub(super) fn finish(self, cell: usize, is_code: Option<bool>) -> Text {
        let spot = |cell| Spot { file: self.file, cell, screen: Some(self.screen) };
        if self.titles.is_empty() || self.text.title.is_empty() {
            let hint = "write a line `# Title` below the marker";
            self.out.push(spot(cell).tell(Rule::ScreenTitleMissing, None, "the screen has no title", hint));
        }
        if let Some((cell, line)) = self.titles.get(1) {
            let hint = "use `##` for headings inside a screen, or split it in two";
            self.out.push(spot(*cell).tell(Rule::ScreenTitleMany, *line, "the screen has a second `# ` heading", hint));
        }
        if self.text.body_html.trim().is_empty() && !self.titles.is_empty() {
            let hint = "write some text between the title and the rest";
            self.out.push(spot(cell).tell(Rule::ScreenBodyEmpty, None, "the screen has no text", hint));
        }
        if let Some((cell, line)) = self.instructions.get(1) {
            let hint = "put both into one `## Instructions`";
            let message = "the screen has two `## Instructions`";
            self.out.push(spot(*cell).tell(Rule::ScreenInstructionsMany, *line, message, hint));
        }
        for (html, (cell, line)) in self.text.hints_html.iter().zip(&self.hints) {
            if html.trim().is_empty() {
                let hint = "write the hint below `## Hint`, or remove the heading";
                self.out.push(spot(*cell).tell(Rule::ScreenHintEmpty, *line, "a hint is empty", hint));
            }
        }
        for (words, (cell, line)) in &self.others {
            if nearest(words, ["Hint"]).is_some() {
                let message = format!("`## {words}` belongs to the text, and everybody sees it");
                let hint = "is `## Hint` meant? use another heading if not; each hint has a `## Hint` of its own";
                self.out.push(spot(*cell).tell(Rule::ScreenHintMisspelled, *line, message, hint));
            }
        }
        let written = self.text.instructions_html.as_deref().is_some_and(|html| !html.trim().is_empty());
        match (is_code, self.instructions.first()) {
            (Some(true), _) if !written => {
                let near = self.others.iter().find(|(other, _)| nearest(other, ["Instructions"]).is_some());
                let cause = near.map(|(other, _)| format!("is `## {other}` meant? ")).unwrap_or_default();
                let hint = cause + "write `## Instructions` and what to do";
                let message = "the code screen has no instructions";
                self.out.push(spot(cell).tell(Rule::ScreenInstructionsMissing, None, message, hint));
            }
            (Some(false), Some((cell, line))) => {
                let message = "a text screen has nothing to do, so no instructions";
                let hint = "make it a code screen with type=\"code\", or use another heading";
                self.out.push(spot(*cell).tell(Rule::ScreenInstructionsOnText, *line, message, hint));
            }
            _ => {}
        }
        self.text
    }
}

/// The title in a cell, for proposing a key.
pub(super) fn title_of(source: &str, marker: Option<usize>) -> Option<String> {
    let source = without_line(source, marker);
    let mut heading = Vec::new();
    for event in pulldown_cmark::Parser::new(&source) {
        match (&event, heading.is_empty()) {
            (Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }), _) | (_, false) => heading.push(event.clone()),
            _ => {}
        }
        if matches!(event, Event::End(TagEnd::Heading(HeadingLevel::H1))) {
            break;
        }
    }
    Some(plain(&heading)).filter(|title| !title.is_empty())
}

fn plain(events: &[Event<'_>]) -> String {
    let mut words = String::new();
    for event in events {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(text),
            Event::SoftBreak | Event::HardBreak => words.push(' '),
            _ => {}
        }
    }
    words.trim().to_owned()
}

/// The text with one line emptied, so that the numbers of all others stay.
fn without_line(source: &str, line: Option<usize>) -> String {
    let kept = |(index, text)| if Some(index + 1) == line { "" } else { text };
    source.split('\n').enumerate().map(kept).collect::<Vec<_>>().join("\n")
}
