//! Dialogues with Python: lines with prompts, and below them what should come.
//!
//! Two rules are in use. In docstrings it is that of Python's own module `doctest`, in test files of the `ok` client that of the client:
//! a line that is neither empty nor begins with a prompt is output, and lines such as `# choice: 4` are for its quiz.

use crate::grading::example::{Example, Leeway};

/// What is wrong with a dialogue, on a line counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Garbled {
    pub line: usize,
    pub why: String,
}

fn garbled<T>(index: usize, why: impl Into<String>) -> Result<T, Garbled> {
    Err(Garbled { line: index + 1, why: why.into() })
}

/// The examples of a case of the `ok` client, and whether an answer among them is locked.
pub(super) fn of_ok(code: &str) -> Result<(Vec<Example>, bool), Garbled> {
    let (mut examples, mut locked): (Vec<Example>, bool) = (Vec::new(), false);
    // Whether a line of output or a second prompt would belong to the last example.
    let mut open = false;
    for (index, line) in dedented(code).iter().enumerate() {
        if let Some(source) = prompt(line, ">>>") {
            examples.push(Example { source: source.to_owned(), ..Example::default() });
            open = true;
            continue;
        }
        if line.is_empty() {
            open = false;
            continue;
        }
        let last = examples.last_mut().filter(|_| open);
        match (prompt(line, "..."), last) {
            (Some(more), Some(last)) if last.want.is_empty() => {
                last.source.push('\n');
                last.source.push_str(more);
            }
            (Some(_), _) => return garbled(index, "a line with `...` continues nothing"),
            (None, None) => {
                return garbled(
                    index,
                    format!("`{line}` is the output of nothing: a prompt `>>> ` is missing above it"),
                );
            }
            (None, Some(last)) => match note(line) {
                Note::Locked => locked = true,
                Note::Other => {}
                Note::None => last.want.extend([line, "\n"]),
            },
        }
    }
    Ok((examples, locked))
}

/// The lines of setup or teardown code, as pieces to run.
pub(super) fn pieces(code: &str) -> Result<Vec<String>, Garbled> {
    let mut pieces: Vec<String> = Vec::new();
    for (index, line) in dedented(code).iter().enumerate() {
        match (prompt(line, ">>>"), prompt(line, "..."), pieces.last_mut()) {
            _ if line.is_empty() => {}
            (Some(first), ..) => pieces.push(first.to_owned()),
            (None, Some(more), Some(last)) => last.extend(["\n", more]),
            _ => return garbled(index, format!("`{line}` does not begin with a prompt `>>> `")),
        }
    }
    Ok(pieces)
}

enum Note {
    Locked,
    /// A remark of the client's.
    Other,
    None,
}

fn note(line: &str) -> Note {
    let Some(rest) = line.strip_prefix('#').map(str::trim) else { return Note::None };
    match rest.split_once(':') {
        _ if rest == "locked" => Note::Locked,
        Some((word, _)) if word.trim() == "locked" => Note::Locked,
        Some((word, _)) if !word.trim().is_empty() => Note::Other,
        _ => Note::None,
    }
}

/// What stands behind a prompt.
fn prompt<'l>(line: &'l str, prompt: &str) -> Option<&'l str> {
    let rest = line.strip_prefix(prompt)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix(' ') }
}

