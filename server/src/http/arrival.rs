//! When a request has come whose body takes its time. Work is on time by that: so what is on its way without stopping counts from its beginning,
//! and who begins to send in time and pauses counts by so much later.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use actors::deps::Deps;
use entity::clock::{Timestamp, micros};
use futures_util::{Stream as _, stream};
use poem::Body;
use tokio::time::Instant;

/// How long in all a body may pause without being later for it, and how fast it is taken to be on its way while it does not pause.
const ALLOWED: Duration = Duration::from_secs(10);
const BYTES_A_SECOND: i64 = 128 << 10;

/// How a body comes. In microseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    /// By how much later it has come than its head.
    later: i64,
    /// How long nothing came that should have. What comes faster makes up for pauses before it, and not for those after: else much that means
    /// nothing, sent in time, would buy time for the rest.
    paused: i64,
}

impl Pace {
    /// So many bytes have come, so long after those before.
    fn piece(&mut self, since: Duration, bytes: usize) {
        let explained = i64::try_from(bytes).unwrap_or(i64::MAX).saturating_mul(1_000_000) / BYTES_A_SECOND;
        let paused = self.paused.saturating_add(micros(since)).saturating_sub(explained).max(0);
        let beyond = paused.saturating_sub(micros(ALLOWED)).max(0);
        *self = Self { later: self.later.saturating_add(beyond), paused: paused - beyond };
    }
}

/// A request whose body comes.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    head: Timestamp,
    pace: Arc<Mutex<Pace>>,
}

impl Arrival {
    /// When it has come, as far as it has: the head, later by all pauses of more than ten seconds together.
    pub fn came(&self) -> Timestamp {
        let later = self.pace.lock().unwrap_or_else(PoisonError::into_inner).later;
        Timestamp(self.head.0.saturating_add(later))
    }
}

/// The body of a request whose head has come now, watched while it is read. What we do before we read it is no pause of who sends it.
pub(super) fn watched(body: Body, deps: &Deps) -> (Body, Arrival) {
    let arrival = Arrival { head: deps.clock.now(), pace: Arc::default() };
    let (pace, mut last) = (Arc::clone(&arrival.pace), None);
    let mut pieces = Box::pin(body.into_bytes_stream());
    let watched = stream::poll_fn(move |context| {
        let before = *last.get_or_insert_with(Instant::now);
        let polled = pieces.as_mut().poll_next(context);
        if let Poll::Ready(Some(Ok(piece))) = &polled {
            let now = Instant::now();
            last = Some(now);
            pace.lock().unwrap_or_else(PoisonError::into_inner).piece(now - before, piece.len());
        }
        polled
    });
    (Body::from_bytes_stream(watched), arrival)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pace;

    /// By how many seconds later than its head that came whose pieces came so many seconds after each other, with so many bytes.
    fn later(pieces: impl IntoIterator<Item = (u64, usize)>) -> i64 {
        let mut pace = Pace::default();
        pieces.into_iter().for_each(|(since, bytes)| pace.piece(Duration::from_secs(since), bytes));
        pace.later / 1_000_000
    }

    #[test]
    fn who_takes_their_time_is_late() {
        const MEGABIT: usize = 128 << 10;
        assert_eq!(later([(0, 60_000)]), 0);
        assert_eq!(later([(10, 1)]), 0);
        assert_eq!(later([(90, 1)]), 79);
        // Thirty megabytes by a line of a megabit a second, and by one of half of that.
        assert_eq!(later((0..240).map(|_| (1, MEGABIT))), 0);
        assert_eq!(later((0..480).map(|_| (1, MEGABIT / 2))), 230);
        // Pauses add up.
        assert_eq!(later((0..10).map(|_| (4, 0))), 30);
        // Much at first buys no time for what comes later, and much at the end none for the silence before it.
        assert_eq!(later([(0, 40 * MEGABIT), (45, 1)]), 34);
        assert_eq!(later([(45, 1), (0, 40 * MEGABIT)]), 34);
    }
}
