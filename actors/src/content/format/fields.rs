//! Reading the keys of a YAML mapping: required and optional, each with its type, everything wrong told at once.
//!
//! Each kind of file names the rules that stand for its four faults. Not here: what the values mean.

use std::ops::RangeInclusive;

use super::diagnostic::{Diagnostic, nearest};
use super::rule::Rule;
use super::yaml::{Key, Node, Value, is_whole};

/// The rules that a kind of file uses for its keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldRules {
    pub missing: Rule,
    pub unknown: Rule,
    pub wrong_type: Rule,
    pub bad_value: Rule,
}

/// A mapping that is being read.
pub(super) struct Fields<'a, 'o> {
    file: &'a str,
    line: usize,
    /// Such as ` in entry 2 of sections`; empty for the file itself.
    place: String,
    entries: &'a [(Key, Node)],
    rules: FieldRules,
    /// Keys that were misspelled: not told again as missing.
    misspelled: Vec<&'static str>,
    pub out: &'o mut Vec<Diagnostic>,
}

impl<'a, 'o> Fields<'a, 'o> {
    /// Begins with a mapping whose keys must all be among `known`; anything else is told, and only a non-mapping ends it.
    pub(super) fn open(
        node: &'a Node,
        file: &'a str,
        place: String,
        rules: FieldRules,
        known: &'static [&'static str],
        out: &'o mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            let message = format!("expected a mapping{place}, found {}", node.kind());
            let hint = format!("write lines of `key: value` with the keys {}", known.join(", "));
            out.push(Diagnostic::new(rules.wrong_type, file, message, hint).at_line(node.line));
            return None;
        };
        let mut fields = Self { file, line: node.line, place, entries, rules, misspelled: Vec::new(), out };
        for (key, _) in entries {
            if !known.contains(&key.text.as_str()) {
                fields.unknown(key, known);
            }
        }
        Some(fields)
    }

    /// Begins with a mapping inside of this one; its keys break the same rules.
    pub(super) fn within<'s>(
        &'s mut self,
        node: &'s Node,
        place: String,
        known: &'static [&'static str],
    ) -> Option<Fields<'s, 's>> {
        let place = format!("{place}{}", self.place);
        Fields::open(node, self.file, place, self.rules, known, self.out)
    }

    fn unknown(&mut self, key: &Key, known: &'static [&'static str]) {
        let hint = match nearest(&key.text, known.iter().copied()) {
            Some(found) => {
                self.misspelled.extend(known.iter().filter(|name| **name == found));
                format!("did you mean `{found}`?")
            }
            None => format!("known keys: {}", known.join(", ")),
        };
        let message = format!("unknown key `{}`{}", key.text, self.place);
        self.out.push(Diagnostic::new(self.rules.unknown, self.file, message, hint).at_line(key.line));
    }

    /// The value of a key, if it is there.
    pub(super) fn optional(&self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|(found, _)| found.text == key).map(|(_, node)| node)
    }

    /// The value of a key that must be there.
    pub(super) fn required(&mut self, key: &str) -> Option<&'a Node> {
        let found = self.optional(key);
        if found.is_none() && !self.misspelled.contains(&key) {
            self.missing(self.rules.missing, key);
        }
        found
    }

    /// Tells that a key is missing, by a rule of the caller's choice.
    pub(super) fn missing(&mut self, rule: Rule, key: &str) {
        let message = format!("the key `{key}` is missing{}", self.place);
        self.out.push(Diagnostic::new(rule, self.file, message, format!("add a line `{key}: …`")).at_line(self.line));
    }

    pub(super) fn is_misspelled(&self, key: &str) -> bool {
        self.misspelled.contains(&key)
    }

    /// Tells that a value has the wrong type.
    pub(super) fn wrong_type(&mut self, key: &str, expected: &str, node: &Node) {
        let message = format!("`{key}`{}: expected {expected}, found {}", self.place, node.kind());
        let hint = match (&node.value, expected) {
            (Value::Number(_) | Value::Bool(_), "text") => "put the value in quotes".to_owned(),
            (Value::Text(_), "true or false" | "a whole number") => format!("write {expected}, without quotes"),
            _ => format!("write {expected}"),
        };
        self.out.push(Diagnostic::new(self.rules.wrong_type, self.file, message, hint).at_line(node.line));
    }

    /// Tells that a value has the right type and is yet not allowed.
    pub(super) fn bad_value(&mut self, key: &str, line: usize, what: &str, hint: impl Into<String>) {
        let message = format!("`{key}`{}: {what}", self.place);
        self.tell(self.rules.bad_value, line, message, hint);
    }

    /// Tells that some rule is broken on a line of this file.
    pub(super) fn tell(&mut self, rule: Rule, line: usize, message: impl Into<String>, hint: impl Into<String>) {
        self.out.push(Diagnostic::new(rule, self.file, message, hint).at_line(line));
    }

    /// Text of a node, not blank.
    pub(super) fn as_text(&mut self, key: &str, node: &'a Node) -> Option<&'a str> {
        match &node.value {
            Value::Text(text) if text.trim().is_empty() => {
                self.bad_value(key, node.line, "the text is blank", format!("write something for `{key}`"));
                None
            }
            Value::Text(text) => Some(text),
            _ => {
                self.wrong_type(key, "text", node);
                None
            }
        }
    }

    /// A whole number of a node, in a range.
    pub(super) fn as_whole(&mut self, key: &str, node: &Node, range: RangeInclusive<u32>) -> Option<u32> {
        let Value::Number(text) = &node.value else {
            self.wrong_type(key, "a whole number", node);
            return None;
        };
        if !is_whole(text) {
            self.wrong_type(key, "a whole number", node);
            return None;
        }
        let found = text.parse().ok().filter(|number| range.contains(number));
        if found.is_none() {
            let hint = match *range.end() {
                u32::MAX => format!("write a number from {} on", range.start()),
                end => format!("write a number from {} to {end}", range.start()),
            };
            self.bad_value(key, node.line, &format!("{text} is out of range"), hint);
        }
        found
    }

    /// Required text.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let node = self.required(key)?;
        self.as_text(key, node).map(str::to_owned)
    }

    /// An optional flag, off when absent.
    pub(super) fn flag(&mut self, key: &str) -> bool {
        match self.optional(key) {
            None => false,
            Some(Node { value: Value::Bool(flag), .. }) => *flag,
            Some(node) => {
                self.wrong_type(key, "true or false", node);
                false
            }
        }
    }

    /// An optional whole number in a range.
    pub(super) fn whole(&mut self, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let node = self.optional(key)?;
        self.as_whole(key, node, range)
    }

    /// An optional word out of these.
    pub(super) fn choice<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let node = self.optional(key)?;
        let word = self.as_text(key, node)?;
        let found = words.iter().find(|(known, _)| *known == word);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.bad_value(key, node.line, &format!("`{word}` is unknown"), format!("write {}", known.join(", ")));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// The items of a list, empty when it is no list, which is told.
    pub(super) fn as_list(&mut self, key: &str, node: &'a Node) -> &'a [Node] {
        match &node.value {
            Value::List(items) => items,
            _ => {
                self.wrong_type(key, "a list", node);
                &[]
            }
        }
    }

    /// An optional list, empty when absent.
    pub(super) fn list(&mut self, key: &str) -> &'a [Node] {
        self.optional(key).map_or(&[], |node| self.as_list(key, node))
    }

    /// A required list.
    pub(super) fn required_list(&mut self, key: &str) -> &'a [Node] {
        self.required(key).map_or(&[], |node| self.as_list(key, node))
    }
}
