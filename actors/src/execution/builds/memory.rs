//! Results in memory, the least recently used given up first.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Kept, Key};

#[derive(Debug)]
pub struct Memory {
    most: usize,
    bytes: usize,
    /// Counts uses.
    now: u64,
    entries: HashMap<Key, Entry>,
}

#[derive(Debug)]
struct Entry {
    kept: Arc<Kept>,
    bytes: usize,
    used: u64,
}

impl Memory {
    /// Holds at most so many bytes.
    pub fn new(most: usize) -> Self {
        Self { most, bytes: 0, now: 0, entries: HashMap::new() }
    }

    pub fn get(&mut self, key: &Key) -> Option<Arc<Kept>> {
        self.now += 1;
        let entry = self.entries.get_mut(key)?;
        entry.used = self.now;
        Some(Arc::clone(&entry.kept))
    }

    /// Keeps it, unless it alone would take more than a quarter of the room.
    pub fn put(&mut self, key: Key, kept: Arc<Kept>) {
        let bytes = kept.bytes();
        if bytes > self.most / 4 {
            return;
        }
        self.now += 1;
        let entry = Entry { kept, bytes, used: self.now };
        if let Some(before) = self.entries.insert(key, entry) {
            self.bytes -= before.bytes;
        }
        self.bytes += bytes;
        while self.bytes > self.most {
            let Some(oldest) = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key) else {
                break;
            };
            self.bytes -= self.entries.remove(&oldest).map_or(0, |entry| entry.bytes);
        }
    }
}
