//! Who comes through the Task Queue door, and what they may do with a queue.
//!
//! The door knows no accounts. It is open, or it wants one of the tokens that its operator has set; a token may stand for a mail
//! address, and a queue may name the addresses that it is for.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use entity::taskqueue::queue::Acl;
use sha2::{Digest as _, Sha256};

use super::{TaskCode, TaskProblem};
use crate::problem::Problem;

/// The fewest characters of a token.
pub const SHORTEST_TOKEN: usize = 16;

/// Who comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The door is open.
    Anybody,
    /// Who has a token, and for which address it stands.
    Bearer(Option<String>),
}

/// What somebody wants to do with a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// See how it is.
    Look,
    /// See, lease, hold and delete its tasks.
    Consume,
    /// Put tasks in.
    Produce,
}

impl Caller {
    /// Lets the caller in, or not.
    ///
    /// # Errors
    /// When the queue is not for them.
    pub fn check(&self, acl: &Acl, right: Right) -> Result<(), TaskProblem> {
        if self.may(acl, right) {
            return Ok(());
        }
        Err(Problem::refused(TaskCode::Forbidden, "This token's address is not on the list of this queue for that."))
    }

    fn may(&self, acl: &Acl, right: Right) -> bool {
        let Self::Bearer(email) = self else { return true };
        if acl.is_open() {
            return true;
        }
        let Some(email) = email else { return false };
        let on = |list: &[String]| list.iter().any(|known| known.eq_ignore_ascii_case(email));
        let consumes = right != Right::Produce && on(&acl.consumers);
        let produces = right != Right::Consume && on(&acl.producers);
        on(&acl.admins) || consumes || produces
    }
}

/// The tokens that open the door. Only their hashes are kept.
#[derive(Clone)]
pub struct Tokens(Vec<([u8; 32], Option<String>)>);

/// How many, and nothing else.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} secret)", self.0.len())
    }
}

impl Tokens {
    /// Reads a list with commas: tokens, or `address:token`.
    ///
    /// # Errors
    /// With what is wrong, which never shows a token.
    pub fn read(list: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        for (index, entry) in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).enumerate() {
            let (email, token) = match entry.split_once(':') {
                Some((email, token)) if email.contains('@') => (Some(email.trim().to_lowercase()), token.trim()),
                Some(_) => return Err(format!("entry {} has a colon, but no address before it", index + 1)),
                None => (None, entry),
            };
            if token.chars().count() < SHORTEST_TOKEN {
                return Err(format!("token {} has fewer than {SHORTEST_TOKEN} characters", index + 1));
            }
            tokens.push((digest(token), email));
        }
        if tokens.is_empty() {
            return Err("there is none".to_owned());
        }
        Ok(Self(tokens))
    }

    /// Who has that token. Takes as long for every token that there is not.
    #[must_use]
    pub fn find(&self, token: &str) -> Option<Caller> {
        let given = digest(token);
        let mut found = None;
        for (known, email) in &self.0 {
            if verify_slices_are_equal(known, &given).is_ok() {
                found = Some(Caller::Bearer(email.clone()));
            }
        }
        found
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::{Acl, Caller, Right, Tokens};

    const PLAIN: &str = "0123456789abcdef";

    #[test]
    fn tokens_are_found_and_not_shown() {
        let tokens = Tokens::read(&format!("{PLAIN}, Worker@example.org:{PLAIN}x")).expect("a list");
        assert_eq!(tokens.find(PLAIN), Some(Caller::Bearer(None)));
        assert_eq!(tokens.find(&format!("{PLAIN}x")), Some(Caller::Bearer(Some("worker@example.org".to_owned()))));
        for wrong in ["", "0", &format!("{PLAIN}y"), &format!("worker@example.org:{PLAIN}x")] {
            assert_eq!(tokens.find(wrong), None, "{wrong}");
        }
        assert_eq!(format!("{tokens:?}"), "(2 secret)");
        for (list, word) in [("", "none"), (" , ", "none"), ("short", "16"), ("a:0123456789abcdef", "colon")] {
            let error = Tokens::read(list).expect_err(list);
            assert!(error.contains(word) && !error.contains("0123"), "{error}");
        }
    }

    #[test]
    fn lists_say_who_may_what() {
        let acl = Acl {
            admins: vec!["a@x".to_owned()],
            consumers: vec!["c@x".to_owned()],
            producers: vec!["P@x".to_owned()],
        };
        let known = |email: &str| Caller::Bearer(Some(email.to_owned()));
        let rights = |caller: &Caller, acl: &Acl| {
            [Right::Look, Right::Consume, Right::Produce].map(|right| caller.check(acl, right).is_ok())
        };
        assert_eq!(rights(&known("a@x"), &acl), [true, true, true]);
        assert_eq!(rights(&known("c@x"), &acl), [true, true, false]);
        assert_eq!(rights(&known("p@x"), &acl), [true, false, true]);
        assert_eq!(rights(&known("z@x"), &acl), [false, false, false]);
        assert_eq!(rights(&Caller::Bearer(None), &acl), [false, false, false]);
        assert_eq!(rights(&Caller::Bearer(None), &Acl::default()), [true, true, true]);
        assert_eq!(rights(&Caller::Anybody, &acl), [true, true, true]);
    }
}
