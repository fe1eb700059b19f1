//! Markdown to HTML that is safe to show: raw HTML is off, addresses are checked, pictures are put in.
//!
//! Raw HTML is shown as the characters it is made of; comments vanish; what could run in a reader's browser is an error. Not
//! here: which part of a screen a text belongs to (`body.rs`).

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::diagnostic::Diagnostic;
use super::image::{Fault, Images};
use super::rule::Rule;

/// What is wrong with a text, on a line of it.
#[derive(Debug)]
pub(super) struct Issue {
    pub kind: IssueKind,
    pub line: usize,
    pub message: String,
    pub hint: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IssueKind {
    Unsafe,
    HtmlShown,
    ImageMissing,
    ImageRefused,
}

/// A piece of the text and the line that it comes from.
pub(super) type Piece<'a> = (Event<'a>, usize);

/// Takes a text apart, made safe.
pub(super) fn read<'a>(source: &'a str, images: Images<'_>, issues: &mut Vec<Issue>) -> Vec<Piece<'a>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut cleaner = Cleaner { lines: Lines::new(source), images, issues, pieces: Vec::new(), block: None };
    for (event, range) in Parser::new_ext(source, options).into_offset_iter() {
        cleaner.take(event, &range);
    }
    cleaner.pieces
}

/// Puts pieces together as HTML.
pub(super) fn render<'a>(events: impl IntoIterator<Item = Event<'a>>) -> String {
    let mut page = String::new();
    html::push_html(&mut page, events.into_iter());
    page
}

/// The description of an assignment or anything else that is one text in a YAML file.
pub(super) fn page(source: &str, images: Images<'_>, issues: &mut Vec<Issue>) -> String {
    render(read(source, images, issues).into_iter().map(|(event, _)| event))
}

impl Issue {
    fn new(kind: IssueKind, line: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, line, message: message.into(), hint: hint.into() }
    }

    /// As a diagnostic, by the rule that stands for it.
    pub(super) fn tell(self, rules: impl Fn(IssueKind) -> Rule, file: &str) -> Diagnostic {
        Diagnostic::new(rules(self.kind), file, self.message, self.hint).at_line(self.line)
    }
}

/// Finds the line of an offset.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn new(source: &str) -> Self {
        Self { starts: source.match_indices('\n').map(|(at, _)| at + 1).collect() }
    }

    fn at(&self, offset: usize) -> usize {
        1 + self.starts.partition_point(|start| *start <= offset)
    }
}

struct Cleaner<'a, 'i, 'o> {
    lines: Lines,
    images: Images<'i>,
    issues: &'o mut Vec<Issue>,
    pieces: Vec<Piece<'a>>,
    /// The raw HTML block that is being read, and its first line.
    block: Option<(String, usize)>,
}

impl<'a> Cleaner<'a, '_, '_> {
    fn take(&mut self, event: Event<'a>, range: &Range<usize>) {
        let line = self.lines.at(range.start);
        match event {
            Event::Start(Tag::HtmlBlock) => self.block = Some((String::new(), line)),
            Event::End(TagEnd::HtmlBlock) => self.end_block(),
            Event::Html(text) => match &mut self.block {
                Some((block, _)) => block.push_str(&text),
                None => self.raw(text, line),
            },
            Event::InlineHtml(text) => self.raw(text, line),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                if !is_safe(&dest_url) {
                    let message = format!("the link to `{dest_url}` could run something");
                    let hint = "remove it or link to an address with https://";
                    self.issues.push(Issue::new(IssueKind::Unsafe, line, message, hint));
                }
                self.pieces.push((Event::Start(Tag::Link { link_type, dest_url, title, id }), line));
            }
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                let dest_url = self.image(dest_url, line);
                self.pieces.push((Event::Start(Tag::Image { link_type, dest_url, title, id }), line));
            }
            event => self.pieces.push((event, line)),
        }
    }

    fn end_block(&mut self) {
        let Some((block, line)) = self.block.take() else { return };
        let shown = self.pieces.len();
        self.pieces.push((Event::Start(Tag::Paragraph), line));
        self.raw(block.into(), line);
        if self.pieces.len() == shown + 1 {
            self.pieces.truncate(shown);
        } else {
            self.pieces.push((Event::End(TagEnd::Paragraph), line));
        }
    }

    /// Raw HTML: nothing of it may reach a page as HTML.
    fn raw(&mut self, text: CowStr<'a>, line: usize) {
        if let Some(what) = danger(&text) {
            let message = format!("{what} could run something in a reader's browser");
            let hint = "remove it; in a lesson about HTML, put it into a fence or backticks";
            self.issues.push(Issue::new(IssueKind::Unsafe, line, message, hint));
            return;
        }
        let visible = without_comments(&text);
        if visible.trim().is_empty() {
            return;
        }
        let message =
            format!("raw HTML is shown as it is written: {}", visible.trim().lines().next().unwrap_or_default());
        let hint = "write Markdown instead, or put it in backticks to show the characters";
        self.issues.push(Issue::new(IssueKind::HtmlShown, line, message, hint));
        self.pieces.push((Event::Text(visible.into()), line));
    }

    fn image(&mut self, address: CowStr<'a>, line: usize) -> CowStr<'a> {
        let (kind, message, hint) = match self.images.inline(&address) {
            Ok(data) => return data.into(),
            Err(Fault::Missing { message, hint }) => (IssueKind::ImageMissing, message, hint),
            Err(Fault::Refused { message, hint }) => (IssueKind::ImageRefused, message, hint),
        };
        self.issues.push(Issue::new(kind, line, message, hint));
        "".into()
    }
}

fn without_comments(text: &str) -> String {
    let mut visible = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        visible.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    visible + rest
}

/// What in raw HTML could run or fetch something.
fn danger(text: &str) -> Option<String> {
    const ELEMENTS: &[&str] =
        &["script", "style", "iframe", "object", "embed", "link", "meta", "base", "form", "svg", "math", "template"];
    let lower = without_comments(text).to_ascii_lowercase();
    for (at, _) in lower.match_indices('<') {
        let name = lower[at + 1..].trim_start_matches('/');
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        if let Some(element) = ELEMENTS.iter().find(|element| **element == &name[..end]) {
            return Some(format!("the element <{element}>"));
        }
    }
    for word in lower.split(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'')) {
        let name = word.split('=').next().unwrap_or_default();
        let is_event = name.len() > 2 && name.starts_with("on") && name.bytes().all(|b| b.is_ascii_alphabetic());
        if is_event && lower.contains('<') && (word.contains('=') || lower.contains(&format!("{name} ="))) {
            return Some(format!("the event attribute `{name}`"));
        }
    }
    lower.contains("javascript:").then(|| "a `javascript:` address".to_owned())
}

/// Whether following a link can do no more than show another page.
fn is_safe(address: &str) -> bool {
    let plain: String = address.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let before = plain.split(['/', '?', '#']).next().unwrap_or_default();
    match before.split_once(':') {
        None => true,
        Some((scheme, _)) => ["http", "https", "mailto"].iter().any(|safe| scheme.eq_ignore_ascii_case(safe)),
    }
}
