//! What was built before, by content: the same sources for the same tool give what they gave, without a sandbox.
//!
//! The newest results lie in memory, more of them in a folder; both are bounded. Of several equal builds at one time one is carried
//! out, and the others wait for it. A result is a tool's own: built or refused. How a limit, a cancel or a broken sandbox ended a
//! build is kept nowhere, because it says nothing about the sources.
//!
//! Nobody learns of others by it: who gets a result has handed in every byte that it was made from.
//!
//! Deliberately not here: runs of programs, which may do something else each time; proofs, which depend on the machine's speed.

mod folder;
mod kept;
mod key;
mod memory;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

use folder::Folder;
pub use kept::Kept;
pub use key::{Key, key};
use memory::Memory;

/// Bytes of results in memory.
const MEMORY: usize = 64 << 20;
/// Bytes of results in the folder.
const FOLDER: u64 = 512 << 20;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Builds {
    memory: Arc<Mutex<Memory>>,
    folder: Option<Arc<Folder>>,
    /// The builds under way; who holds the lock of a key carries it out.
    flights: Arc<Mutex<HashMap<Key, Weak<tokio::sync::Mutex<()>>>>>,
}

/// What a build finds.
#[derive(Debug)]
pub enum Claim {
    /// It was done before.
    Done(Arc<Kept>),
    /// Nobody has done it; everybody else who wants it waits until this is dropped.
    Mine(Turn),
}

/// The right to carry out a build.
#[derive(Debug)]
pub struct Turn {
    key: Key,
    _lock: OwnedMutexGuard<()>,
}

impl Builds {
    /// In memory alone.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { memory: Arc::new(Mutex::new(Memory::new(MEMORY))), folder: None, flights: Arc::default() }
    }

    /// In memory, and in a folder of ours that is made when it is needed.
    #[must_use]
    pub fn in_folder(path: PathBuf) -> Self {
        Self { folder: Some(Arc::new(Folder::new(path, FOLDER))), ..Self::in_memory() }
    }

    /// What is known of a build. Waits for an equal one that is under way.
    pub async fn claim(&self, key: Key) -> Claim {
        if let Some(kept) = self.remembered(&key) {
            return Claim::Done(kept);
        }
        let lock = self.flight(key).lock_owned().await;
        // Whoever had the turn before may have done it.
        if let Some(kept) = self.remembered(&key) {
            return Claim::Done(kept);
        }
        if let Some(folder) = self.folder.clone()
            && let Ok(Some(kept)) = tokio::task::spawn_blocking(move || folder.read(&key)).await
        {
            let kept = Arc::new(kept);
            self.remember(key, &kept);
            return Claim::Done(kept);
        }
        Claim::Mine(Turn { key, _lock: lock })
    }

    /// Keeps what came of a build.
    pub async fn keep(&self, turn: Turn, kept: Kept) {
        let (kept, key) = (Arc::new(kept), turn.key);
        self.remember(key, &kept);
        drop(turn);
        if let Some(folder) = self.folder.clone() {
            // Its trouble is told there; a result that is not kept is made again.
            _ = tokio::task::spawn_blocking(move || folder.write(&key, &kept)).await;
        }
    }

    fn remembered(&self, key: &Key) -> Option<Arc<Kept>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).get(key)
    }

    fn remember(&self, key: Key, kept: &Arc<Kept>) {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).put(key, Arc::clone(kept));
    }

    fn flight(&self, key: Key) -> Arc<tokio::sync::Mutex<()>> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.retain(|_, lock| lock.strong_count() > 0);
        if let Some(lock) = flights.get(&key).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::default();
        flights.insert(key, Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests;
