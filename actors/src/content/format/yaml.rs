//! YAML, as far as content may use it: mappings, lists and the scalars of JSON, each with its line.
//!
//! A tree with lines is kept, not a typed value, so that everything wrong with a file is told at once. Anchors, aliases and tags
//! are refused: they make a file that looks harmless grow without bound, and hide what a value is. Plain `true`, `false`,
//! `null` and JSON's numbers are what they look like, every other plain word is text; `yes` is a word. Not here: which keys a
//! file must have (`fields.rs`).

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::diagnostic::Diagnostic;
use super::folder::{Folder, YAML_LIMIT};
use super::rule::Rule;

/// Nothing in the format is nested as deep as this.
const DEEPEST: usize = 32;

/// A value and the line it starts on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub line: usize,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As written: points must not pass through binary fractions.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    pub line: usize,
    pub text: String,
    /// Whether the key is text and not, say, the number 1.
    pub is_text: bool,
}

impl Node {
    /// What it is, in words for a teacher.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(text) if is_whole(text) => "a whole number",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// Whether a JSON number has neither fraction nor exponent.
pub(super) fn is_whole(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}

/// Reads a file; `None` when it is absent, unreadable or no YAML, which has then been told.
pub(super) fn load(folder: &Folder, path: &str, missing: Rule, out: &mut Vec<Diagnostic>) -> Option<Node> {
    match folder.text(path, YAML_LIMIT) {
        Ok(text) => parse(path, &text, out),
        Err(trouble) => {
            out.push(trouble.tell(path, missing));
            None
        }
    }
}

/// Reads a text. A duplicate key is told and its first value kept; anything else that is wrong ends the reading.
pub(super) fn parse(path: &str, text: &str, out: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut reader = Reader { parser: Parser::new_from_str(text), path, out };
    match reader.document() {
        Ok(node) => Some(node),
        Err(fault) => {
            let found = Diagnostic::new(Rule::YamlSyntax, path, fault.message, fault.hint);
            out.push(found.at_line(fault.line));
            None
        }
    }
}

struct Fault {
    line: usize,
    message: String,
    hint: String,
}

impl Fault {
    fn new(line: usize, message: &str, hint: &str) -> Self {
        Self { line, message: message.to_owned(), hint: hint.to_owned() }
    }
}

impl From<ScanError> for Fault {
    fn from(error: ScanError) -> Self {
        let (line, column) = (error.marker().line(), error.marker().col() + 1);
        let hint = format!(
            "look at line {line}, column {column}; indent with blanks, never with tabs, and quote text with `: ` or `#`"
        );
        Self { line, message: error.info(), hint }
    }
}

struct Reader<'a, 'o> {
    parser: Parser<'a, StrInput<'a>>,
    path: &'a str,
    out: &'o mut Vec<Diagnostic>,
}

impl<'a> Reader<'a, '_> {
    /// The next event and its line; comments are off, so every event is structure or a node.
    fn next(&mut self) -> Result<(Event<'a>, usize), Fault> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, line_of(&span))),
            Some(Err(error)) => Err(error.into()),
            None => Ok((Event::StreamEnd, 1)),
        }
    }

    fn document(&mut self) -> Result<Node, Fault> {
        let root = loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (Event::StreamEnd, line) => return Ok(Node { line, value: Value::Null }),
                (event, line) => break self.node(event, line, 0)?,
            }
        };
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(root),
                (Event::DocumentEnd, _) => {}
                (_, line) => {
                    let message = "a second document begins here";
                    return Err(Fault::new(line, message, "keep one document per file: remove the `---`"));
                }
            }
        }
    }

    fn node(&mut self, event: Event<'a>, line: usize, depth: usize) -> Result<Node, Fault> {
        if depth > DEEPEST {
            return Err(Fault::new(line, "the values are nested too deep", "write them with fewer levels"));
        }
        if event.tag().is_some() {
            return Err(Fault::new(line, "tags such as `!!str` are not used here", "quote text instead"));
        }
        let anchored = event.anchor_id().is_some_and(|id| id > 0);
        if anchored || matches!(event, Event::Alias(_) | Event::UnresolvedAlias(_)) {
            let message = "anchors (`&name`) and aliases (`*name`) are not used here";
            return Err(Fault::new(line, message, "write the value out, in quotes if it begins with & or *"));
        }
        let value = match event {
            Event::Scalar(text, style, ..) => scalar(&text, style),
            Event::SequenceStart(..) => self.list(depth)?,
            Event::MappingStart(..) => self.map(depth)?,
            _ => return Err(Fault::new(line, "a value is missing here", "write one")),
        };
        Ok(Node { line, value })
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut list = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(list)),
                (event, line) => list.push(self.node(event, line, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut map: Vec<(Key, Node)> = Vec::new();
        let mut lines: HashMap<String, usize> = HashMap::new();
        loop {
            let (event, line) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(Value::Map(map));
            }
            let key = self.key(event, line, depth)?;
            let (event, line) = self.next()?;
            let value = self.node(event, line, depth + 1)?;
            match lines.get(&key.text) {
                Some(before) => {
                    let message = format!("`{}` is there twice, on lines {before} and {}", key.text, key.line);
                    let hint = format!("keep one `{}`", key.text);
                    let found = Diagnostic::new(Rule::YamlDuplicateKey, self.path, message, hint);
                    self.out.push(found.at_line(key.line));
                }
                None => {
                    lines.insert(key.text.clone(), key.line);
                    map.push((key, value));
                }
            }
        }
    }

    fn key(&mut self, event: Event<'a>, line: usize, depth: usize) -> Result<Key, Fault> {
        let node = self.node(event, line, depth + 1)?;
        let (text, is_text) = match node.value {
            Value::Text(text) => (text, true),
            Value::Number(text) => (text, false),
            Value::Bool(flag) => (flag.to_string(), false),
            Value::Null => ("null".to_owned(), false),
            Value::List(_) | Value::Map(_) => {
                return Err(Fault::new(line, "a key must be one word or quoted text", "write `key: value`"));
            }
        };
        Ok(Key { line, text, is_text })
    }
}

