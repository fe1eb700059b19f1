//! Whom a token belongs to and what they may, as it was found within the last second. A page asks several things at once, and a script one
//! after the other; each would begin with the same statement.
//!
//! What was found is forgotten as soon as rights change: in the process that changes them with the commit, in others when the
//! [courier](crate::courier) tells them, and everywhere after a second, as the rights of an open socket are looked at once a second.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use entity::clock::Timestamp;
use entity::identity::bearer::{Bearer, Shown};
use entity::viewer::ViewerScope;
use lru::LruCache;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::gathering::Gathering;

/// For so long what was found counts.
const LATELY: Duration = Duration::from_secs(1);
/// So many tokens are kept, a few hundred bytes each.
const MANY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);

/// The SHA-256 of a token: what is kept in memory lets nobody in.
type Digest = [u8; 32];

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Identified {
    pub scope: Arc<ViewerScope>,
    /// The way in that they came by.
    pub session: i64,
    /// Whether it is a cookie that was made before their rights changed, and so should be replaced.
    pub outdated: bool,
}

/// What a token says whose signature was found good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    pub session: i64,
    pub person: i64,
    /// When the token ends.
    pub until: Timestamp,
}

/// What was found lately in this process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SignIns(Arc<Shared>);

/// Looks for those who show something.
pub(crate) type Bearers = Gathering<Shown, Bearer>;

#[derive(Debug)]
struct Shared {
    /// Moves whenever rights change.
    epoch: AtomicU64,
    found: Mutex<LruCache<Digest, Found>>,
    /// Tokens whose signatures were found good. That does not change until they end: to verify one costs more than all else that is done
    /// to know somebody.
    signed: Mutex<LruCache<Digest, Signed>>,
    bearers: Bearers,
}

#[derive(Clone, Debug)]
struct Found {
    who: Identified,
    epoch: u64,
    at: Instant,
    /// When the token or its sign-in ends.
    until: Timestamp,
}

impl Default for SignIns {
    fn default() -> Self {
        Self(Arc::new(Shared {
            epoch: AtomicU64::new(0),
            found: Mutex::new(LruCache::new(MANY)),
            signed: Mutex::new(LruCache::new(MANY)),
            bearers: Bearers::default(),
        }))
    }
}

/// A look that has begun: what it finds counts only if no rights change meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    key: Digest,
    epoch: u64,
    at: Instant,
}

impl Look {
    /// The digest of what is looked for.
    pub(crate) fn digest(&self) -> Digest {
        self.key
    }
}

impl SignIns {
    /// Who looks for those who are not remembered.
    pub(crate) fn bearers(&self) -> &Bearers {
        &self.0.bearers
    }

    /// What that token says, if its signature was found good before.
    pub(crate) fn signed(&self, look: &Look) -> Option<Signed> {
        self.0.signed.lock().unwrap_or_else(PoisonError::into_inner).get(&look.key).copied()
    }

    /// Notes that the signature of a token is good.
    pub(crate) fn trust(&self, look: &Look, signed: Signed) {
        self.0.signed.lock().unwrap_or_else(PoisonError::into_inner).put(look.key, signed);
    }

    /// Has everybody looked at anew.
    pub fn forget(&self) {
        self.0.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Begins to look for the bearer of a token.
    pub(crate) fn look(&self, token: &str, at: Instant) -> Look {
        Look { key: Sha256::digest(token).into(), epoch: self.0.epoch.load(Ordering::SeqCst), at }
    }

    /// Who that was a moment ago.
    pub(crate) fn recall(&self, look: &Look, now: Timestamp) -> Option<Identified> {
        let mut found = self.0.found.lock().unwrap_or_else(PoisonError::into_inner);
        let found = found.get(&look.key)?;
        let counts = found.epoch == look.epoch && look.at.duration_since(found.at) < LATELY && now < found.until;
        counts.then(|| found.who.clone())
    }

    /// Keeps what a look has found.
    pub(crate) fn remember(&self, look: Look, who: Identified, until: Timestamp) {
        let found = Found { who, epoch: look.epoch, at: look.at, until };
        self.0.found.lock().unwrap_or_else(PoisonError::into_inner).put(look.key, found);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use entity::clock::Timestamp;
    use entity::viewer::ViewerScope;
    use tokio::time::Instant;

    use super::{Identified, LATELY, SignIns};

    fn who(session: i64) -> Identified {
        Identified { scope: Arc::new(ViewerScope::person(1, false, 0, [])), session, outdated: false }
    }

    #[test]
    fn what_was_found_counts_for_a_moment() {
        let (seen, at, now) = (SignIns::default(), Instant::now(), Timestamp(1_000));
        let sessions = |token: &str, later: Duration, now: Timestamp| {
            seen.recall(&seen.look(token, at + later), now).map(|who| who.session)
        };
        seen.remember(seen.look("a", at), who(7), Timestamp(2_000));
        let just_before = LATELY - Duration::from_nanos(1);
        for (token, later, now, wanted) in [
            ("a", Duration::ZERO, now, Some(7)),
            ("a", just_before, now, Some(7)),
            ("a", LATELY, now, None),
            ("a", Duration::ZERO, Timestamp(1_999), Some(7)),
            ("a", Duration::ZERO, Timestamp(2_000), None),
            ("b", Duration::ZERO, now, None),
        ] {
            assert_eq!(sessions(token, later, now), wanted, "{token} {later:?} {now:?}");
        }
    }

    #[test]
    fn a_change_of_rights_outdates_what_was_found_before_and_what_is_being_looked_for() {
        let (seen, at, now, until) = (SignIns::default(), Instant::now(), Timestamp(0), Timestamp(1));
        seen.remember(seen.look("a", at), who(1), until);
        let under_way = seen.look("b", at);
        seen.forget();
        seen.remember(under_way, who(2), until);
        assert!(seen.recall(&seen.look("a", at), now).is_none());
        assert!(seen.recall(&seen.look("b", at), now).is_none());
        seen.remember(seen.look("b", at), who(2), until);
        assert_eq!(seen.recall(&seen.look("b", at), now).map(|who| who.session), Some(2));
    }
}
