//! Secrets that people and their programs carry: made here, shown once, and kept as digests only.

use sha2::{Digest as _, Sha256};

use super::keyring::random;
use crate::problem::Fault;

/// What a secret is, told by how it begins. So that those who look for leaked secrets find ours, and one kind is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// In the cookie of a browser.
    Cookie,
    /// Renews an access token.
    Refresh,
    /// A token that somebody has made for a program.
    Token,
}

/// Letters and digits after the prefix; of 62 kinds, so that they are 256 bits.
const LENGTH: usize = 43;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl SecretKind {
    /// How a secret of this kind begins.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Cookie => "lcs_",
            Self::Refresh => "lcr_",
            Self::Token => "lct_",
        }
    }

    /// Whether a text can be a secret of this kind.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        let rest = text.strip_prefix(self.prefix());
        rest.is_some_and(|rest| rest.len() == LENGTH && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    }

    /// A new one.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn make(self) -> Result<String, Fault> {
        let mut secret = self.prefix().to_owned();
        while secret.len() < self.prefix().len() + LENGTH {
            // Each letter is as likely as any other: what does not divide by their number is not taken.
            let fair = random::<64>()?.into_iter().filter(|byte| *byte < 248);
            let letters = fair.map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
            secret.extend(letters.take(self.prefix().len() + LENGTH - secret.len()));
        }
        Ok(secret)
    }
}

/// What is kept of a secret: it lets nobody in. They are random and long, so one round of SHA-256 is as good as many.
#[must_use]
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::SecretKind::{Cookie, Refresh, Token};

    #[test]
    fn one_kind_is_not_taken_for_another() {
        for kind in [Cookie, Refresh, Token] {
            let (one, other) = (kind.make().unwrap(), kind.make().unwrap());
            assert_ne!(one, other);
            for read in [Cookie, Refresh, Token] {
                assert_eq!(read.fits(&one), read == kind, "{kind:?} as {read:?}");
            }
            assert!(!kind.fits(&one[1..]) && !kind.fits(&format!("{one}x")) && !kind.fits(&one.replace('_', "-")));
        }
    }
}