fn line_of(span: &Span) -> usize {
    span.start.line()
}

/// Only plain words can be something else than text.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(text.to_owned());
    }
    match text {
        // The parser says `~` for a value that is not there.
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        number if is_number(number) => Value::Number(number.to_owned()),
        word => Value::Text(word.to_owned()),
    }
}

/// JSON's grammar of numbers; serde_json alone would also take blanks around it.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> (Option<Node>, Vec<Diagnostic>) {
        let mut out = Vec::new();
        (parse("f.yml", text, &mut out), out)
    }

    fn value_of(text: &str) -> Value {
        match read(&format!("k: {text}")).0.unwrap().value {
            Value::Map(mut map) => map.remove(0).1.value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn scalars_are_those_of_json_and_the_rest_is_text() {
        for (text, kind) in [("101", "101"), ("-3", "-3"), ("0.5", "0.5"), ("1e3", "1e3")] {
            assert_eq!(value_of(text), Value::Number(kind.to_owned()));
        }
        for text in ["yes", "no", "Null", "TRUE", "0x10", "007", "+1", ".5", ".inf", "2027-01-15T23:59:00"] {
            assert_eq!(value_of(text), Value::Text(text.to_owned()));
        }
        assert_eq!(value_of("'101'"), Value::Text("101".to_owned()));
        assert_eq!(value_of("true"), Value::Bool(true));
        assert_eq!((value_of(""), value_of("'~'")), (Value::Null, Value::Text("~".to_owned())));
    }

    #[test]
    fn refuses_anchors_aliases_tags_and_second_documents() {
        for text in ["a: &x 1", "a: &x 1\nb: *x", "a: *x", "a: !!str 1", "a: !mine {}", "a: 1\n---\nb: 2"] {
            let (node, out) = read(text);
            assert_eq!(node, None, "{text}");
            assert_eq!(out.iter().map(|d| d.rule).collect::<Vec<_>>(), [Rule::YamlSyntax], "{text}");
        }
    }

    #[test]
    fn a_doubled_key_names_both_lines_and_the_first_is_kept() {
        let (node, out) = read("a: 1\nb: 2\na: 3\n");
        assert!(out[0].message.contains("lines 1 and 3"), "{}", out[0].message);
        assert_eq!(out[0].line, Some(3));
        let Value::Map(map) = node.unwrap().value else { panic!() };
        assert_eq!(map.len(), 2);
        assert_eq!(map[0].1.value, Value::Number("1".to_owned()));
    }

    #[test]
    fn depth_is_limited() {
        let (node, out) = read(&format!("{}{}", "[".repeat(5000), "]".repeat(5000)));
        assert_eq!((node, out[0].rule), (None, Rule::YamlSyntax));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s).{0,300}") {
            read(&text);
        }

        #[test]
        fn no_yaml_like_text_makes_it_panic(text in "[-a:\\[\\]{}&*!|>'\"#\n\t ,1?%@`]{0,120}") {
            read(&text);
        }
    }
}
