//! What a document has of everything, counted over its bytes before anybody parses it.
//!
//! The parser calls itself for every bracket, so thousands of them would end the process; and a byte may stand for hundreds in what it
//! makes. So brackets, tokens and the rest are counted by a loop without a stack. It knows strings and comments. What the parser
//! refuses may be counted wrongly behind that place, since the parser does not get there; what it takes is counted exactly, which a
//! test compares.

use async_graphql::Pos;

use super::Fault;

/// What a document has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub tokens: usize,
    /// Brackets of any kind within each other.
    pub nesting: usize,
    pub operations: usize,
    pub fragments: usize,
    pub aliases: usize,
    pub directives: usize,
    /// Variables, where they are defined and where they are used.
    pub variables: usize,
    /// Bytes of the longest name or number.
    pub longest_word: usize,
    /// Bytes of the longest string between its quotes.
    pub longest_string: usize,
}

/// Counts over a document.
///
/// # Errors
/// When a string does not end: what is in it and what is not cannot be told then.
pub fn scan(document: &str) -> Result<Counts, Fault> {
    let mut scanner = Scanner { bytes: document.as_bytes(), ..Scanner::default() };
    while let Some(byte) = scanner.peek(0) {
        scanner.token(byte)?;
    }
    Ok(scanner.counts)
}

