//! Whether a dialogue with Python went as its examples say.
//!
//! The process in which it went has the code that was typed and nothing else: what should come is compared with what came out here.

use serde::Deserialize;

use super::example::{Example, Leeway};
use super::excerpt::excerpt;
use super::report::{DETAIL, cut};

/// What came of one example.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Came {
    /// What was printed, and the value as Python shows it.
    pub out: String,
    /// The exception in which it ended.
    pub raised: Option<Ended>,
}

/// An exception.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// The name of its type alone.
    pub short: String,
    /// The same with the module, as a traceback has it.
    pub kind: String,
    pub message: String,
}

/// By whose rules examples are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Those of the `ok` client: line by line; an exception may be given by its name alone.
    Client,
    /// Those of Python's module `doctest`.
    Doctest,
}

/// The first example that did not go as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// In a line.
    pub message: String,
    /// Whole: what was typed, what should come, what came.
    pub detail: String,
}

const HEADERS: [&str; 2] = ["Traceback (most recent call last):", "Traceback (innermost last):"];

/// Looks for the first example that did not go as it should. `came` has what came of each, in order; where it ends, nothing came.
#[must_use]
pub fn check(rules: Rules, examples: &[Example], came: &[Came]) -> Option<Mismatch> {
    let mut came = came.iter();
    for example in examples {
        if example.options.contains(&Leeway::Skip) {
            continue;
        }
        match came.next() {
            None => return Some(mismatch(example, "nothing: it was not run")),
            Some(one) if is_as_wanted(rules, example, one) => {}
            Some(one) => return Some(mismatch(example, &shown(one))),
        }
    }
    None
}

fn mismatch(example: &Example, came: &str) -> Mismatch {
    let first = |text: &str| excerpt(text.trim_end().lines().next_back().unwrap_or("nothing"));
    let message =
        format!("`{}` should give `{}`, but it gave `{}`", excerpt(&example.source), first(&example.want), first(came));
    let indented = |text: &str| match text.trim_end() {
        "" => "    (nothing)\n".to_owned(),
        text => text.lines().map(|line| format!("    {line}\n")).collect(),
    };
    let typed: String = example
        .source
        .lines()
        .enumerate()
        .map(|(at, line)| format!("{}{line}\n", if at == 0 { ">>> " } else { "... " }))
        .collect();
    let detail = format!("{typed}Expected:\n{}Came:\n{}", indented(&example.want), indented(came));
    Mismatch { message, detail: cut(&detail, DETAIL) }
}

/// What came, as a terminal would show it.
fn shown(came: &Came) -> String {
    match &came.raised {
        None => came.out.clone(),
        Some(ended) => format!("{}{}\n  ...\n{}", came.out, HEADERS[0], last_line(ended)),
    }
}

fn last_line(ended: &Ended) -> String {
    if ended.message.is_empty() { ended.kind.clone() } else { format!("{}: {}", ended.kind, ended.message) }
}

fn is_as_wanted(rules: Rules, example: &Example, came: &Came) -> bool {
    match (&came.raised, raised_of(&example.want)) {
        (None, None) => same(rules, example, &example.want, &came.out),
        (None, Some(_)) => same(rules, example, &example.want, &came.out),
        (Some(ended), Some(wanted)) => {
            let short = format!("{}: {}", ended.short, ended.message);
            let ignore = example.options.contains(&Leeway::IgnoreExceptionDetail);
            same(rules, example, &wanted, &last_line(ended))
                || (rules == Rules::Client && same(rules, example, &wanted, &short))
                || (ignore && type_of(&wanted) == ended.short)
        }
        (Some(ended), None) => rules == Rules::Client && example.want.trim() == ended.short,
    }
}

/// The last lines of a traceback that is wanted.
fn raised_of(want: &str) -> Option<String> {
    let mut lines = want.lines();
    if !HEADERS.contains(&lines.next()?.trim_end()) {
        return None;
    }
    let message: Vec<&str> =
        lines.skip_while(|line| !line.starts_with(|c: char| c.is_alphanumeric() || c == '_')).collect();
    (!message.is_empty()).then(|| message.join("\n"))
}

/// The name of the type in `package.Type: message`.
fn type_of(line: &str) -> &str {
    let kind = line.split([':', '\n']).next().unwrap_or_default();
    kind.rsplit('.').next().unwrap_or_default()
}

fn same(rules: Rules, example: &Example, want: &str, got: &str) -> bool {
    let has = |leeway| example.options.contains(&leeway);
    let blanks = rules == Rules::Doctest && !has(Leeway::DontAcceptBlankline);
    let (mut want, mut got) = (lines(want, blanks), lines(got, false));
    if has(Leeway::NormalizeWhitespace) {
        (want, got) = (words(&want), words(&got));
    }
    if has(Leeway::Ellipsis) { with_gaps(&want.join("\n"), &got.join("\n")) } else { want == got }
}

