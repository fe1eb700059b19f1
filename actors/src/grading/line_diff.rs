//! What is different between two outputs, line by line, whole.

use super::excerpt::excerpt;

/// The most lines that are looked at of each.
const MOST_LINES: usize = 400;
/// The most lines that are shown.
const MOST_SHOWN: usize = 200;

/// Both outputs as one: lines of the first alone begin with `-`, of the second alone with `+`, of both with a blank.
#[must_use]
pub fn diff(expected: &str, got: &str) -> String {
    let (expected, got) = (lines(expected), lines(got));
    let mut shown: Vec<String> = Vec::new();
    for (sign, line) in merged(&expected, &got) {
        if shown.len() == MOST_SHOWN {
            shown.push("…".to_owned());
            break;
        }
        shown.push(format!("{sign} {}", excerpt(line)).trim_end().to_owned());
    }
    shown.join("\n")
}

fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.split('\n').take(MOST_LINES).map(str::trim_end).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}

/// By a longest common subsequence, of which the table is filled from the end.
fn merged<'l>(expected: &[&'l str], got: &[&'l str]) -> Vec<(char, &'l str)> {
    let width = got.len() + 1;
    let mut common = vec![0u32; (expected.len() + 1) * width];
    for a in (0..expected.len()).rev() {
        for b in (0..got.len()).rev() {
            common[a * width + b] = if expected[a] == got[b] {
                common[(a + 1) * width + b + 1] + 1
            } else {
                common[(a + 1) * width + b].max(common[a * width + b + 1])
            };
        }
    }
    let (mut a, mut b) = (0, 0);
    let mut merged = Vec::new();
    loop {
        match (expected.get(a), got.get(b)) {
            (None, None) => return merged,
            (Some(line), Some(other)) if line == other => {
                merged.push((' ', *line));
                (a, b) = (a + 1, b + 1);
            }
            (Some(line), other) if other.is_none() || common[(a + 1) * width + b] >= common[a * width + b + 1] => {
                merged.push(('-', *line));
                a += 1;
            }
            (_, Some(line)) => {
                merged.push(('+', *line));
                b += 1;
            }
            (Some(_), None) => return merged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shows_what_is_missing_and_what_is_too_much() {
        assert_eq!(diff("a\nb\nc\n", "a\nx\nc\nd"), "  a\n- b\n+ x\n  c\n+ d");
        assert_eq!(diff("", "\u{1b}[2J"), "+ \\u{1b}[2J");
        assert_eq!(diff("a  \n\n", "a"), "  a");
        assert_eq!(diff(&"x\n".repeat(9_999), "").lines().count(), MOST_SHOWN + 1);
    }

    proptest! {
        #[test]
        fn each_side_is_whole(a in "([ab]\n){0,12}", b in "([ab]\n){0,12}") {
            let side = |other: char| -> String {
                merged(&lines(&a), &lines(&b)).into_iter().filter(|(sign, _)| *sign != other).map(|(_, line)| format!("{line}\n")).collect()
            };
            prop_assert_eq!((side('+'), side('-')), (a.clone(), b.clone()));
        }
    }
}