#[derive(Default)]
struct Scanner<'d> {
    bytes: &'d [u8],
    at: usize,
    counts: Counts,
    /// Brackets that are open.
    open: usize,
    /// Round ones among them: within those a colon is no alias.
    round: usize,
    /// Whether something of a definition was read.
    begun: bool,
    /// Whether that definition is a fragment.
    fragment: bool,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn looking_at(&self, text: &[u8]) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(text))
    }

    /// Steps over what begins with this byte.
    fn token(&mut self, byte: u8) -> Result<(), Fault> {
        match byte {
            b' ' | b'\t' | b',' | b'\n' | b'\r' => {
                self.at += 1;
                return Ok(());
            }
            // A mark of byte order is a blank.
            _ if self.looking_at(b"\xef\xbb\xbf") => {
                self.at += 3;
                return Ok(());
            }
            b'#' => {
                while self.peek(0).is_some_and(|byte| !matches!(byte, b'\n' | b'\r')) {
                    self.at += 1;
                }
                // The parser makes something of each.
                self.counts.tokens += 1;
                return Ok(());
            }
            b'"' => self.string()?,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.name(),
            b'-' | b'0'..=b'9' => self.number(),
            b'.' if self.looking_at(b"...") => self.at += 3,
            _ => self.sign(byte),
        }
        self.counts.tokens += 1;
        self.begun |= self.open == 0 && byte != b'}';
        Ok(())
    }

    fn sign(&mut self, byte: u8) {
        self.at += 1;
        match byte {
            b'{' | b'[' | b'(' => self.bracket(byte),
            b'}' | b']' | b')' => {
                self.open = self.open.saturating_sub(1);
                self.round = self.round.saturating_sub(usize::from(byte == b')'));
                if self.open == 0 && byte == b'}' {
                    (self.begun, self.fragment) = (false, false);
                }
            }
            b'$' => self.counts.variables += 1,
            b'@' => self.counts.directives += 1,
            b':' if self.open > 0 && self.round == 0 => self.counts.aliases += 1,
            _ => {}
        }
    }

    fn bracket(&mut self, byte: u8) {
        if byte == b'{' && self.open == 0 {
            let counted = if self.fragment { &mut self.counts.fragments } else { &mut self.counts.operations };
            *counted += 1;
        }
        self.round += usize::from(byte == b'(');
        self.open += 1;
        self.counts.nesting = self.counts.nesting.max(self.open);
    }

    fn name(&mut self) {
        let from = self.at;
        while self.peek(0).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.at += 1;
        }
        self.word(from);
        if self.open == 0 && !self.begun {
            self.fragment = self.bytes.get(from..self.at) == Some(b"fragment");
        }
    }

    /// A number ends where the grammar says: `00` are two.
    fn number(&mut self) {
        let from = self.at;
        self.at += usize::from(self.peek(0) == Some(b'-'));
        if self.peek(0) == Some(b'0') {
            self.at += 1;
        } else {
            self.digits();
        }
        if self.peek(0) == Some(b'.') && self.peek(1).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
            self.digits();
        }
        let signed = usize::from(matches!(self.peek(1), Some(b'+' | b'-')));
        if matches!(self.peek(0), Some(b'e' | b'E')) && self.peek(1 + signed).is_some_and(|byte| byte.is_ascii_digit())
        {
            self.at += 1 + signed;
            self.digits();
        }
        self.word(from);
    }

    fn digits(&mut self) {
        while self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn word(&mut self, from: usize) {
        self.counts.longest_word = self.counts.longest_word.max(self.at - from);
    }

    fn string(&mut self) -> Result<(), Fault> {
        let (quotes, block): (&[u8], bool) =
            if self.looking_at(b"\"\"\"") { (b"\"\"\"", true) } else { (b"\"", false) };
        let begin = self.at;
        self.at += quotes.len();
        let from = self.at;
        while !self.looking_at(quotes) {
            match self.peek(0) {
                Some(b'\\') if block => self.at += if self.looking_at(b"\\\"\"\"") { 4 } else { 1 },
                Some(b'\\') => self.at += 2,
                // An unended string is not only a mistake: the parser would try what is in it as something else.
                None => return Err(self.unended(begin)),
                Some(b'\n' | b'\r') if !block => return Err(self.unended(begin)),
                Some(_) => self.at += 1,
            }
        }
        self.counts.longest_string = self.counts.longest_string.max(self.at - from);
        self.at += quotes.len();
        Ok(())
    }

    fn unended(&self, begin: usize) -> Fault {
        let before = self.bytes.get(..begin).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Fault::invalid("The string that begins there does not end.", [Pos { line, column }])
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
    use proptest::prelude::{any, prop};
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::super::author::Author;
    use super::{Counts, scan};

    /// What the parser made of a document, as far as that can be counted in it.
    fn found(document: &ExecutableDocument) -> (usize, usize, usize) {
        let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
        let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
        let aliases = operations.chain(fragments).map(aliases).sum();
        (document.operations.iter().count(), document.fragments.len(), aliases)
    }

    fn aliases(set: &SelectionSet) -> usize {
        set.items
            .iter()
            .map(|item| match &item.node {
                Selection::Field(field) => {
                    usize::from(field.node.alias.is_some()) + aliases(&field.node.selection_set.node)
                }
                Selection::InlineFragment(inline) => aliases(&inline.node.selection_set.node),
                Selection::FragmentSpread(_) => 0,
            })
            .sum()
    }

    proptest! {
        #[test]
        fn what_was_written_is_counted(chance in prop::collection::vec(any::<u8>(), 0..400)) {
            let (text, counts) = Author::write(chance);
            prop_assert_eq!(scan(&text), Ok(counts), "{}", text);
            let parsed = parse_query(&text);
            prop_assert!(parsed.is_ok() || counts.operations == 0, "{:?}: {}", parsed, text);
        }

        #[test]
        fn what_the_parser_takes_is_counted_as_it_does(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40),
        ) {
            let text = pieces.concat();
            let scanned = scan(&text);
            if let Ok(document) = parse_query(&text) {
                let counts = scanned.expect("what can be parsed can be scanned");
                prop_assert_eq!(found(&document), (counts.operations, counts.fragments, counts.aliases), "{}", text);
            }
        }
    }

    const PIECES: &[&str] = &[
        "{",
        "{",
        "{a",
        "}",
        "}",
        "a",
        "a:a ",
        " b ",
        "(a:",
        ")",
        "[",
        "]",
        "\"",
        "\"\"\"",
        "\\",
        "\\\"\"\"",
        "\"x\"",
        "#",
        "\n",
        "\r",
        ",",
        ":",
        "$",
        "$v",
        "@a ",
        "...",
        "... on B",
        "query ",
        "fragment A on B",
        "fragment ",
        "00",
        "-",
        "1.",
        ".5",
        "e3",
        "!",
        "=",
        "&",
        "|",
        "\u{feff}",
        "ü",
        "\0",
    ];

    #[test]
    fn what_nests_is_not_hidden() {
        let deep = "[".repeat(10_000);
        for (document, nesting) in [
            (format!("{{ a(b: {deep}"), 10_002),
            (format!("query($v: {deep}Int"), 10_001),
            (format!("# {deep}\n{{ a }}"), 1),
            (format!("{{ a(b: \"\\\"{deep}\") }}"), 2),
            (format!("{{ a(b: \"\"\"\\\"\"\" {deep}\"\"\") }}"), 2),
            (format!("{{ a(b: \"\"{deep}"), 10_002),
        ] {
            assert_eq!(scan(&document).map(|counts| counts.nesting), Ok(nesting), "{document:.40}");
        }
        // Which of these quotes begin strings depends on how the parser goes on after a mistake.
        for unended in [format!("{{ a(b: [\"\"\" \" {deep}"), format!("{{ a(b: [\"\n{deep}"), "\"\\\"".to_owned()] {
            assert!(scan(&unended).is_err(), "{unended:.40}");
        }
    }

    #[test]
    fn each_thing_is_counted() {
        let document =
            "query A($v: [Int!] = [1]) @a { a: b(c: {d: $v}) @e(f: \"g\") ...F }\nfragment F on G { h: i j }{ k }";
        let counts = Counts {
            tokens: 54,
            nesting: 3,
            operations: 2,
            fragments: 1,
            aliases: 2,
            directives: 2,
            variables: 2,
            longest_word: 8,
            longest_string: 1,
        };
        assert_eq!(scan(document), Ok(counts));
    }
}
