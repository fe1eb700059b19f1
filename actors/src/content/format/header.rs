//! What the start of a screen says: its key, its type, its concepts and its two switches.
//!
//! Every slip is told, with the name that was probably meant or a key to use. Where a screen begins is found in `opening.rs`.

use super::body;
use super::concept::Concepts;
use super::diagnostic::{Diagnostic, Spot, did_you_mean, nearest};
use super::notebook::Cell;
use super::opening::{KNOWN, Opening, is_key};
use super::rule::Rule;

/// What a screen is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScreenKind {
    /// Something to read.
    Text,
    /// Something to read and to do.
    Code,
}

/// What a screen's start says, once checked.
#[derive(Debug)]
pub(super) struct Header {
    /// The key, or `#3` for the third screen without a usable one.
    pub label: String,
    pub key: Option<String>,
    pub kind: Option<ScreenKind>,
    pub concepts: Vec<String>,
    pub error_okay: bool,
    pub no_answer_needed: bool,
}

impl Opening {
    /// Checks the start of the screen with that number, counted from 1.
    pub(super) fn check(
        &self,
        cell: &Cell,
        number: usize,
        file: &str,
        concepts: &Concepts,
        out: &mut Vec<Diagnostic>,
    ) -> Header {
        let label = self.key().map_or_else(|| format!("#{number}"), str::to_owned);
        let is_broken = matches!(self.fault, Some((Rule::ScreenMarkerSyntax, ..)));
        if let Some((rule, line, message, hint)) = &self.fault {
            out.push(Spot { file, cell: cell.index, screen: None }.tell(*rule, *line, message, *hint));
        }
        let mut checker = Checker { opening: self, spot: Spot { file, cell: cell.index, screen: Some(&label) }, out };
        checker.names();
        let mut kind = None;
        if !is_broken {
            checker.key(cell, number);
            kind = checker.kind();
            checker.concepts(concepts);
        }
        let error_okay = checker.flag("error_okay", kind);
        let no_answer_needed = checker.flag("no_answer_needed", kind);
        let key = self.key().map(str::to_owned);
        Header { label, key, kind, concepts: self.concepts(), error_okay, no_answer_needed }
    }
}

struct Checker<'a> {
    opening: &'a Opening,
    spot: Spot<'a>,
    out: &'a mut Vec<Diagnostic>,
}

impl Checker<'_> {
    fn tell(&mut self, rule: Rule, message: impl Into<String>, hint: impl Into<String>) {
        self.out.push(self.spot.tell(rule, self.opening.line, message, hint));
    }

    fn names(&mut self) {
        let opening = self.opening;
        let mut seen: Vec<&str> = Vec::new();
        for (name, _) in opening.attributes.iter().chain(&opening.metadata) {
            if seen.contains(&name.as_str()) {
                continue;
            }
            seen.push(name);
            if !KNOWN.contains(&name.as_str()) {
                let hint = did_you_mean(name, KNOWN.iter().copied()) + &format!("known: {}", KNOWN.join(", "));
                self.tell(Rule::ScreenUnknownAttribute, format!("unknown attribute `{name}`"), hint);
            }
            if opening.is_doubled(name) {
                let message = format!("`{name}` is in the marker twice");
                self.tell(Rule::ScreenDuplicateAttribute, message, format!("keep one `{name}`"));
            }
            let other = opening.metadata.iter().find(|(found, _)| found == name).map(|(_, value)| value);
            let value = opening.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value);
            if let (Some(value), Some(other)) = (value, other)
                && squeeze(value) != squeeze(other)
            {
                let message = format!("`{name}` is `{value}` in the marker and `{other}` in the cell's metadata");
                self.tell(Rule::ScreenMarkerConflict, message, format!("keep `{value}` or `{other}` in both places"));
            }
        }
        for name in &opening.bad {
            let message = format!("`{name}` in the cell's metadata has the wrong type");
            self.tell(
                Rule::ScreenBadAttribute,
                message,
                "write {\"key\": \"…\", \"type\": \"…\", \"concepts\": [\"…\"]}",
            );
        }
    }

    /// Whether an attribute is there under a name that looks like a slip.
    fn is_misspelled(&self, name: &str) -> bool {
        let all = self.opening.attributes.iter().chain(&self.opening.metadata);
        let unknown = all.filter(|(found, _)| !KNOWN.contains(&found.as_str()));
        unknown.into_iter().any(|(found, _)| nearest(found, KNOWN.iter().copied()) == Some(name))
            || self.opening.bad.iter().any(|bad| bad == name || bad == "screen")
    }

    fn key(&mut self, cell: &Cell, number: usize) {
        let proposal = |text: &str| slug(text).unwrap_or_else(|| format!("screen-{number}"));
        match self.opening.value("key") {
            None if self.is_misspelled("key") => {}
            None => {
                let title = body::title_of(&cell.source, self.opening.line).unwrap_or_default();
                let hint = format!("add key=\"{}\"", proposal(&title));
                self.tell(Rule::ScreenKeyMissing, "the screen has no key", hint);
            }
            Some(key) if !is_key(key) => {
                let message = format!("`{key}` is not a key: use 3 to 64 small letters, digits and hyphens");
                self.tell(Rule::ScreenKeyFormat, message, format!("use key=\"{}\"", proposal(key)));
            }
            Some(_) => {}
        }
    }

    fn kind(&mut self) -> Option<ScreenKind> {
        match self.opening.value("type") {
            Some("text") => Some(ScreenKind::Text),
            Some("code") => Some(ScreenKind::Code),
            Some(other) => {
                let message = format!("there is no type `{other}`");
                self.tell(Rule::ScreenTypeUnknown, message, "use code or text; for a video, a text with a link");
                None
            }
            None => {
                if !self.is_misspelled("type") {
                    self.tell(Rule::ScreenTypeMissing, "the screen has no type", "add type=\"code\" or type=\"text\"");
                }
                None
            }
        }
    }

    fn concepts(&mut self, known: &Concepts) {
        let concepts = self.opening.concepts();
        if concepts.is_empty() && !self.is_misspelled("concepts") {
            let hint = "add concepts=\"…\" with one or more names from concepts/";
            self.tell(Rule::ConceptNone, "the screen names no concept", hint);
        }
        if known.unreadable {
            return;
        }
        for name in concepts.iter().filter(|name| known.get(name).is_none()) {
            let hint = did_you_mean(name, known.names()) + &format!("or create concepts/{name}.yml");
            self.tell(Rule::ConceptUnknown, format!("there is no concept `{name}`"), hint);
        }
    }

    fn flag(&mut self, name: &str, kind: Option<ScreenKind>) -> bool {
        let Some(value) = self.opening.value(name) else { return false };
        if kind == Some(ScreenKind::Text) {
            let message = format!("`{name}` means nothing on a text screen");
            self.tell(Rule::ScreenBadAttribute, message, format!("remove `{name}`"));
        }
        if !matches!(value, "true" | "false") {
            let message = format!("`{name}` is `{value}`");
            self.tell(Rule::ScreenBadAttribute, message, format!("write {name}=\"true\" or remove it"));
        }
        value == "true"
    }
}

/// Lists may be written with or without blanks.
fn squeeze(value: &str) -> String {
    value.split(',').map(str::trim).collect::<Vec<_>>().join(",")
}

/// A key made from a text, if enough of it is left.
fn slug(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("-");
    slug.truncate(64);
    let slug = slug.trim_end_matches('-').to_owned();
    is_key(&slug).then_some(slug)
}
