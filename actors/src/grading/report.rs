//! Reports of test cases, and what they are worth.
//!
//! A report says which cases there were and whether each passed. It may be forged where the work shares a sandbox with the tests, so it is read
//! in the way that gives the least: a case counts as passed only if every mention of it did, skipped is not passed, and one that is missing from
//! a report has failed.

use entity::points::Points;
use serde::{Deserialize, Serialize};

use super::author::{MOST_CASES, NamedShare, Shares};

/// The most characters of a name, a message and details.
pub const NAME: usize = 200;
pub const MESSAGE: usize = 500;
pub const DETAIL: usize = 4_000;

/// One case of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// `Class.test` where there are classes.
    pub name: String,
    pub passed: bool,
    /// Why not, in a line.
    #[serde(default)]
    pub message: String,
    /// All that is said about it.
    #[serde(default)]
    pub detail: String,
}

/// How a part of a test went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    pub passed: bool,
    pub points: Points,
    pub maximum: Points,
    /// For staff alone.
    #[serde(default)]
    pub hidden: bool,
    /// Why it did not pass, in a line.
    #[serde(default)]
    pub message: String,
    /// All that there is to say about that.
    #[serde(default)]
    pub detail: String,
}

impl Case {
    /// The same, no longer than it may be.
    #[must_use]
    pub fn bounded(self) -> Self {
        Self {
            name: cut(self.name.trim(), NAME),
            passed: self.passed,
            message: cut(self.message.trim(), MESSAGE),
            detail: cut(self.detail.trim_end(), DETAIL),
        }
    }
}

/// The text with at most so many characters.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    let mut characters = text.chars();
    let mut head: String = characters.by_ref().take(most).filter(|character| *character != '\0').collect();
    if characters.next().is_some() {
        head.push('…');
    }
    head
}

/// The cases with each name once: passed only if it did whenever it is mentioned.
///
/// # Errors
/// When there are none, or too many.
pub fn merged(cases: Vec<Case>) -> Result<Vec<Case>, String> {
    if cases.is_empty() {
        return Err("it has no test case".to_owned());
    }
    if cases.len() > MOST_CASES {
        return Err(format!("it has more than {MOST_CASES} test cases"));
    }
    let mut merged: Vec<Case> = Vec::new();
    for case in cases.into_iter().map(Case::bounded) {
        match merged.iter_mut().find(|known| known.name == case.name) {
            Some(known) if known.passed => *known = case,
            Some(_) => {}
            None => merged.push(case),
        }
    }
    Ok(merged)
}

/// What these cases give of a test that is worth so much.
#[must_use]
pub fn parts(shares: &Shares, worth: Points, cases: Vec<Case>) -> Vec<Part> {
    match shares {
        Shares::Equal(count) => equal(*count, worth, cases),
        Shares::Named(shares) => shares.iter().map(|share| named(share, &cases)).collect(),
    }
}