/// The lines without the blanks that all of them begin with.
fn dedented(text: &str) -> Vec<String> {
    let lines: Vec<String> = text.lines().map(expanded).collect();
    let indent = lines.iter().filter(|line| !line.is_empty()).map(|line| indent(line)).min().unwrap_or(0);
    lines.into_iter().map(|line| line.get(indent..).unwrap_or_default().to_owned()).collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// A line with blanks in place of tabs, and without any at its end.
fn expanded(line: &str) -> String {
    let mut whole = String::new();
    let mut column = 0;
    for character in line.trim_end().chars() {
        let width = if character == '\t' { 8 - column % 8 } else { 1 };
        if character == '\t' {
            whole.push_str(&" ".repeat(width))
        } else {
            whole.push(character)
        }
        column += width;
    }
    whole
}

/// The examples of a docstring.
pub(super) fn of_docstring(text: &str) -> Result<Vec<Example>, Garbled> {
    let lines: Vec<String> = text.lines().map(expanded).collect();
    let mut examples = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let indent = indent(line);
        if !line[indent..].starts_with(">>>") {
            at += 1;
            continue;
        }
        let first = at;
        let mut source = vec![behind(&lines, at, indent, ">>>")?];
        at += 1;
        while lines.get(at).is_some_and(|line| line.trim_start().starts_with("...")) {
            source.push(behind(&lines, at, indent, "...")?);
            at += 1;
        }
        let mut want = String::new();
        while let Some(line) = lines.get(at).filter(|line| !line.is_empty() && !line.trim_start().starts_with(">>>")) {
            let blanks = " ".repeat(indent);
            let Some(line) = line.strip_prefix(&blanks) else {
                return garbled(at, "this output begins further to the left than its prompt");
            };
            want.extend([line, "\n"]);
            at += 1;
        }
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        if source.iter().any(is_code) {
            let options = options(&source, first)?;
            examples.push(Example { source: source.join("\n"), want, options });
        }
    }
    Ok(examples)
}

fn behind<'l>(lines: &'l [String], at: usize, indent: usize, word: &str) -> Result<&'l str, Garbled> {
    let line = &lines[at];
    let Some(rest) =
        line.get(indent..).and_then(|rest| rest.strip_prefix(word)).filter(|_| line[..indent].trim().is_empty())
    else {
        return garbled(at, format!("`{word}` is not below the prompt that it belongs to"));
    };
    match rest.strip_prefix(' ') {
        None if !rest.is_empty() => garbled(at, format!("a blank is missing after `{word}`")),
        code => Ok(code.unwrap_or_default()),
    }
}

fn options(source: &[&str], first: usize) -> Result<Vec<Leeway>, Garbled> {
    let mut found = Vec::new();
    for (index, line) in source.iter().enumerate() {
        let Some((_, comment)) = line.rsplit_once('#') else { continue };
        let Some(words) = comment.trim_start().strip_prefix("doctest:") else { continue };
        if words.contains(['\'', '"']) {
            continue;
        }
        for word in words.split([',', ' ']).filter(|word| !word.is_empty()) {
            let (on, name) = match (word.strip_prefix('+'), word.strip_prefix('-')) {
                (Some(name), _) => (true, name),
                (None, Some(name)) => (false, name),
                (None, None) => return garbled(first + index, format!("`{word}` needs a + or a - in front")),
            };
            let Some(leeway) = named(name) else {
                return garbled(first + index, format!("there is no option `{name}`"));
            };
            found.retain(|known| Some(*known) != leeway);
            found.extend(leeway.filter(|_| on));
        }
    }
    Ok(found)
}

