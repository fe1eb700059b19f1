//! The streams of events that are open: so many for each viewer and for the process, and each told when the process stops.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use poem::http::StatusCode;
use prometheus::{IntGauge, Opts, Registry};
use tokio_util::sync::CancellationToken;

use super::refusal::Refusal;
use crate::graphql::error::Code;

/// Streams of one viewer at the same time; of all together who have not said who they are.
const OF_ONE: usize = 20;
/// Streams of the process.
const OF_ALL: usize = 1_000;

/// The open streams. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Streams {
    stop: CancellationToken,
    open: Arc<Mutex<HashMap<Option<i64>, usize>>>,
    count: IntGauge,
}

impl Streams {
    /// None yet. Their number is among the metrics.
    ///
    /// # Errors
    /// When it has been there before.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let count = IntGauge::with_opts(Opts::new("lectern_graphql_streams", "Streams of events open at /graphql."))?;
        registry.register(Box::new(count.clone()))?;
        Ok(Self { stop: CancellationToken::new(), open: Arc::default(), count })
    }

    /// Counts a stream of this viewer as open while what is given back lives.
    pub(super) fn enter(&self, viewer: Option<i64>) -> Result<Entered, Refusal> {
        let mut open = self.open();
        if open.values().sum::<usize>() >= OF_ALL {
            let message = "This server has as many streams of events as it can; try again later.";
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message, Code::Unavailable));
        }
        let own = open.entry(viewer).or_default();
        if *own >= OF_ONE {
            let message = format!("At most {OF_ONE} streams of events are open at once; end one, or use a web socket.");
            return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, message, Code::TooManyStreams));
        }
        *own += 1;
        self.count.inc();
        Ok(Entered { streams: self.clone(), viewer })
    }

    /// Waits until the process stops.
    pub(super) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Ends all streams, and those that are opened later.
    pub fn end(&self) {
        self.stop.cancel();
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Option<i64>, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open stream.
#[derive(Debug)]
pub(super) struct Entered {
    streams: Streams,
    viewer: Option<i64>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.streams.count.dec();
        let mut open = self.streams.open();
        match open.get_mut(&self.viewer) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(open.remove(&self.viewer)),
        }
    }
}

#[cfg(test)]
mod tests {
    use poem::http::StatusCode;
    use prometheus::Registry;

    use super::{OF_ALL, OF_ONE, Streams};

    #[test]
    fn each_viewer_and_the_process_have_their_limit() {
        let streams = Streams::new(&Registry::new()).unwrap();
        let refused = |viewer| streams.enter(viewer).map(drop).unwrap_err().status();
        let own: Vec<_> = (0..OF_ONE).map(|_| streams.enter(Some(1)).unwrap()).collect();
        assert_eq!(refused(Some(1)), StatusCode::TOO_MANY_REQUESTS);
        let others: Vec<_> = (OF_ONE..OF_ALL).map(|viewer| streams.enter(Some(viewer as i64)).unwrap()).collect();
        assert_eq!(refused(None), StatusCode::SERVICE_UNAVAILABLE);
        drop(own);
        assert!(streams.enter(Some(1)).is_ok());
        drop(others);
        assert!(streams.open().is_empty() && streams.count.get() == 0);
    }
}
