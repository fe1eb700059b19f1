//! Causes in words: the whole chain of what an error comes from, without what people sent.
//!
//! A database, a parser or a library may quote what it was given in its messages. What stands in quotes, mail addresses, and what
//! looks like a token are left out; and no cause is longer than a few lines.

use std::error::Error;
use std::fmt::Write as _;

use sea_orm::{DbErr, RuntimeErr, sqlx};

/// The longest text of a cause, in bytes.
const LONGEST: usize = 1_000;
/// Words from here on, in bytes, that are of letters and digits alone are taken for tokens.
const TOKEN: usize = 24;

/// The chain of causes, the outermost first.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let told = told(error);
        // Many libraries repeat their source in their own words.
        if !text.ends_with(&told) {
            let between = if text.is_empty() { "" } else { ": " };
            let _ = write!(text, "{between}{told}");
        }
        cause = error.source();
    }
    scrub(&text)
}

/// What one error says; of the database's also its code and which rule was broken.
fn told(error: &(dyn Error + 'static)) -> String {
    let text = error.to_string();
    match error.downcast_ref::<DbErr>().and_then(refusal) {
        Some(refusal) => format!(
            "{text} [code {}, rule {}]",
            refusal.code().as_deref().unwrap_or("none"),
            refusal.constraint().unwrap_or("none")
        ),
        None => text,
    }
}

fn refusal(error: &DbErr) -> Option<&dyn sqlx::error::DatabaseError> {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    error.as_database_error()
}

/// A text without what may be about a person, or secret.
#[must_use]
pub fn scrub(text: &str) -> String {
    let mut kept = String::with_capacity(text.len().min(LONGEST));
    for word in without_quoted(text).split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let rest = &word[bare.len()..];
        kept.push_str(if is_private(bare) { "…" } else { bare });
        kept.push_str(rest);
        if kept.len() > LONGEST {
            kept.push('…');
            break;
        }
    }
    kept
}

/// Whether a word is like an address or a token.
fn is_private(word: &str) -> bool {
    let core = word.trim_matches(|letter: char| !letter.is_alphanumeric());
    let bland = |letter: char| letter.is_ascii_alphanumeric() || "-_.=+/".contains(letter);
    let random = core.len() >= TOKEN && core.chars().all(bland) && core.chars().any(|letter| letter.is_ascii_digit());
    core.contains('@') || random
}

/// The text with `…` for everything in quotes. A quote that is not closed takes the rest with it; an apostrophe is none.
fn without_quoted(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut before = ' ';
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        kept.push(letter);
        let opens = matches!(letter, '"' | '`') || (letter == '\'' && !before.is_alphanumeric());
        before = letter;
        if !opens {
            continue;
        }
        kept.push('…');
        let mut escaped = false;
        for inner in letters.by_ref() {
            if inner == letter && !escaped {
                kept.push(letter);
                break;
            }
            escaped = inner == '\\' && !escaped;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, chain, scrub};

    #[test]
    fn what_people_sent_is_left_out() {
        for (text, left) in [
            ("no such table: course", "no such table: course"),
            ("invalid type: string \"hunter2\", expected a map", "invalid type: string \"…\", expected a map"),
            ("it's not a number: 'x y' here", "it's not a number: '…' here"),
            ("inside 'a\\'b' of `let secret = 1", "inside '…' of `…"),
            ("mail to <ada@example.org> failed", "mail to … failed"),
            ("token eyJhbGciOiJIUzI1NiIsInR5cCI6 is bad", "token … is bad"),
            ("lectern_job_claims_failed_total", "lectern_job_claims_failed_total"),
        ] {
            assert_eq!(scrub(text), left);
        }
        assert!(scrub(&"a b ".repeat(LONGEST)).len() < LONGEST + 8);
    }

    #[test]
    fn the_chain_is_told_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("the outer one")]
        struct Outer(#[source] std::num::ParseIntError);
        let inner = "x".parse::<i32>().unwrap_err();
        assert_eq!(chain(&Outer(inner)), "the outer one: invalid digit found in string");
        let fault = crate::problem::Fault::Database(sea_orm::DbErr::Custom("broken".into()));
        assert_eq!(chain(&fault), "database: Custom Error: broken");
    }
}
