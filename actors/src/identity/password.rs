//! Passwords: argon2id with the parameters that OWASP recommends (19 MiB, 2 passes, 1 lane).

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use tokio::sync::Semaphore;

use crate::problem::Fault;

/// The shortest password, in characters.
pub const MIN_LENGTH: usize = 8;
/// The longest password, in bytes.
pub const MAX_LENGTH: usize = 1024;

/// Hashes at the same time: each takes 19 MiB and a processor.
static TURNS: Semaphore = Semaphore::const_new(2);

/// What is checked when there is no such person, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody's password").unwrap_or_default());

fn hash_now(password: &str) -> Result<String, Fault> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| Fault::Internal(format!("cannot hash: {error}")))
}

/// The hash of a password in the PHC form, with a salt of its own.
///
/// # Errors
/// When there is no randomness.
pub async fn hash(password: String) -> Result<String, Fault> {
    off_the_runtime(move || hash_now(&password)).await?
}

/// Whether the password is the one of that hash. Without a hash the answer is no, after the same time.
///
/// # Errors
/// When the work cannot be done.
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
    let _turn = TURNS.acquire().await.map_err(|error| broken(error.to_string()))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| broken(error.to_string()))
}
