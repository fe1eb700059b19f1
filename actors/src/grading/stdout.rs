//! Comparing what a program printed with what it should have printed.
//!
//! Trailing blanks of a line and empty lines at the end do not count; everything else does.

use super::excerpt::excerpt;

/// A sentence about the first line that is not as expected, or none if the two texts are the same.
#[must_use]
pub fn difference(expected: &str, got: &str) -> Option<String> {
    let (expected, got) = (lines(expected), lines(got));
    let first = (0..expected.len().max(got.len())).find(|&line| expected.get(line) != got.get(line))?;
    let number = first + 1;
    Some(match (expected.get(first), got.get(first)) {
        (Some(_), None) if got.is_empty() => {
            format!("Nothing was printed, but line 1 should be `{}`", excerpt(expected[0]))
        }
        (Some(should), None) => {
            format!("The output ends after line {first}, but line {number} should be `{}`", excerpt(should))
        }
        (None, Some(is)) if first == 0 => format!("Nothing should be printed, but line 1 is `{}`", excerpt(is)),
        (None, Some(is)) => {
            format!("The output should end after line {first}, but line {number} is `{}`", excerpt(is))
        }
        (should, is) => format!(
            "Line {number} of the output should be `{}`, but it is `{}`",
            excerpt(should.copied().unwrap_or_default()),
            excerpt(is.copied().unwrap_or_default())
        ),
    })
}

fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.split('\n').map(|line| line.trim_end_matches([' ', '\t', '\r'])).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn blanks_at_the_end_do_not_count() {
        for (expected, got) in [
            ("6", "6\n"),
            ("6\n", "6"),
            ("a  \nb", "a\nb\t\n\n\n"),
            ("", "\n \n"),
            ("a\r\nb\r\n", "a\nb"),
            ("\na", "\na"),
        ] {
            assert_eq!(difference(expected, got), None, "{expected:?} {got:?}");
        }
    }

    #[test]
    fn names_the_first_line_that_differs() {
        for (expected, got, sentence) in [
            ("6", "7", "Line 1 of the output should be `6`, but it is `7`"),
            ("a\nb\nc", "a\nx\ny", "Line 2 of the output should be `b`, but it is `x`"),
            ("a\nb", "a", "The output ends after line 1, but line 2 should be `b`"),
            ("a", "a\n\nb", "The output should end after line 1, but line 2 is ``"),
            ("a", "", "Nothing was printed, but line 1 should be `a`"),
            ("", "a", "Nothing should be printed, but line 1 is `a`"),
            (" a", "a", "Line 1 of the output should be ` a`, but it is `a`"),
            ("a", "\u{7}", "Line 1 of the output should be `a`, but it is `\\u{7}`"),
        ] {
            assert_eq!(difference(expected, got).as_deref(), Some(sentence));
        }
    }
}