/// The option of that name; some change nothing here.
fn named(name: &str) -> Option<Option<Leeway>> {
    Some(match name {
        "ELLIPSIS" => Some(Leeway::Ellipsis),
        "NORMALIZE_WHITESPACE" => Some(Leeway::NormalizeWhitespace),
        "IGNORE_EXCEPTION_DETAIL" => Some(Leeway::IgnoreExceptionDetail),
        "DONT_ACCEPT_BLANKLINE" => Some(Leeway::DontAcceptBlankline),
        "SKIP" => Some(Leeway::Skip),
        "DONT_ACCEPT_TRUE_FOR_1"
        | "REPORT_UDIFF"
        | "REPORT_CDIFF"
        | "REPORT_NDIFF"
        | "REPORT_ONLY_FIRST_FAILURE"
        | "FAIL_FAST" => None,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(examples: &[Example]) -> Vec<(&str, &str)> {
        examples.iter().map(|one| (one.source.as_str(), one.want.as_str())).collect()
    }

    #[test]
    fn cases_of_the_client() {
        let code = "\n  >>> from hw import *\n  >>> def f(x):\n  ...     return x\n\n  >>> f(2)\n  2\n  # explanation: it is\n  >>> print('a');\\\n  ... print('b')\n  a\n    b\n  #none\n";
        let (examples, locked) = of_ok(code).expect("it is read");
        assert_eq!(
            plain(&examples),
            [
                ("from hw import *", ""),
                ("def f(x):\n    return x", ""),
                ("f(2)", "2\n"),
                ("print('a');\\\nprint('b')", "a\n  b\n#none\n"),
            ]
        );
        assert!(!locked);
        let (examples, locked) = of_ok(">>> f(2)\n0f1\n# locked\n# choice: 4\n").expect("it is read");
        assert_eq!((plain(&examples), locked), (vec![("f(2)", "0f1\n")], true));
        for (code, line) in [("2\n", 1), (">>> 1\n\n1", 3), ("... x", 1), (">>> 1\n1\n... 2", 3)] {
            assert_eq!(of_ok(code).map_err(|found| found.line), Err(line), "{code}");
        }
        assert_eq!(pieces(">>> import a\n>>> if a:\n...   b()\n"), Ok(vec!["import a".into(), "if a:\n  b()".into()]));
        assert!(pieces("import a").is_err());
    }

    #[test]
    fn docstrings() {
        let text = "Says.\n\n    >>> f(1)\n    2\n    >>> # nothing\n    >>> for x in y:\n    ...     x\n    ...\n    1\n    <BLANKLINE>\n\n    not this\n\t>>> g()  # doctest: +ELLIPSIS, -SKIP +NORMALIZE_WHITESPACE\n\ta ... b";
        let examples = of_docstring(text).expect("it is read");
        assert_eq!(
            plain(&examples),
            [
                ("f(1)", "2\n"),
                ("for x in y:\n    x\n", "1\n<BLANKLINE>\n"),
                ("g()  # doctest: +ELLIPSIS, -SKIP +NORMALIZE_WHITESPACE", "a ... b\n"),
            ]
        );
        assert_eq!(examples[2].options, [Leeway::Ellipsis, Leeway::NormalizeWhitespace]);
        for (text, line, why) in [
            (">>>f()", 1, "a blank"),
            ("x\n  >>> f()\n 1", 3, "further to the left"),
            ("  >>> f(\n ... )", 2, "below"),
            (">>> f() # doctest: +ELIPSIS", 1, "no option"),
            (">>> f() # doctest: SKIP", 1, "in front"),
        ] {
            let found = of_docstring(text).expect_err(text);
            assert!(found.line == line && found.why.contains(why), "{text}: {found:?}");
        }
        assert_eq!(of_docstring(">>> '# doctest: +X'").map(|examples| examples.len()), Ok(1));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s)[>. #a:é\n\t]{0,60}", other in "(?s).{0,60}") {
            let _ = (of_ok(&text), of_docstring(&text), pieces(&text), of_ok(&other), of_docstring(&other));
        }

        #[test]
        fn what_is_written_is_read(examples in proptest::collection::vec(("[a-z(]{1,8}", proptest::collection::vec("[a-z0-9]{1,8}", 0..3)), 0..6)) {
            let text: String = examples.iter().map(|(source, want)| format!("  >>> {source}\n{}", want.iter().map(|line| format!("  {line}\n")).collect::<String>())).collect();
            let wanted: Vec<_> = examples.iter().map(|(source, want)| (source.clone(), want.iter().map(|line| format!("{line}\n")).collect::<String>())).collect();
            for found in [of_ok(&text).expect("it is read").0, of_docstring(&text).expect("it is read")] {
                let found: Vec<_> = found.into_iter().map(|one| (one.source, one.want)).collect();
                prop_assert_eq!(&found, &wanted);
            }
        }
    }
}