/// What parts give together of a test that is worth so much and is shared like this.
#[must_use]
pub fn gained(shares: &Shares, worth: Points, parts: &[Part]) -> Points {
    match shares {
        Shares::Equal(_) => worth.share(count(parts.iter().filter(|part| part.passed)), count(parts.iter())),
        Shares::Named(_) => parts.iter().map(|part| part.points).sum(),
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

fn equal(expected: u32, worth: Points, cases: Vec<Case>) -> Vec<Part> {
    let found = count(cases.iter());
    let missing = (found..expected).map(|_| Case {
        name: "a test case that is not in the report".to_owned(),
        message: "It was not run".to_owned(),
        ..Case::default()
    });
    // Rounded, to be looked at; what they give together is rounded once.
    let maximum = worth.share(1, expected.max(found));
    let part = |Case { name, passed, message, detail }: Case| {
        let points = if passed { maximum } else { Points::ZERO };
        Part { name, passed, points, maximum, hidden: false, message, detail }
    };
    cases.into_iter().chain(missing).map(part).collect()
}

fn named(share: &NamedShare, cases: &[Case]) -> Part {
    let mut mine = cases.iter().filter(|case| matches(&share.pattern, &case.name)).peekable();
    let found = mine.peek().is_some();
    let failed = mine.find(|case| !case.passed);
    let passed = found && failed.is_none();
    let message = match failed {
        None if passed => String::new(),
        None => "It was not run".to_owned(),
        Some(case) if case.name == share.pattern => case.message.clone(),
        Some(case) => format!("{}: {}", case.name, case.message),
    };
    Part {
        name: share.pattern.clone(),
        passed,
        points: if passed { share.points } else { Points::ZERO },
        maximum: share.points,
        hidden: false,
        message,
        detail: failed.map(|case| case.detail.clone()).unwrap_or_default(),
    }
}

/// Whether a pattern is for that case: by its whole name, or by what is behind its class.
fn matches(pattern: &str, name: &str) -> bool {
    let short = name.rsplit_once('.').map_or(name, |(_, short)| short);
    fits(pattern, name) || fits(pattern, short)
}

/// `*` fits any text. In time that is at worst the product of the two lengths, whatever the pattern.
fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
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

    fn case(name: &str, passed: bool) -> Case {
        Case { name: name.to_owned(), passed, message: "no".to_owned(), detail: String::new() }
    }

    #[test]
    fn patterns() {
        for (pattern, name, fit) in [
            ("test_a", "test_a", true),
            ("test_a", "T.test_a", true),
            ("T.*", "T.test_a", true),
            ("test_*", "T.test_a", true),
            ("*a*", "T.xaxb", true),
            ("test_a*b", "test_ab", true),
            ("test_a*ab", "test_ab", false),
            ("test", "test_a", false),
            ("*", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, name), fit, "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_left_out_gains_nothing() {
        let worth = Points::whole(10);
        let all = [("a", true), ("b", false), ("c", true)].map(|(name, passed)| case(name, passed));
        let of =
            |shares: &Shares, cases: &[Case]| gained(shares, worth, &parts(shares, worth, cases.to_vec())).to_string();
        assert_eq!(of(&Shares::Equal(3), &all), "6.6667");
        assert_eq!(of(&Shares::Equal(4), &all), "5");
        assert_eq!(of(&Shares::Equal(2), &all), "6.6667", "more than were expected");
        assert_eq!(of(&Shares::Equal(3), &all[..1]), "3.3333");
        let named = |pattern: &str, points| NamedShare { pattern: pattern.to_owned(), points: Points::whole(points) };
        let shares = Shares::Named(vec![named("a", 3), named("?", 1), named("*", 2)]);
        let found = parts(&shares, worth, all.to_vec());
        assert_eq!(found.iter().map(|part| part.passed).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!((gained(&shares, worth, &found), found[2].message.as_str()), (Points::whole(3), "b: no"));
    }

    #[test]
    fn a_name_counts_once() {
        let cases = merged(vec![
            case("a", false),
            case("a", true),
            case("b", true),
            case("b", false),
            case(&"x".repeat(999), true),
        ]);
        let cases = cases.expect("cases");
        assert_eq!(cases.iter().map(|case| case.passed).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!(cases[2].name.chars().count(), NAME + 1);
        assert!(merged(vec![]).is_err() && merged(vec![case("a", true); MOST_CASES + 1]).is_err());
    }

    proptest! {
        #[test]
        fn no_more_is_given_than_there_is(expected in 1u32..60, passed in proptest::collection::vec(any::<bool>(), 1..60), worth in 1i64..1_000_000) {
            let cases: Vec<Case> = passed.iter().enumerate().map(|(at, passed)| case(&at.to_string(), *passed)).collect();
            let shares = Shares::Equal(expected);
            let given = gained(&shares, Points(worth), &parts(&shares, Points(worth), cases));
            prop_assert!(given >= Points::ZERO && given <= Points(worth));
            if passed.iter().all(|passed| *passed) && passed.len() >= usize::try_from(expected).unwrap_or(usize::MAX) {
                prop_assert_eq!(given, Points(worth));
            }
        }
    }
}
