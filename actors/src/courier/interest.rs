//! Which topics are followed: here, which is what to listen for; and in other processes, which is what to send.
//!
//! A process says what it follows when it begins to, when a new process asks, and every few seconds. What nobody has named for a
//! while is followed by nobody, so a process that dies leaves nothing behind.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::live::Topic;

/// How long the word of another process is good for: three of its announcements.
const GOOD_FOR: Duration = Duration::from_secs(15);
/// Topics that are remembered of others. Readers of more get the rows instead.
const MOST: usize = 20_000;

/// The topics that somebody in this process follows.
#[derive(Debug, Default)]
pub struct Followed {
    topics: Mutex<HashSet<Topic>>,
    changed: Notify,
    asked: AtomicBool,
}

impl Followed {
    fn lock(&self) -> MutexGuard<'_, HashSet<Topic>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn insert(&self, topic: Topic) {
        self.lock().insert(topic);
        self.changed.notify_one();
    }

    pub(crate) fn remove(&self, topic: Topic) {
        self.lock().remove(&topic);
        self.changed.notify_one();
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
        self.changed.notify_one();
    }

    /// The topics now.
    #[must_use]
    pub fn all(&self) -> HashSet<Topic> {
        self.lock().clone()
    }

    /// Somebody asks for all of them.
    pub(super) fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
        self.changed.notify_one();
    }

    /// Whether somebody has asked since this was called last.
    pub(super) fn was_asked(&self) -> bool {
        self.asked.swap(false, Ordering::SeqCst)
    }

    /// Waits until they may have changed, or somebody asks.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}

/// The topics that others follow, each with the time when that was said last.
#[derive(Debug, Default)]
pub(super) struct Elsewhere(Mutex<HashMap<Topic, Instant>>);

impl Elsewhere {
    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn has(&self, topic: Topic) -> bool {
        self.lock().get(&topic).is_some_and(|said| said.elapsed() < GOOD_FOR)
    }

    pub fn note(&self, topics: Vec<Topic>) {
        let now = Instant::now();
        let mut known = self.lock();
        for topic in topics {
            if known.len() < MOST || known.contains_key(&topic) {
                known.insert(topic, now);
            }
        }
    }

    /// Forgets what nobody has named for a while.
    pub fn tidy(&self) {
        self.lock().retain(|_, said| said.elapsed() < GOOD_FOR);
    }
}
