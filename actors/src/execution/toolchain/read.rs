//! A toolchain from its text. Every part is read by itself, so that one mistake hides no other.

use entity::execution::language::Language;
use regex::Regex;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::verify::verify;
use super::{Detect, MainRule, Toolchain};

/// All keys of a file.
const KEYS: [&str; 15] = [
    "title",
    "sources",
    "headers",
    "refused",
    "environment",
    "templates",
    "project_languages",
    "modes",
    "steps",
    "harness",
    "main",
    "switches",
    "diagnostics",
    "detect",
    "example",
];

/// Something wrong in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// From 1.
    pub line: usize,
    /// With the way out.
    pub message: String,
}

/// A text under way to a toolchain.
pub struct Reader<'t> {
    text: &'t str,
    pub faults: Vec<Fault>,
}

/// Reads a toolchain.
///
/// # Errors
/// Everything that is wrong with the text, by line.
pub fn toolchain(name: &Language, text: &str) -> Result<Toolchain, Vec<Fault>> {
    let mut reader = Reader { text, faults: Vec::new() };
    let mut table: Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            let error: toml::de::Error = error;
            let line = error.span().map_or(1, |span| line_at(text, span.start));
            return Err(vec![Fault { line, message: format!("it is not TOML: {}", error.message()) }]);
        }
    };
    for key in table.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        reader.tell("", key, format!("there is no key `{key}`; the keys are {}", KEYS.join(", ")));
    }
    let toolchain = Toolchain {
        name: name.clone(),
        title: reader.required(&mut table, "title"),
        sources: reader.required(&mut table, "sources"),
        headers: reader.optional(&mut table, "headers"),
        refused: reader.optional(&mut table, "refused"),
        environment: reader.optional(&mut table, "environment"),
        templates: reader.optional(&mut table, "templates"),
        project_languages: reader.optional(&mut table, "project_languages"),
        modes: reader.required(&mut table, "modes"),
        steps: reader.each(&mut table, "steps"),
        harness: reader.optional(&mut table, "harness"),
        main: reader.optional::<Option<MainRule>>(&mut table, "main").unwrap_or_default(),
        switches: reader.each(&mut table, "switches"),
        diagnostics: reader.pattern(&mut table, "diagnostics"),
        detect: reader.required::<Option<Detect>>(&mut table, "detect").unwrap_or_else(nothing),
        example: reader.optional(&mut table, "example"),
        digest: Sha256::digest(text).into(),
    };
    if reader.faults.is_empty() {
        verify(&toolchain, &mut reader);
    }
    if reader.faults.is_empty() { Ok(toolchain) } else { Err(reader.faults) }
}

/// Stands where the text says something unreadable, which is told already.
fn nothing() -> Detect {
    Detect { command: String::new(), version: Vec::new(), package: String::new() }
}

impl Reader<'_> {
    /// Tells of something in a section: `steps.build`, or the empty word for the top.
    pub fn tell(&mut self, section: &str, key: &str, message: impl Into<String>) {
        let place = if section.is_empty() { String::new() } else { format!("[{section}] ") };
        let message = format!("{place}{}", message.into());
        self.faults.push(Fault { line: self.line_of(section, key), message });
    }

    fn required<T: DeserializeOwned + Default>(&mut self, table: &mut Table, key: &str) -> T {
        if !table.contains_key(key) {
            self.tell("", key, format!("the key `{key}` is missing"));
            return T::default();
        }
        self.optional(table, key)
    }

    fn optional<T: DeserializeOwned + Default>(&mut self, table: &mut Table, key: &str) -> T {
        table.remove(key).map_or_else(T::default, |value| self.value(key, "", value).unwrap_or_default())
    }

    /// A table of tables, each read by itself.
    fn each<T: DeserializeOwned>(&mut self, table: &mut Table, key: &str) -> std::collections::BTreeMap<String, T> {
        let entries = match table.remove(key) {
            None => return std::collections::BTreeMap::new(),
            Some(Value::Table(entries)) => entries,
            Some(_) => {
                self.tell("", key, format!("`{key}` is a table of tables: write [{key}.<name>]"));
                return std::collections::BTreeMap::new();
            }
        };
        let read = |(name, value)| Some((String::clone(&name), self.value(&format!("{key}.{name}"), "", value)?));
        entries.into_iter().filter_map(read).collect()
    }

    fn pattern(&mut self, table: &mut Table, key: &str) -> Option<Regex> {
        let text: Option<String> = self.optional(table, key);
        match Regex::new(&text?) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                self.tell("", key, format!("`{key}` is not a regular expression: {error}"));
                None
            }
        }
    }

    fn value<T: DeserializeOwned>(&mut self, section: &str, key: &str, value: Value) -> Option<T> {
        value.try_into().map_err(|error: toml::de::Error| self.tell(section, key, error.message())).ok()
    }

    /// The line of a key in its section, or else of the section, or else the first.
    fn line_of(&self, section: &str, key: &str) -> usize {
        let lines = || self.text.lines().zip(1..);
        let is_head = |line: &str| line.trim_start().starts_with('[');
        let is_key = |line: &str, key: &str| {
            line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        let head = lines().find(|(line, _)| line.trim().trim_matches(['[', ']']) == section && is_head(line));
        let from = head.map_or(0, |(_, number)| number);
        let inside = lines().skip(from).take_while(|(line, _)| !is_head(line));
        let mut of_key = inside.filter(|(line, _)| !key.is_empty() && is_key(line, key));
        of_key
            .next()
            .or(head)
            .or_else(|| lines().find(|(line, _)| is_key(line, section)))
            .map_or(1, |(_, number)| number)
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// A regular expression in a TOML file.
pub(super) fn pattern<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Regex>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| Regex::new(&text).map_err(|error| D::Error::custom(format!("not a regular expression: {error}"))))
        .transpose()
}
