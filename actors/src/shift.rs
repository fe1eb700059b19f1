//! Shifts: loops that an actor has going on the main runtime, where the database's connections live.
//!
//! A loop goes on while it is its shift. An actor that takes over begins the next one; the loop of the one before ends when it
//! comes to look, having finished what it was at. So nothing is dropped half-done, however its actor ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The shifts of one actor and its successors, and the bell that wakes who is on. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Shifts {
    current: Arc<AtomicU64>,
    bell: Arc<Notify>,
}

impl Shifts {
    /// Wakes one loop of the current shift, or the next that looks.
    pub fn wake(&self) {
        self.bell.notify_one();
    }

    /// Begins the next shift.
    #[must_use]
    pub fn next(&self) -> Shift {
        let number = self.current.fetch_add(1, Ordering::SeqCst) + 1;
        // The loop of the last one may sleep.
        self.bell.notify_waiters();
        Shift { shifts: self.clone(), number }
    }
}

/// One shift.
#[derive(Clone, Debug)]
pub struct Shift {
    shifts: Shifts,
    number: u64,
}

impl Shift {
    /// Whether it is still on. If not, a call that came to this one is passed on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        let on = self.shifts.current.load(Ordering::SeqCst) == self.number;
        if !on {
            self.shifts.wake();
        }
        on
    }

    /// Waits to be woken, at most that long: whether somebody did.
    pub async fn called_within(&self, patience: Duration) -> bool {
        timeout(patience, self.shifts.bell.notified()).await.is_ok()
    }
}

/// The loops that an actor has going in its shift.
#[derive(Debug)]
pub struct Crew(Vec<JoinHandle<()>>);

impl Crew {
    /// Those loops.
    #[must_use]
    pub fn of(loops: Vec<JoinHandle<()>>) -> Self {
        Self(loops)
    }

    /// Whether one of them has ended, which none does in its shift unless it broke.
    #[must_use]
    pub fn broke(&self) -> bool {
        self.0.iter().any(JoinHandle::is_finished)
    }
}
