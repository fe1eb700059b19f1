//! When a request has come whose body takes its time. Work is on time by that, so nobody may begin to send in time and go on with the work
//! itself when it is late.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actors::deps::Deps;
use entity::clock::{Timestamp, micros};
use futures_util::TryStreamExt as _;
use poem::Body;

/// How long in all a body may pause without being later for it, and how fast it is taken to be on its way while it does not pause.
const ALLOWED: Duration = Duration::from_secs(10);
const BYTES_A_SECOND: i64 = 128 << 10;

/// How a body comes.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// When the request has come, as far as is known.
    came: Timestamp,
    last: Timestamp,
    /// How long nothing came that should have, in microseconds. What comes faster makes up for pauses before it, and not for those after: else
    /// much that means nothing, sent in time, would buy time for the rest.
    paused: i64,
}

impl Pace {
    fn begun(head: Timestamp) -> Self {
        Self { came: head, last: head, paused: 0 }
    }

    /// So many bytes have come then.
    fn piece(&mut self, at: Timestamp, bytes: usize) {
        let since = at.0.saturating_sub(self.last.0).max(0);
        let explained = i64::try_from(bytes).unwrap_or(i64::MAX).saturating_mul(1_000_000) / BYTES_A_SECOND;
        let paused = self.paused.saturating_add(since).saturating_sub(explained).max(0);
        let beyond = paused.saturating_sub(micros(ALLOWED)).max(0);
        *self = Self { came: Timestamp(self.came.0.saturating_add(beyond)), last: at, paused: paused - beyond };
    }
}

/// A request whose body comes.
#[derive(Clone, Debug)]
pub(super) struct Arrival(Arc<Mutex<Pace>>);

impl Arrival {
    /// When it has come, as far as it has: the head, later by all pauses of more than ten seconds together.
    pub fn came(&self) -> Timestamp {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).came
    }
}

/// The body of a request whose head has come now, watched while it comes.
pub(super) fn watched(body: Body, deps: &Arc<Deps>) -> (Body, Arrival) {
    let arrival = Arrival(Arc::new(Mutex::new(Pace::begun(deps.clock.now()))));
    let (pace, deps) = (arrival.clone(), Arc::clone(deps));
    let pieces = body.into_bytes_stream().inspect_ok(move |piece| {
        let mut pace = pace.0.lock().unwrap_or_else(PoisonError::into_inner);
        pace.piece(deps.clock.now(), piece.len());
    });
    (Body::from_bytes_stream(pieces), arrival)
}

#[cfg(test)]
mod tests {
    use entity::clock::Timestamp;

    use super::Pace;

    /// When that came whose head came at second 100, and whose pieces came so many seconds later each, with so many bytes.
    fn came(pieces: impl IntoIterator<Item = (i64, usize)>) -> i64 {
        let second = |number: i64| Timestamp(number * 1_000_000);
        let (mut pace, mut at) = (Pace::begun(second(100)), 100);
        for (later, bytes) in pieces {
            at += later;
            pace.piece(second(at), bytes);
        }
        pace.came.0 / 1_000_000
    }

    #[test]
    fn who_takes_their_time_is_late() {
        const MEGABIT: usize = 128 << 10;
        assert_eq!(came([(0, 60_000)]), 100);
        assert_eq!(came([(10, 1)]), 100);
        assert_eq!(came([(90, 1)]), 179);
        // Thirty megabytes by a line of a megabit a second, and by one of half of that.
        assert_eq!(came((0..240).map(|_| (1, MEGABIT))), 100);
        assert_eq!(came((0..480).map(|_| (1, MEGABIT / 2))), 330);
        // Pauses add up.
        assert_eq!(came((0..10).map(|_| (4, 0))), 130);
        // Much at first buys no time for what comes later, and much at the end none for the silence before it.
        assert_eq!(came([(0, 40 * MEGABIT), (45, 1)]), 134);
        assert_eq!(came([(45, 1), (0, 40 * MEGABIT)]), 134);
        // A clock that is set back meanwhile makes nothing earlier.
        assert_eq!(came([(-50, 10), (55, 10)]), 144);
    }
}
