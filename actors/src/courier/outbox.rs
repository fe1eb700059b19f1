//! What waits to be published. Giving something never waits.
//!
//! Wake-ups of one lane are one. Copies are bounded in number and bytes; what does not fit is dropped and counted, since a copy that
//! comes late is worth nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Copies that may wait.
const MESSAGES: usize = 4_096;
/// Bytes of copies that may wait.
const BYTES: usize = 8 << 20;
/// Jobs to be stopped that may wait; whoever works on another learns it with its lease.
const STOPS: usize = 1_000;
/// Copies that are published at once.
const BATCH: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    changed: Notify,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    lanes: BTreeSet<String>,
    stops: BTreeMap<i64, String>,
    rights: bool,
    copies: VecDeque<(String, Vec<u8>)>,
    bytes: usize,
}

/// What is to be published at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Batch {
    pub lanes: BTreeSet<String>,
    /// Jobs with their lanes.
    pub stops: BTreeMap<i64, String>,
    /// Whether rights have changed.
    pub rights: bool,
    /// Sealed copies with their channels.
    pub copies: Vec<(String, Vec<u8>)>,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn wake(&self, lane: &str) {
        let mut waiting = self.lock();
        if !waiting.lanes.contains(lane) {
            waiting.lanes.insert(lane.to_owned());
            drop(waiting);
            self.changed.notify_one();
        }
    }

    pub fn stop(&self, lane: &str, job: i64) {
        let mut waiting = self.lock();
        if waiting.stops.len() < STOPS {
            waiting.stops.insert(job, lane.to_owned());
            drop(waiting);
            self.changed.notify_one();
        } else {
            self.drop_one();
        }
    }

    pub fn rights_changed(&self) {
        self.lock().rights = true;
        self.changed.notify_one();
    }

    pub fn push(&self, channel: String, bytes: Vec<u8>) {
        let mut waiting = self.lock();
        if waiting.copies.len() >= MESSAGES || waiting.bytes + bytes.len() > BYTES {
            self.drop_one();
            return;
        }
        waiting.bytes += bytes.len();
        waiting.copies.push_back((channel, bytes));
        drop(waiting);
        self.changed.notify_one();
    }

    /// Takes what is to be published next.
    pub fn take(&self) -> Batch {
        let mut waiting = self.lock();
        let most = waiting.copies.len().min(BATCH);
        let copies: Vec<_> = waiting.copies.drain(..most).collect();
        waiting.bytes -= copies.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        let (lanes, stops) = (mem::take(&mut waiting.lanes), mem::take(&mut waiting.stops));
        let batch = Batch { lanes, stops, rights: mem::take(&mut waiting.rights), copies };
        if !waiting.copies.is_empty() {
            self.changed.notify_one();
        }
        batch
    }

    /// Puts back what was not published, but for its copies.
    pub fn put_back(&self, batch: Batch) {
        self.dropped.fetch_add(batch.copies.len() as u64, Ordering::Relaxed);
        let mut waiting = self.lock();
        waiting.lanes.extend(batch.lanes);
        waiting.stops.extend(batch.stops);
        waiting.rights |= batch.rights;
    }

    /// Throws the copies away: they have become old.
    pub fn drop_copies(&self) {
        let mut waiting = self.lock();
        self.dropped.fetch_add(waiting.copies.len() as u64, Ordering::Relaxed);
        waiting.copies.clear();
        waiting.bytes = 0;
    }

    pub fn drop_one(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits until there is something.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES, MESSAGES, Outbox, STOPS};

    #[test]
    fn it_is_bounded_and_counts_what_it_drops() {
        let outbox = Outbox::default();
        for number in 0..MESSAGES + 7 {
            outbox.wake("mail");
            outbox.push(number.to_string(), vec![0]);
        }
        assert_eq!(outbox.dropped(), 7);
        outbox.drop_copies();
        assert_eq!(outbox.dropped(), MESSAGES as u64 + 7);
        let before = outbox.dropped();
        outbox.push("a".to_owned(), vec![0; BYTES / 2]);
        outbox.push("b".to_owned(), vec![0; BYTES / 2 + 1]);
        assert_eq!(outbox.dropped(), before + 1);
        for job in 0..=STOPS as i64 {
            outbox.stop("mail", job);
        }
        assert_eq!(outbox.dropped(), before + 2);
        outbox.rights_changed();
        let batch = outbox.take();
        assert_eq!((batch.lanes.len(), batch.stops.len(), batch.copies.len(), batch.rights), (1, STOPS, 1, true));
        assert!(outbox.take().is_empty());
        // Only what must not be lost comes back.
        outbox.put_back(batch);
        let again = outbox.take();
        assert_eq!((again.lanes.len(), again.stops.len(), again.copies.len(), again.rights), (1, STOPS, 0, true));
        assert_eq!(outbox.dropped(), before + 3);
    }
}
