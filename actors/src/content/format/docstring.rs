//! The docstrings of a Python file: of the module, of its functions and classes, and of the methods of those.
//!
//! The examples in them are what students' work is held against, so they come from the file that the author wrote, and no process that runs
//! code has a part in reading them. Functions within functions are nobody's to call and are left out.

use super::literal::Cursor;

/// The text that a module, function or class begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Docstring {
    /// `Class.method`; empty for the module.
    pub name: String,
    /// Where the text begins.
    pub line: usize,
    pub text: String,
}

/// What a file has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub docstrings: Vec<Docstring>,
    /// The names of all functions and classes, with docstring or without.
    pub names: Vec<String>,
}

/// What is open around a place.
struct Scope {
    indent: usize,
    name: String,
    is_class: bool,
}

/// All docstrings, in the order of the file.
///
/// # Errors
/// The line of a text or bracket that is never closed.
pub(super) fn docstrings(text: &str) -> Result<Found, usize> {
    let mut scan = Scan { whole: text, cursor: Cursor { rest: text } };
    let (mut found, mut scopes) = (Found::default(), Vec::<Scope>::new());
    // Whose docstring could be next; that of the module is empty.
    let mut owner = Some(String::new());
    while let Some(indent) = scan.indent() {
        scopes.retain(|scope| scope.indent < indent);
        if let Some(name) = owner.take() {
            scan.docstring(name, &mut found)?;
        }
        if let Some((name, is_class)) = scan.header() {
            owner = scan.open(&mut scopes, Scope { indent, name, is_class }, &mut found)?;
        }
        scan.skip_line()?;
    }
    Ok(found)
}

struct Scan<'a> {
    whole: &'a str,
    cursor: Cursor<'a>,
}

