//! Markdown to HTML that is safe to show: raw HTML is off, addresses are checked, pictures are put in.
//!
//! Raw HTML is shown as the characters it is made of; comments vanish; what could run in a reader's browser is an error. Not
//! here: which part of a screen a text belongs to (`body.rs`).

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

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
    FenceOpen,
}

/// A piece of the text and the line that it comes from.
pub(super) type Piece<'a> = (Event<'a>, usize);

/// Takes a text apart, made safe.
pub(super) fn read<'a>(source: &'a str, images: Images<'_>, issues: &mut Vec<Issue>) -> Vec<Piece<'a>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut cleaner = Cleaner { source, lines: Lines::new(source), images, issues, pieces: Vec::new(), block: None };
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

/// Whether a fence ends by a line of its own, and not only because the text does.
fn is_closed(fence: &str) -> bool {
    let mut lines = fence.lines().map(|line| line.trim_start_matches(['>', ' ', '\t']).trim_end());
    let Some(mark) = lines.next().and_then(|first| first.chars().next()) else { return false };
    lines.next_back().is_some_and(|last| last.len() >= 3 && last.chars().all(|c| c == mark))
}

struct Cleaner<'a, 'i, 'o> {
    source: &'a str,
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
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                if !is_closed(self.source.get(range.clone()).unwrap_or_default()) {
                    let message = "the fence that begins here is never closed, so all that follows in the cell is code";
                    let hint = "close it by a line of as many backticks as it begins with";
                    self.issues.push(Issue::new(IssueKind::FenceOpen, line, message, hint));
                }
                self.pieces.push((Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))), line));
            }
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
    let mut rest = lower.as_str();
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, next) = after.split_at(end_of_tag(after));
        rest = next;
        let name = tag.trim_start_matches('/');
        let name = &name[..name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len())];
        if ELEMENTS.contains(&name) {
            return Some(format!("the element <{name}>"));
        }
        if let Some(event) = event_attribute(tag) {
            return Some(format!("the event attribute `{event}`"));
        }
    }
    lower.contains("javascript:").then(|| "a `javascript:` address".to_owned())
}

/// Where a tag ends: at the first `>` outside quotes.
fn end_of_tag(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// An attribute such as `onclick=` in a tag of small letters.
fn event_attribute(tag: &str) -> Option<&str> {
    tag.match_indices("on").find_map(|(at, _)| {
        let before = tag[..at].chars().next_back();
        let begins = before.is_some_and(|c| c.is_whitespace() || matches!(c, '/' | '"' | '\''));
        let name = &tag[at..];
        let (name, after) = name.split_at(name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(name.len()));
        (begins && name.len() > 2 && after.trim_start().starts_with('=')).then_some(name)
    })
}

/// Whether following a link can do no more than show another page.
pub(super) fn is_safe(address: &str) -> bool {
    let plain: String = address.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let before = plain.split(['/', '?', '#']).next().unwrap_or_default();
    match before.split_once(':') {
        None => true,
        Some((scheme, _)) => ["http", "https", "mailto"].iter().any(|safe| scheme.eq_ignore_ascii_case(safe)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::format::folder::Folder;
    use proptest::prelude::*;

    /// Every element that Markdown makes here.
    const MADE: &[&str] = &[
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "code",
        "em",
        "strong",
        "del",
        "a",
        "img",
        "hr",
        "br",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ];

    fn html(text: &str) -> (String, Vec<Issue>) {
        let mut issues = Vec::new();
        let folder = Folder::new("/nowhere".as_ref());
        let page = page(text, Images { folder: &folder, directory: "d", attachments: None }, &mut issues);
        (page, issues)
    }

    fn kinds(text: &str) -> Vec<IssueKind> {
        html(text).1.into_iter().map(|issue| issue.kind).collect()
    }

    #[test]
    fn danger_is_found_however_it_is_written() {
        for text in [
            "<ScRiPt>x</sCrIpT>",
            "a <b title=\">\" onclick=x>c</b>",
            "<div\nonload\n=x>",
            "<a href=\"javascript:x\">y</a>",
            "[x](JavaScript:y)",
            "[x](data:text/html,y)",
            "[x][y]\n\n[y]: vbscript:z",
            "<iframe src=x></iframe>",
        ] {
            assert!(kinds(text).contains(&IssueKind::Unsafe), "{text}: {:?}", html(text));
        }
    }

    #[test]
    fn what_only_looks_like_danger_is_left_alone() {
        for text in
            ["turn on = off", "`<script>`", "1 < 2, once = 3 > 2", "<https://a.example/?on=1>", "[x](page.html#on)"]
        {
            assert_eq!(kinds(text), [], "{text}");
        }
        assert_eq!(kinds("a <int> b"), [IssueKind::HtmlShown]);
    }

    proptest! {
        #[test]
        fn no_text_makes_other_elements_than_those_of_markdown(
            text in "([a-z]{1,3}|[<>\"'=/!`*_#&;:\\[\\]()\n -]|<script>|<!--|-->|on|javascript:){0,40}"
        ) {
            let (page, _) = html(&text);
            for (at, _) in page.match_indices('<') {
                let name = page[at + 1..].trim_start_matches('/');
                let name = &name[..name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len())];
                prop_assert!(MADE.contains(&name), "{text:?} made {page:?}");
            }
            prop_assert!(!page.contains("<!--"));
        }
    }
}
