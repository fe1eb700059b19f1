//! How often somebody may try a password that is not right.
//!
//! Three counts, each of which fills up again with time; whoever finds one of them empty is told to wait, whether the account exists or not:
//!
//! | of | at once | then |
//! |---|---|---|
//! | one account from one network address | 10 | one a minute |
//! | one account | 100 | one a minute |
//! | one network address | 300 | one every two seconds |
//!
//! The first is what a person meets who has forgotten a password. The second keeps many addresses from guessing together: no more than 100
//! guesses and 60 an hour; it does not count for an address from which the account was entered in the last 30 days, so that nobody is kept
//! out of their own by strangers. The third allows a lecture hall behind one address. Only what was wrong counts. The counts live in memory,
//! of each process for itself, and are gone when it ends.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use entity::clock::Timestamp;
use lru::LruCache;
use sha2::{Digest as _, Sha256};

/// So many counts are kept; then those that were not asked for longest are forgotten.
const MANY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99_999);
const SECOND: i64 = 1_000_000;
/// For so long an address is one from which an account was entered.
const KNOWN: Duration = Duration::from_secs(30 * 24 * 3600);

/// A count that fills up with time.
#[derive(Clone, Copy, Debug)]
struct Measure {
    most: i64,
    /// Microseconds until there is one more.
    every: i64,
}

const HERE: Measure = Measure { most: 10, every: 60 * SECOND };
const ACCOUNT: Measure = Measure { most: 100, every: 60 * SECOND };
const ADDRESS: Measure = Measure { most: 300, every: 2 * SECOND };

type Key = [u8; 32];

/// The counts of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Attempts(Arc<Mutex<LruCache<Key, Timestamp>>>);

impl Default for Attempts {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(MANY))))
    }
}

/// Somebody who tries.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    here: Key,
    /// None where each letter is counted by its account anyway.
    account: Option<Key>,
    address: Key,
    /// That the account was entered from here.
    known: Key,
}

impl Attempt {
    /// To come in by an account from a network address, which is given as a digest.
    #[must_use]
    pub fn new(account: &str, address: u64) -> Self {
        let key =
            |parts: &[&[u8]]| parts.iter().fold(Sha256::new(), |digest, part| digest.chain_update(part)).finalize();
        let address = address.to_le_bytes();
        Self {
            here: key(&[b"here", &address, account.as_bytes()]).into(),
            account: Some(key(&[b"account", account.as_bytes()]).into()),
            address: key(&[b"address", &address]).into(),
            known: key(&[b"known", &address, account.as_bytes()]).into(),
        }
    }

    /// To have a letter sent to an account, which has a count of its own.
    #[must_use]
    pub fn letter(account: &str, address: u64) -> Self {
        Self { account: None, ..Self::new(&format!("letter to {account}"), address) }
    }

    fn counts(&self) -> impl Iterator<Item = (Key, Measure)> {
        let account = self.account.map(|account| (account, ACCOUNT));
        [(self.here, HERE), (self.address, ADDRESS)].into_iter().chain(account)
    }
}

impl Attempts {
    /// Until when somebody has to wait; none when they may try.
    #[must_use]
    pub fn wait(&self, attempt: &Attempt, now: Timestamp) -> Option<Timestamp> {
        let mut full = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = full.get(&attempt.known).is_some_and(|until| now < *until);
        let counts = attempt.counts().filter(|(key, _)| !known || Some(*key) != attempt.account);
        let waits = counts.filter_map(|(key, measure)| {
            // What is kept is when the count is full again: as many are left as fit into the time until then.
            let full = *full.get(&key)?;
            let free = Timestamp(full.0 - (measure.most - 1) * measure.every);
            (free > now).then_some(free)
        });
        waits.max()
    }

    /// Notes that what they tried was wrong.
    pub fn failed(&self, attempt: &Attempt, now: Timestamp) {
        let mut full = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, measure) in attempt.counts() {
            let until = full.get(&key).copied().unwrap_or(now).max(now);
            full.put(key, Timestamp(until.0 + measure.every));
        }
    }

    /// Notes that it was right: who knows the password may forget how they came to it.
    pub fn succeeded(&self, attempt: &Attempt, now: Timestamp) {
        let mut full = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        full.pop(&attempt.here);
        full.put(attempt.known, now + KNOWN);
    }
}

#[cfg(test)]
mod tests {
    use entity::clock::Timestamp;

    use super::{ACCOUNT, Attempt, Attempts, HERE, SECOND};

    const NOW: Timestamp = Timestamp(1_000_000 * SECOND);

    fn later(seconds: i64) -> Timestamp {
        Timestamp(NOW.0 + seconds * SECOND)
    }

    #[test]
    fn who_forgot_a_password_waits_a_minute_after_ten() {
        let (attempts, ada) = (Attempts::default(), Attempt::new("ada@example.org", 1));
        for _ in 0..HERE.most {
            assert_eq!(attempts.wait(&ada, NOW), None);
            attempts.failed(&ada, NOW);
        }
        assert_eq!(attempts.wait(&ada, NOW), Some(later(60)));
        assert_eq!(attempts.wait(&ada, later(60)), None);
        attempts.failed(&ada, later(60));
        assert_eq!(attempts.wait(&ada, later(61)), Some(later(120)));
        // Elsewhere, and others here, they may.
        assert_eq!(attempts.wait(&Attempt::new("ada@example.org", 2), NOW), None);
        assert_eq!(attempts.wait(&Attempt::new("ben@example.org", 1), NOW), None);
        attempts.succeeded(&ada, NOW);
        assert_eq!(attempts.wait(&ada, later(61)), None);
    }

    #[test]
    fn an_account_is_not_tried_from_everywhere_for_ever() {
        let attempts = Attempts::default();
        let from = |address| Attempt::new("ada@example.org", address);
        for address in 0..ACCOUNT.most {
            assert_eq!(attempts.wait(&from(address.unsigned_abs()), NOW), None);
            attempts.failed(&from(address.unsigned_abs()), NOW);
        }
        assert_eq!(attempts.wait(&from(1_000), NOW), Some(later(60)));
        let whole_hour = (0_i64..3600).filter(|second| {
            let free = attempts.wait(&from(2_000 + second.unsigned_abs()), later(*second)).is_none();
            if free {
                attempts.failed(&from(2_000 + second.unsigned_abs()), later(*second));
            }
            free
        });
        assert_eq!(whole_hour.count(), 59);
    }

    #[test]
    fn nobody_is_kept_out_where_they_came_in_before() {
        let attempts = Attempts::default();
        let home = Attempt::new("ada@example.org", 7);
        attempts.succeeded(&home, NOW);
        for address in 100..100 + ACCOUNT.most {
            attempts.failed(&Attempt::new("ada@example.org", address.unsigned_abs()), NOW);
        }
        assert!(attempts.wait(&Attempt::new("ada@example.org", 8), NOW).is_some());
        assert_eq!(attempts.wait(&home, NOW), None);
        assert_eq!(attempts.wait(&Attempt::letter("ada@example.org", 8), NOW), None);
        assert!(attempts.wait(&home, later(31 * 24 * 3600)).is_none(), "by then the count is full again");
    }
}