impl Scan<'_> {
    fn line(&self) -> usize {
        let read = self.whole.len() - self.cursor.rest.len();
        1 + self.whole.as_bytes().iter().take(read).filter(|byte| **byte == b'\n').count()
    }

    /// Goes to the next line that has code; the column where that begins.
    fn indent(&mut self) -> Option<usize> {
        loop {
            let code = self.cursor.rest.trim_start_matches([' ', '\t', '\u{c}']);
            let blanks = self.cursor.rest.strip_suffix(code).unwrap_or_default();
            let column =
                blanks.chars().fold(0, |column, blank| if blank == '\t' { column / 8 * 8 + 8 } else { column + 1 });
            self.cursor.rest = code;
            match code.chars().next()? {
                '#' => self.cursor.rest = code.find('\n').map_or("", |end| &code[end..]),
                '\n' | '\r' | ';' => drop(self.cursor.next()),
                _ => return Some(column),
            }
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(next) = self.cursor.rest.chars().next().filter(|c| c.is_alphanumeric() || *c == '_') {
            word.push(next);
            self.cursor.next();
        }
        word
    }

    fn skip_spaces(&mut self) {
        self.cursor.rest = self.cursor.rest.trim_start_matches([' ', '\t']);
    }

    /// The name behind `def` or `class`, and whether it is a class.
    fn header(&mut self) -> Option<(String, bool)> {
        let mut first = self.word();
        if first == "async" {
            self.skip_spaces();
            first = self.word();
        }
        if !matches!(first.as_str(), "def" | "class") || !self.cursor.rest.starts_with([' ', '\t']) {
            // Perhaps the prefix of a text, of which no part may be lost.
            self.back(first.len());
            return None;
        }
        self.skip_spaces();
        let name = self.word();
        (!name.is_empty()).then_some((name, first == "class"))
    }

    fn back(&mut self, bytes: usize) {
        let at = self.whole.len() - self.cursor.rest.len() - bytes;
        self.cursor.rest = self.whole.get(at..).unwrap_or(self.cursor.rest);
    }

    /// Reads a header to its colon; whose docstring comes on a line of its own.
    fn open(&mut self, scopes: &mut Vec<Scope>, new: Scope, found: &mut Found) -> Result<Option<String>, usize> {
        let reachable = scopes.iter().all(|scope| scope.is_class);
        let above: Vec<&str> = scopes.iter().map(|scope| scope.name.as_str()).chain([new.name.as_str()]).collect();
        let name = above.join(".");
        let colon = self.skip_until(&[':', '\n'])? == Some(':');
        scopes.push(new);
        if !reachable || !colon {
            return Ok(None);
        }
        found.names.push(name.clone());
        self.skip_spaces();
        if self.cursor.rest.starts_with(['\n', '\r', '#']) {
            return Ok(Some(name));
        }
        self.docstring(name, found)?;
        Ok(None)
    }

    /// Takes the text that is next, if it is one and a statement of its own.
    fn docstring(&mut self, name: String, found: &mut Found) -> Result<(), usize> {
        let line = self.line();
        let quote = self.cursor.rest.trim_start_matches(['r', 'R', 'u', 'U']);
        if self.cursor.rest.len() - quote.len() > 1 || !quote.starts_with(['"', '\'']) {
            return Ok(());
        }
        let text = self.cursor.string().map_err(|_| line)?;
        self.skip_spaces();
        if self.cursor.rest.is_empty() || self.cursor.rest.starts_with(['\n', '\r', '#', ';']) {
            found.docstrings.push(Docstring { name, line, text });
        }
        Ok(())
    }

    fn skip_line(&mut self) -> Result<(), usize> {
        self.skip_until(&['\n', ';']).map(drop)
    }

    /// Reads on to one of these characters outside of brackets and texts, and behind it.
    fn skip_until(&mut self, ends: &[char]) -> Result<Option<char>, usize> {
        let (start, mut depth) = (self.line(), 0usize);
        loop {
            let before = self.cursor.rest.len();
            let word = self.word();
            if self.cursor.rest.starts_with(['"', '\'']) {
                let is_prefix = word.len() <= 2 && word.bytes().all(|b| b"rRbBuUfFtT".contains(&b));
                self.skip_text(is_prefix && word.contains(['f', 'F', 't', 'T']))?;
                continue;
            }
            match self.cursor.next() {
                None if depth > 0 => return Err(start),
                None => return Ok(None),
                Some('\\') => drop(self.cursor.next()),
                Some('#') => self.cursor.rest = self.cursor.rest.find('\n').map_or("", |end| &self.cursor.rest[end..]),
                Some(end) if depth == 0 && ends.contains(&end) => return Ok(Some(end)),
                Some('(' | '[' | '{') => depth += 1,
                Some(')' | ']' | '}') => depth = depth.saturating_sub(1),
                Some(_) => {}
            }
            debug_assert!(self.cursor.rest.len() < before, "it goes on");
        }
    }

    /// Reads over a text; in one with places to fill in, over what is written there.
    fn skip_text(&mut self, formatted: bool) -> Result<(), usize> {
        let start = self.line();
        let Some(quote) = self.cursor.next() else { return Err(start) };
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let end = match self.cursor.rest.strip_prefix(&triple[quote.len_utf8()..]) {
            Some(rest) => {
                self.cursor.rest = rest;
                triple
            }
            None => quote.to_string(),
        };
        loop {
            if let Some(rest) = self.cursor.rest.strip_prefix(&end) {
                self.cursor.rest = rest;
                return Ok(());
            }
            match self.cursor.next() {
                None => return Err(start),
                Some('\n') if end.len() == 1 => return Err(start),
                Some('\\') => drop(self.cursor.next()),
                Some('{') if formatted && !self.cursor.eat('{') => drop(self.skip_until(&['}'])?),
                Some(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = r#"#!/usr/bin/python3
"""Of the module.

>>> 1
1
"""
import os; x = "def no(): 'no'"

def plain(a, b={"k": ":"}):
    'of plain'
    def inner():
        "not this"
    return f"{a["def f(): 'no'"]}{{" + 'it''s'

@wraps
async def later(a: str = ":",
                b=lambda: 1) -> "dict[str, int]":
    # a comment first

    r"""of \later"""

class Pile(object):
	"""of Pile"""
	def push(self): "of push"
	def pop(self):
		return """
def no():
    'not this'
"""

def none(): return 'x'
def sum_(): 'a' + 'b'
if x:
    def nested():
        u'of nested'
def last():
    'of last'"#;

    #[test]
    fn finds_what_python_finds() {
        let found = docstrings(FILE).expect("it is read");
        let names: Vec<_> = found
            .docstrings
            .iter()
            .map(|one| (one.name.as_str(), one.line, one.text.lines().next().unwrap_or("")))
            .collect();
        assert_eq!(
            names,
            [
                ("", 2, "Of the module."),
                ("plain", 10, "of plain"),
                ("later", 20, "of \\later"),
                ("Pile", 23, "of Pile"),
                ("Pile.push", 24, "of push"),
                ("nested", 35, "of nested"),
                ("last", 37, "of last"),
            ]
        );
        assert_eq!(found.names, ["plain", "later", "Pile", "Pile.push", "Pile.pop", "none", "sum_", "nested", "last"]);
    }

    #[test]
    fn what_is_never_closed_is_told() {
        for (text, line) in [("x = (1,\n2", 1), ("\n\ndef f():\n    '''x", 4), ("y = 'a\n'", 1)] {
            assert_eq!(docstrings(text), Err(line), "{text}");
        }
        assert_eq!(docstrings(""), Ok(Found::default()));
        assert_eq!(docstrings("x = 1\n'not this'"), Ok(Found::default()));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s)[\\[\\](){}'\"\\\\rfdef:class#; \n\t]{0,80}", other in "(?s).{0,80}") {
            let _ = (docstrings(&text), docstrings(&other));
        }

        #[test]
        fn every_docstring_is_found(texts in proptest::collection::vec("[a-z >:#\n]{0,20}", 0..5)) {
            let file: String = texts.iter().enumerate().map(|(at, text)| format!("def f{at}(x=')'):\n    '''{text}'''\n    return (\n1)\n")).collect();
            let found = docstrings(&file).expect("it is read");
            let found: Vec<_> = found.docstrings.into_iter().map(|one| one.text).collect();
            prop_assert_eq!(found, texts);
        }
    }
}
