//! The comment that opens a screen: `<!-- key="first-steps" type="code" concepts="lists" -->`.
//!
//! ```text
//! marker = "<!--" blanks attr (blanks attr)* blanks "-->"
//! attr   = name "=" ( '"' [^"]* '"' | "'" [^']* "'" | [^ "'=]+ )
//! ```
//!
//! Only the grammar; which attributes there are and what they may hold is in `header.rs`.

use std::fmt;

/// The attributes of a marker in the order in which they are written, doubled ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub attributes: Vec<(String, String)>,
}

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Marker(Marker),
    /// Meant as a marker, and this is wrong with it.
    Broken(String),
    /// Text, or a comment without any `=`.
    Other,
}

/// No honest marker is as long as this; what follows may compare every attribute with every other.
pub(super) const LONGEST: usize = 4096;

/// Reads one whole line.
pub(super) fn read(line: &str) -> Reading {
    let line = line.trim();
    let Some(rest) = line.strip_prefix("<!--") else { return Reading::Other };
    let comment = rest.split_once("-->").map_or(rest, |(inside, _)| inside);
    if !comment.contains('=') {
        return Reading::Other;
    }
    if line.len() > LONGEST {
        return Reading::Broken(format!("the marker is longer than {LONGEST} bytes"));
    }
    let mut cursor = Cursor { rest };
    match cursor.marker() {
        Ok(marker) => Reading::Marker(marker),
        Err(fault) => Reading::Broken(fault),
    }
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn marker(&mut self) -> Result<Marker, String> {
        let mut attributes = Vec::new();
        loop {
            let blanks = self.take(char::is_whitespace);
            if let Some(after) = self.rest.strip_prefix("-->") {
                if blanks.is_empty() {
                    return Err("a blank is missing before `-->`".to_owned());
                }
                if !after.is_empty() {
                    return Err(format!("`{after}` follows the end of the marker"));
                }
                return Ok(Marker { attributes });
            }
            if self.rest.is_empty() {
                return Err("the marker has no `-->` at its end".to_owned());
            }
            if blanks.is_empty() {
                return Err(format!("a blank is missing before `{}`", self.word()));
            }
            attributes.push(self.attribute()?);
        }
    }

    fn attribute(&mut self) -> Result<(String, String), String> {
        let word = self.word();
        let name = self.take(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        let Some(rest) = self.rest.strip_prefix('=').filter(|_| !name.is_empty()) else {
            return Err(format!("`{word}` is not of the form name=\"value\""));
        };
        self.rest = rest;
        Ok((name.to_owned(), self.value(name)?.to_owned()))
    }

    fn value(&mut self, name: &str) -> Result<&'a str, String> {
        for quote in ['"', '\''] {
            if let Some(rest) = self.rest.strip_prefix(quote) {
                let Some((value, after)) = rest.split_once(quote) else {
                    return Err(format!("the value of `{name}` has no closing {quote}"));
                };
                self.rest = after;
                return Ok(value);
            }
        }
        match self.take(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | '=')) {
            "" => Err(format!("`{name}` has no value")),
            value => Ok(value),
        }
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// The word at the cursor, for messages.
    fn word(&self) -> &'a str {
        self.rest.split_whitespace().next().unwrap_or_default()
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<!-- ")?;
        for (name, value) in &self.attributes {
            let quote = if value.contains('"') { '\'' } else { '"' };
            write!(f, "{name}={quote}{value}{quote} ")?;
        }
        f.write_str("-->")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(line: &str) -> Vec<(String, String)> {
        match read(line) {
            Reading::Marker(marker) => marker.attributes,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn takes_three_kinds_of_quoting() {
        let found = pairs("<!-- key=\"a b\" type='x=\"y\"'   concepts=one,two -->  ");
        let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, [("key", "a b"), ("type", "x=\"y\""), ("concepts", "one,two")]);
        assert_eq!(pairs("<!-- a=\"-->\" -->")[0].1, "-->");
    }

    #[test]
    fn says_what_is_wrong() {
        for (line, word) in [
            ("<!-- key=a b -->", "`b`"),
            ("<!-- key=\"a\"", "-->"),
            ("<!-- key=\"a\"-->", "blank"),
            ("<!--key=\"a\" -->", "blank"),
            ("<!-- key=\"a\"type=\"b\" -->", "blank"),
            ("<!-- key=\"a -->", "closing"),
            ("<!-- key= -->", "no value"),
            ("<!-- key=a=b -->", "blank"),
            ("<!-- key=\"a\" --> more", "follows"),
            ("<!-- =\"a\" -->", "form"),
        ] {
            match read(line) {
                Reading::Broken(fault) => assert!(fault.contains(word), "{line}: {fault}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_comment_without_an_equals_sign_is_a_comment() {
        for line in ["<!-- note to self -->", "<!-- open", "text", "", "# <!-- a=1 -->", "<!-- note --> a = b"] {
            assert_eq!(read(line), Reading::Other, "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(
            attributes in prop::collection::vec(("[a-zA-Z_][a-zA-Z0-9_-]{0,8}", "[^\"\r\n]{0,12}|[^'\r\n]{0,12}"), 1..5)
        ) {
            let marker = Marker { attributes };
            prop_assert_eq!(read(&marker.to_string()), Reading::Marker(marker));
        }

        #[test]
        fn no_line_makes_it_panic(line in "<!--[ a-z='\"<>é-]{0,40}", other in ".{0,60}") {
            read(&line);
            read(&other);
        }
    }
}
