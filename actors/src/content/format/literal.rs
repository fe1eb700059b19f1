//! Python literals, as far as the check sections hold them: one string, or a list of strings.
//!
//! They are read here and not by Python, because they decide what a learner's result is compared with, and nothing of that may
//! pass through a process that runs code. Bytes, f-strings, `\N{…}` and joined strings are refused.

use std::collections::HashSet;

/// A list of quoted names.
pub(super) fn names(text: &str) -> Result<Vec<String>, String> {
    let mut cursor = Cursor { rest: text };
    cursor.skip_blanks();
    cursor.expect('[')?;
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    loop {
        cursor.skip_blanks();
        if cursor.eat(']') {
            break;
        }
        let name = cursor.string()?;
        if !is_name(&name) {
            return Err(format!("`{name}` is not a name"));
        }
        if !seen.insert(name.clone()) {
            return Err(format!("`{name}` is there twice"));
        }
        names.push(name);
        cursor.skip_blanks();
        if !cursor.eat(',') && !cursor.rest.starts_with(']') {
            return Err("a comma or `]` is missing".to_owned());
        }
    }
    cursor.end()?;
    if names.is_empty() { Err("the list is empty".to_owned()) } else { Ok(names) }
}

/// One string.
pub(super) fn string(text: &str) -> Result<String, String> {
    let mut cursor = Cursor { rest: text };
    cursor.skip_blanks();
    let found = cursor.string()?;
    cursor.end()?;
    Ok(found)
}

/// Whether a text can name a variable or a function in Python.
pub(super) fn is_name(text: &str) -> bool {
    text.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// A place in a text.
pub(super) struct Cursor<'a> {
    pub(super) rest: &'a str,
}

impl Cursor<'_> {
    pub(super) fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let found = chars.next()?;
        self.rest = chars.as_str();
        Some(found)
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.eat(wanted) { Ok(()) } else { Err(format!("`{wanted}` is missing at the start")) }
    }

    /// Blanks, line ends and comments.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return;
            }
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }

    pub(super) fn end(&mut self) -> Result<(), String> {
        self.skip_blanks();
        match self.rest.lines().next() {
            None => Ok(()),
            Some(more) => Err(format!("`{more}` follows the end")),
        }
    }

    pub(super) fn string(&mut self) -> Result<String, String> {
        let prefix_end = self.rest.find(['"', '\'']).unwrap_or(self.rest.len());
        let raw = match self.rest.get(..prefix_end) {
            Some("" | "u" | "U") => false,
            Some("r" | "R") => true,
            _ => return Err("a quoted text is missing".to_owned()),
        };
        self.rest = self.rest.get(prefix_end..).unwrap_or_default();
        let Some(quote) = self.next() else { return Err("a quoted text is missing".to_owned()) };
        let triple = format!("{quote}{quote}{quote}");
        let end = match self.rest.strip_prefix(&triple[1..]) {
            Some(rest) => {
                self.rest = rest;
                triple
            }
            None => quote.to_string(),
        };
        self.body(&end, raw)
    }

    fn body(&mut self, end: &str, raw: bool) -> Result<String, String> {
        let mut text = String::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix(end) {
                self.rest = rest;
                return Ok(text);
            }
            match self.next() {
                None => return Err(format!("the closing {end} is missing")),
                Some('\n') if end.len() == 1 => return Err(format!("the closing {end} is missing on its line")),
                Some('\\') if raw => {
                    text.push('\\');
                    text.extend(self.next());
                }
                Some('\\') => self.escape(&mut text)?,
                Some(plain) => text.push(plain),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), String> {
        let Some(kind) = self.next() else { return Err("a backslash ends the text".to_owned()) };
        let plain = match kind {
            '\n' => return Ok(()),
            '\\' | '\'' | '"' => kind,
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'v' => '\x0b',
            'x' => self.code(2)?,
            'u' => self.code(4)?,
            'U' => self.code(8)?,
            'N' => return Err("`\\N{…}` is not read here: write the character itself".to_owned()),
            '0'..='7' => self.octal(kind),
            // Python keeps the backslash of an escape that it does not know.
            other => {
                text.push('\\');
                other
            }
        };
        text.push(plain);
        Ok(())
    }

    fn code(&mut self, digits: usize) -> Result<char, String> {
        let hex = self.rest.get(..digits).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let found = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        self.rest = self.rest.get(digits..).unwrap_or_default();
        found.ok_or_else(|| format!("an escape needs {digits} hexadecimal digits that name a character"))
    }

    fn octal(&mut self, first: char) -> char {
        let mut code = first.to_digit(8).unwrap_or_default();
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else { break };
            code = code * 8 + digit;
            self.next();
        }
        char::from_u32(code).unwrap_or('\0')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_strings_as_python_does() {
        for (literal, text) in [
            (r#""a\n""#, "a\n"),
            (r"'it\'s'", "it's"),
            ("\"\"\"two\nlines\n\"\"\"", "two\nlines\n"),
            ("'''a'b''' # why", "a'b"),
            (r"r'\n'", r"\n"),
            (r"'\x41\u00e9\U0001F600\101\q'", "AéA\\q".replace("éA", "é😀A").as_str()),
            ("'a\\\nb'", "ab"),
            ("''", ""),
        ] {
            assert_eq!(string(literal).as_deref(), Ok(text), "{literal}");
        }
        for literal in ["", "a", "7\n", "b'x'", "f'x'", "'a' 'b'", "'a", "'a\nb'", r"'\N{DOT}'", r"'\xg1'", "'a' + 'b'"]
        {
            assert!(string(literal).is_err(), "{literal}");
        }
    }

    #[test]
    fn reads_lists_of_names() {
        assert_eq!(names("[\"a\", 'b_2',\n # more\n 'größe',]"), Ok(vec!["a".into(), "b_2".into(), "größe".into()]));
        for literal in ["a, b", "[a]", "[]", "['a' 'b']", "['a b']", "['2']", "['a', 'a']", "['a'] x", "('a',)", "['a'"]
        {
            assert!(names(literal).is_err(), "{literal}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s)[\\[\\]'\"\\\\xuUNé0-9a,# \n]{0,40}", other in "(?s).{0,60}") {
            let _ = (string(&text), names(&text), string(&other), names(&other));
        }
    }
}