/// The lines without blanks at their ends, and without empty ones at the end.
fn lines(text: &str, marked: bool) -> Vec<String> {
    let line = |line: &str| if marked && line.trim() == "<BLANKLINE>" { "" } else { line.trim_end() }.to_owned();
    let mut lines: Vec<String> = text.lines().map(line).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn words(lines: &[String]) -> Vec<String> {
    vec![lines.join("\n").split_whitespace().collect::<Vec<_>>().join(" ")]
}

/// Whether a text is as wanted but for the gaps.
fn with_gaps(want: &str, got: &str) -> bool {
    let mut pieces = want.split("...");
    let Some(mut rest) = got.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn example(want: &str, options: &[Leeway]) -> Example {
        Example { source: "f()".to_owned(), want: want.to_owned(), options: options.to_vec() }
    }

    fn out(text: &str) -> Came {
        Came { out: text.to_owned(), raised: None }
    }

    fn raised(kind: &str, message: &str) -> Came {
        let short = kind.rsplit('.').next().unwrap_or_default().to_owned();
        Came { out: String::new(), raised: Some(Ended { short, kind: kind.to_owned(), message: message.to_owned() }) }
    }

    #[test]
    fn table() {
        use Leeway::{DontAcceptBlankline, Ellipsis, IgnoreExceptionDetail, NormalizeWhitespace};
        use Rules::{Client, Doctest};
        const TRACE: &str = "Traceback (most recent call last):\n  File \"x\", line 1\n    f()\nValueError: no\n";
        for (rules, want, options, came, passes) in [
            (Doctest, "4\n", &[][..], out("4\n"), true),
            (Doctest, "4\n", &[], out("4"), true),
            (Doctest, "4\n", &[], out(" 4"), false),
            (Doctest, "", &[], out(""), true),
            (Doctest, "", &[], out("4\n"), false),
            (Doctest, "a\n<BLANKLINE>\nb\n", &[], out("a\n\nb\n"), true),
            (Doctest, "<BLANKLINE>\n", &[DontAcceptBlankline], out("\n"), false),
            (Client, "<BLANKLINE>\n", &[], out("<BLANKLINE>\n"), true),
            (Doctest, "[0, ..., 9]\n", &[], out("[0, 1, 9]\n"), false),
            (Doctest, "[0, ..., 9]\n", &[Ellipsis], out("[0, 1, 9]\n"), true),
            (Doctest, "[0, ..., 9]\n", &[Ellipsis], out("[0, 9]\n"), false),
            (Doctest, "a...a\n", &[Ellipsis], out("a\n"), false),
            (Doctest, "[1,\n 2]\n", &[NormalizeWhitespace], out("[1,   2]\n"), true),
            (Doctest, TRACE, &[], raised("ValueError", "no"), true),
            (Doctest, TRACE, &[], raised("ValueError", "yes"), false),
            (Doctest, TRACE, &[IgnoreExceptionDetail], raised("ValueError", "yes"), true),
            (Doctest, TRACE, &[IgnoreExceptionDetail], raised("KeyError", "no"), false),
            (Doctest, TRACE, &[], out(TRACE), true),
            (Doctest, "ValueError\n", &[], raised("ValueError", "no"), false),
            (Client, "ValueError\n", &[], raised("ValueError", "no"), true),
            (Client, "Error\n", &[], raised("hw.Error", ""), true),
            (Client, "Traceback (most recent call last):\n  ...\nhw.Error: x\n", &[], raised("hw.Error", "x"), true),
            (Client, "Traceback (most recent call last):\n  ...\nError: x\n", &[], raised("hw.Error", "x"), true),
            (Doctest, "4\n", &[], raised("ValueError", "no"), false),
        ] {
            let found = check(rules, &[example(want, options)], std::slice::from_ref(&came));
            assert_eq!(found.is_none(), passes, "{rules:?} {want:?} {came:?} {found:?}");
        }
    }

    #[test]
    fn the_first_that_differs_is_shown() {
        let examples = [example("1\n", &[]), example("x\n", &[Leeway::Skip]), example("2\n", &[]), example("3\n", &[])];
        let found = check(Rules::Doctest, &examples, &[out("1\n"), out("5\n6\n")]).expect("a difference");
        assert_eq!(found.message, "`f()` should give `2`, but it gave `6`");
        assert_eq!(found.detail, ">>> f()\nExpected:\n    2\nCame:\n    5\n    6\n");
        let found = check(Rules::Doctest, &examples, &[out("1\n"), out("2\n")]).expect("a difference");
        assert!(found.message.contains("not run"), "{}", found.message);
        assert_eq!(check(Rules::Doctest, &examples, &[out("1\n"), out("2\n"), out("3\n")]), None);
    }

    proptest! {
        #[test]
        fn what_is_wanted_is_as_wanted(text in "[a-z. \n]{0,30}", rules in prop_oneof![Just(Rules::Client), Just(Rules::Doctest)], gaps in any::<bool>()) {
            let options: &[Leeway] = if gaps { &[Leeway::Ellipsis] } else { &[] };
            prop_assert_eq!(check(rules, &[example(&text, options)], &[out(&text)]), None);
        }
    }
}
