//! Reading Rust just well enough: what is code and what is a comment or a literal, which lines are tests, which paths are named.

use std::collections::BTreeSet;

/// A Rust file with blanks in place of comments and literals; every line and column stays where it was.
#[derive(Default)]
pub struct Blanked {
    pub text: String,
    tests: BTreeSet<usize>,
}

impl Blanked {
    /// Whether the line, counted from 1, is compiled for tests only.
    pub fn is_test(&self, line: usize) -> bool {
        self.tests.contains(&line)
    }
}

pub fn blank(text: &str) -> Blanked {
    let text = without_literals(text);
    let tests = test_lines(&text);
    Blanked { text, tests }
}

fn without_literals(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    out
}

/// Where the comment or literal that begins here ends; here, if none begins.
fn literal_end(chars: &[char], at: usize) -> usize {
    let next = |offset: usize| chars.get(at + offset).copied();
    let in_word = at > 0 && is_word(chars[at - 1]);
    match chars[at] {
        '/' if next(1) == Some('/') => find(chars, at, |c| c == '\n'),
        '/' if next(1) == Some('*') => block_comment_end(chars, at),
        '"' => string_end(chars, at + 1),
        'r' | 'b' | 'c' if !in_word => {
            let quote = find(chars, at, |c| c != 'r' && c != 'b' && c != 'c' && c != '#');
            let hashes = chars[at..quote].iter().filter(|c| **c == '#').count();
            let raw = chars[at..quote].contains(&'r');
            match chars.get(quote) {
                Some('"') if raw => raw_string_end(chars, quote + 1, hashes),
                Some('"') if hashes == 0 && quote - at <= 2 => string_end(chars, quote + 1),
                Some('\'') if quote == at + 1 && chars[at] == 'b' => char_end(chars, quote),
                _ => at,
            }
        }
        '\'' if !in_word => char_end(chars, at),
        _ => at,
    }
}

fn find(chars: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    let rest = chars.get(from..).unwrap_or_default();
    rest.iter().position(|c| wanted(*c)).map_or(chars.len(), |offset| from + offset)
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut here) = (0, at);
    while here + 1 < chars.len() {
        match (chars[here], chars[here + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                here += 1;
                continue;
            }
        }
        here += 2;
        if depth == 0 {
            return here;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], mut here: usize) -> usize {
    while here < chars.len() {
        match chars[here] {
            '\\' => here += 2,
            '"' => return here + 1,
            _ => here += 1,
        }
    }
    chars.len()
}

fn raw_string_end(chars: &[char], mut here: usize, hashes: usize) -> usize {
    while here < chars.len() {
        let closes =
            chars[here] == '"' && chars[here + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
        if closes {
            return here + 1 + hashes;
        }
        here += 1;
    }
    chars.len()
}

/// The end of a character literal; here, if the quote begins a lifetime.
fn char_end(chars: &[char], quote: usize) -> usize {
    match (chars.get(quote + 1), chars.get(quote + 2)) {
        (Some('\\'), _) => (find(chars, quote + 3, |c| c == '\'') + 1).min(chars.len()),
        (Some(_), Some('\'')) => quote + 3,
        _ => quote,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where a word stands by itself, as offsets.
pub fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let alone = move |at: &usize| {
        let before = text[..*at].chars().next_back().is_some_and(is_word);
        let after = text[at + word.len()..].chars().next().is_some_and(is_word);
        !before && !after
    };
    text.match_indices(word).map(|(at, _)| at).filter(alone)
}

/// The line of an offset, counted from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// The offset behind the brace that closes the first one from here on; none if a semicolon comes first.
pub fn block_end(text: &str, from: usize) -> Option<usize> {
    let mut depth = 0;
    let mut brackets = 0;
    for (offset, c) in text[from..].char_indices() {
        match c {
            ';' if depth == 0 && brackets == 0 => return None,
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(from + offset + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn test_lines(text: &str) -> BTreeSet<usize> {
    let marks = ["#[cfg(test)]", "#[test]", "#[tokio::test]"];
    let starts = marks.iter().flat_map(|mark| text.match_indices(mark).map(|(at, mark)| (at, at + mark.len())));
    let lines = starts.flat_map(|(at, behind)| {
        let end = block_end(text, behind).unwrap_or(behind);
        line_of(text, at)..=line_of(text, end)
    });
    lines.collect()
}

/// A path that a file names, with its line: `crate::a::b` as `["a", "b"]`.
pub type Named = (usize, Vec<String>);

/// The paths below `root` (`crate`, or the name of a crate) that the file names, with trees of `use` taken apart.
pub fn paths(code: &str, root: &str) -> Vec<Named> {
    let mut found = Vec::new();
    for at in words(code, root) {
        let behind = at + root.len();
        if code[behind..].starts_with("::") {
            let mut tails = Vec::new();
            tree(&code[behind + 2..], &mut Vec::new(), &mut tails);
            found.extend(tails.into_iter().map(|tail| (line_of(code, at), tail)));
        }
    }
    found
}

/// Reads `a::b`, `a::{b, c::d}` or `*`; how many bytes that took.
fn tree(text: &str, prefix: &mut Vec<String>, out: &mut Vec<Vec<String>>) -> usize {
    let depth = prefix.len();
    let mut at = skip_blanks(text, 0);
    loop {
        let word = text[at..].find(|c| !is_word(c)).unwrap_or(text.len() - at);
        if word > 0 {
            prefix.push(text[at..at + word].to_owned());
            at += word;
            if text[at..].starts_with("::") {
                at = skip_blanks(text, at + 2);
                continue;
            }
            out.push(prefix.clone());
        } else if text[at..].starts_with('{') {
            at += 1;
            while !text[at..].starts_with('}') && at < text.len() {
                at += tree(&text[at..], prefix, out);
                // Over an alias, to the next branch.
                at += text[at..].find([',', '}']).unwrap_or(text.len() - at);
                at = skip_blanks(text, at + usize::from(text[at..].starts_with(',')));
            }
            at = (at + 1).min(text.len());
        } else {
            out.push(prefix.clone());
            at += usize::from(text[at..].starts_with('*'));
        }
        prefix.truncate(depth);
        return at;
    }
}

fn skip_blanks(text: &str, at: usize) -> usize {
    at + text[at..].find(|c: char| !c.is_whitespace()).unwrap_or(text.len() - at)
}

#[test]
fn literals_and_comments_are_not_code() {
    let text =
        "let a = \"x // \\\" y\"; // z\nlet b = r#\"\"q\"#; let c = '\"'; fn f<'l>(v: &'l str) {} /* d */ b\"e\"";
    assert_eq!(
        blank(text).text.split_whitespace().collect::<Vec<_>>().join(" "),
        "let a = ; let b = ; let c = ; fn f<'l>(v: &'l str) {}"
    );
}

#[test]
fn trees_are_taken_apart() {
    let named: Vec<String> = paths("use crate::{a, b::{self, c as d}};\nx(crate::e::f());", "crate")
        .into_iter()
        .map(|(line, path)| format!("{line} {}", path.join("::")))
        .collect();
    assert_eq!(named, ["1 a", "1 b::self", "1 b::c", "2 e::f"]);
}
