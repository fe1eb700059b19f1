//! How a screen opens: the marker of its cell, the cell's metadata, or both, and what they say.
//!
//! Finding comes first and never complains, so that the keys of a whole repository can be listed; checking comes second.

use serde_json::Value;

use super::body;
use super::concept::Concepts;
use super::diagnostic::{Diagnostic, Spot, did_you_mean, nearest};
use super::marker::{self, Marker, Reading};
use super::notebook::Cell;
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

/// The start of a screen, as found.
#[derive(Debug)]
pub(super) struct Opening {
    /// The line of the marker, which is no text.
    pub line: Option<usize>,
    attributes: Vec<(String, String)>,
    /// Attributes in the cell's metadata.
    metadata: Vec<(String, String)>,
    fault: Option<(Rule, usize, String, &'static str)>,
    /// Keys in the metadata with a value of the wrong type.
    bad: Vec<String>,
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

const KNOWN: &[&str] = &["key", "type", "concepts", "error_okay", "no_answer_needed"];
/// More than these in a cell's metadata are no attributes of a screen.
const MOST_ATTRIBUTES: usize = 64;
const QUOTE: &str = "put every value in quotes: <!-- key=\"my-screen\" type=\"text\" concepts=\"lists\" -->";

/// The start of a screen in a cell, if it has one, whether sound or not.
pub(super) fn find(cell: &Cell) -> Option<Opening> {
    let mut opening =
        Opening { line: None, attributes: Vec::new(), metadata: Vec::new(), fault: None, bad: Vec::new() };
    let lines: Vec<_> = cell.source.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).collect();
    if let Some((index, line)) = lines.first() {
        match marker::read(line) {
            Reading::Marker(Marker { attributes }) => {
                (opening.line, opening.attributes) = (Some(index + 1), attributes)
            }
            Reading::Broken(fault) => {
                opening.line = Some(index + 1);
                opening.fault = Some((Rule::ScreenMarkerSyntax, index + 1, fault, QUOTE));
            }
            Reading::Other => {}
        }
    }
    if let Some((line, marker)) = later_marker(lines.get(1..).unwrap_or_default()) {
        let (message, hint) = match opening.line {
            None => ("the marker is not on the first line", "move it to the first line of the cell"),
            Some(_) => {
                ("the cell has a second marker", "begin a new cell: a marker stands on the first line of its cell")
            }
        };
        opening.fault.get_or_insert((Rule::ScreenMarkerNotFirst, line, message.to_owned(), hint));
        if opening.line.is_none() {
            (opening.line, opening.attributes) = (Some(line), marker.attributes);
        }
    }
    if let Some(screen) = cell.metadata.get("screen") {
        opening.read_metadata(screen);
    } else if opening.line.is_none() {
        return None;
    }
    Some(opening)
}

/// A marker below the first line and outside fences, where it does not count.
fn later_marker(lines: &[(usize, &str)]) -> Option<(usize, Marker)> {
    let mut fence = None;
    for (index, line) in lines {
        let text = line.trim_start();
        if line.len() - text.len() > 3 {
            continue;
        }
        let tick = ["```", "~~~"].into_iter().find(|tick| text.starts_with(tick));
        match (fence, tick) {
            (None, Some(_)) => fence = tick,
            (Some(open), Some(tick)) if open == tick => fence = None,
            (None, None) => {
                if let Reading::Marker(marker) = marker::read(line)
                    && marker.attributes.iter().any(|(name, _)| KNOWN.contains(&name.as_str()))
                {
                    return Some((index + 1, marker));
                }
            }
            _ => {}
        }
    }
    None
}

impl Opening {
    fn read_metadata(&mut self, screen: &Value) {
        let small = screen.as_object().filter(|map| map.len() <= MOST_ATTRIBUTES);
        let Some(map) = small else { return self.bad.push("screen".to_owned()) };
        for (name, value) in map {
            let text = match value {
                Value::String(text) => Some(text.clone()),
                Value::Bool(flag) => Some(flag.to_string()),
                Value::Array(items) => {
                    items.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|items| items.join(","))
                }
                _ => None,
            };
            match text.filter(|text| text.len() <= marker::LONGEST) {
                Some(text) => self.metadata.push((name.clone(), text)),
                None => self.bad.push(name.clone()),
            }
        }
    }

    fn value(&self, name: &str) -> Option<&str> {
        let all = self.attributes.iter().chain(&self.metadata);
        all.into_iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn is_doubled(&self, name: &str) -> bool {
        self.attributes.iter().filter(|(found, _)| found == name).count() > 1
    }

    /// The key, if it can be used.
    pub(super) fn key(&self) -> Option<&str> {
        self.value("key").filter(|key| is_key(key) && !self.is_doubled("key"))
    }

    pub(super) fn concepts(&self) -> Vec<String> {
        let mut concepts: Vec<String> = Vec::new();
        for name in self.value("concepts").unwrap_or_default().split(',').map(str::trim) {
            if !name.is_empty() && !concepts.iter().any(|before| before == name) {
                concepts.push(name.to_owned());
            }
        }
        concepts
    }

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

/// Whether a text can be the key of a screen.
fn is_key(text: &str) -> bool {
    let inner = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (3..=64).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
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
