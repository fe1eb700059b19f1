//! Finding where a screen begins: the marker of its cell, the cell's metadata, or both.
//!
//! Finding never complains, so that the keys of a whole repository can be listed. What is found is checked in `header.rs`.

use serde_json::Value;

use super::marker::{self, Marker, Reading};
use super::notebook::Cell;
use super::rule::Rule;

/// The start of a screen, as found.
#[derive(Debug)]
pub(super) struct Opening {
    /// The line of the marker, which is no text.
    pub line: Option<usize>,
    pub attributes: Vec<(String, String)>,
    /// Attributes in the cell's metadata.
    pub metadata: Vec<(String, String)>,
    pub fault: Option<(Rule, usize, String, &'static str)>,
    /// Keys in the metadata with a value of the wrong type.
    pub bad: Vec<String>,
}

pub(super) const KNOWN: &[&str] = &["key", "type", "concepts", "error_okay", "no_answer_needed"];
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
    if let Some(screen) = &cell.screen {
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

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let all = self.attributes.iter().chain(&self.metadata);
        all.into_iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_doubled(&self, name: &str) -> bool {
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
}

/// Whether a text can be the key of a screen.
pub(super) fn is_key(text: &str) -> bool {
    let inner = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (3..=64).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}
