//! Passwords: what one must be like, and argon2id with the parameters that OWASP recommends (19 MiB, 2 passes, 1 lane).
//!
//! The rules hold wherever a password is chosen: at least 10 characters, at most 1,024 bytes, and not one that is guessed early: common
//! passwords, patterns of the keyboard, dates, and what is known of the person are held against it. There is no rule about kinds of
//! characters, and no date on which one ends.
//!
//! Hashing is bounded, so that no number of sign-ins takes the machine: half of the processors, and a queue that is
//! refused when it is full.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use tokio::sync::Semaphore;
use zxcvbn::{Score, zxcvbn};

use crate::problem::Fault;

/// The shortest password, in characters.
pub const MIN_LENGTH: usize = 10;
/// The longest password, in bytes.
pub const MAX_LENGTH: usize = 1024;

/// Hashes at the same time: each takes 19 MiB and a processor.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(processors().div_ceil(2))));
/// Those who wait for a turn. More would wait longer than their clients do.
static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(64)));

/// What is checked when there is no such person, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody's password").unwrap_or_default());

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Why a password cannot be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    #[error("A password has at least {MIN_LENGTH} characters and at most {MAX_LENGTH} bytes.")]
    Length,
    #[error("That password is guessed early. {0}")]
    Common(String),
}

/// Whether somebody of whom this is known may choose the password.
///
/// # Errors
/// When it breaks a rule.
pub fn allow(password: &str, known: &[&str]) -> Result<(), PasswordFault> {
    if password.chars().count() < MIN_LENGTH || password.len() > MAX_LENGTH {
        return Err(PasswordFault::Length);
    }
    // An address is known as a whole and in its parts.
    let words: Vec<&str> =
        known.iter().flat_map(|known| known.split(|c: char| !c.is_alphanumeric()).chain([*known])).collect();
    let estimate = zxcvbn(password, &words);
    if estimate.score() >= Score::Two {
        return Ok(());
    }
    let advice = estimate.feedback().and_then(|feedback| feedback.suggestions().first()).map(ToString::to_string);
    Err(PasswordFault::Common(
        advice.unwrap_or_else(|| "Take several words that have nothing to do with each other.".into()),
    ))
}

fn hash_now(password: &str) -> Result<String, Fault> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| Fault::Internal(format!("cannot hash: {error}")))
}

/// The hash of a password in the PHC form, with a salt of its own.
///
/// # Errors
/// When there is no randomness, or too many wait.
pub async fn hash(password: String) -> Result<String, Fault> {
    off_the_runtime(move || hash_now(&password)).await?
}

/// Whether the password is the one of that hash. Without a hash the answer is no, after the same time.
///
/// # Errors
/// When the work cannot be done, or too many wait.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool, Fault> {
    off_the_runtime(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let Ok(hash) = PasswordHash::new(&hash) else { return false };
        Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known
    })
    .await
}

async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let broken = |error: String| Fault::Internal(format!("cannot hash: {error}"));
    let full = |_| Fault::Unavailable("too many passwords are being checked".into());
    let place = Arc::clone(&PLACES).try_acquire_owned().map_err(full)?;
    let turn = Arc::clone(&TURNS).acquire_owned().await.map_err(|error| broken(error.to_string()))?;
    // Whoever stops waiting does not end the work, so place and turn are the work's own.
    let held = move || {
        let done = work();
        drop((place, turn));
        done
    };
    tokio::task::spawn_blocking(held).await.map_err(|error| broken(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{PasswordFault, allow};

    #[test]
    fn what_is_guessed_early_is_refused_wherever_it_is_chosen() {
        let known = ["ada.lovelace@example.org", "Ada Lovelace"];
        for good in ["correct horse", "Tr0ub4dor&3x9", "ein langer satz mit worten", "日本語のパスワードです"]
        {
            assert_eq!(allow(good, &known), Ok(()), "{good}");
        }
        for short in ["", "short", "123456789", &"x".repeat(1025), "日本語のパスワード"] {
            assert_eq!(allow(short, &known), Err(PasswordFault::Length), "{short}");
        }
        for common in [
            "1234567890",
            "qwertyuiop",
            "password123",
            "iloveyou123",
            "aaaaaaaaaaaa",
            "adalovelace",
            "ada.lovelace@example.org",
            "abcdefghij",
        ] {
            assert!(matches!(allow(common, &known), Err(PasswordFault::Common(_))), "{common}");
        }
    }
}
