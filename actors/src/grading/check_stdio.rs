//! Whether a program printed what a test expects.

use super::excerpt::excerpt;
use super::stdout;
use super::test_case::Stdio;

/// A sentence about the first line that differs and the input that it was printed for, or none if all is as expected.
#[must_use]
pub fn check(test: &Stdio, printed: &[u8]) -> Option<String> {
    let found = stdout::difference(&test.stdout, &String::from_utf8_lossy(printed))?;
    Some(with_input(test, &found))
}

/// The sentence, with what the program was given.
#[must_use]
pub fn with_input(test: &Stdio, sentence: &str) -> String {
    let arguments =
        (!test.arguments.is_empty()).then(|| format!("the arguments `{}`", excerpt(&test.arguments.join(" "))));
    let stdin = (!test.stdin.is_empty()).then(|| format!("the input `{}`", excerpt(&test.stdin)));
    let given: Vec<_> = arguments.into_iter().chain(stdin).collect();
    if given.is_empty() { sentence.to_owned() } else { format!("With {}: {sentence}", given.join(" and ")) }
}

#[cfg(test)]
mod tests {
    use super::{Stdio, check};

    #[test]
    fn names_input_and_line() {
        let mut test = Stdio { arguments: vec![], stdin: "5\n".into(), stdout: "25\n".into() };
        assert_eq!(check(&test, b"25"), None);
        assert_eq!(
            check(&test, b"10\n").as_deref(),
            Some("With the input `5\\n`: Line 1 of the output should be `25`, but it is `10`")
        );
        test.arguments = vec!["-v".into()];
        assert!(check(&test, b"\xff").is_some_and(|found| found.starts_with("With the arguments `-v` and the input")));
    }
}
