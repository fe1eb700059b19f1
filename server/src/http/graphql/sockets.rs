//! The web sockets that are open, so that each is told before the process ends.

use std::time::Duration;

use prometheus::{IntGauge, Opts, Registry};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How long the sockets may take to be told.
const FAREWELL: Duration = Duration::from_secs(2);

/// The open sockets. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sockets {
    stop: CancellationToken,
    open: TaskTracker,
    count: IntGauge,
}

/// An open socket.
#[derive(Debug)]
pub(super) struct Entered {
    _open: TaskTrackerToken,
    count: IntGauge,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.count.dec();
    }
}

impl Sockets {
    /// None yet. Their number is among the metrics.
    ///
    /// # Errors
    /// When it has been there before.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let count = IntGauge::with_opts(Opts::new("lectern_graphql_sockets", "Web sockets open at /graphql."))?;
        registry.register(Box::new(count.clone()))?;
        Ok(Self { stop: CancellationToken::new(), open: TaskTracker::new(), count })
    }

    /// Counts a socket as open while what is given back lives.
    pub(super) fn enter(&self) -> Entered {
        self.count.inc();
        Entered { _open: self.open.token(), count: self.count.clone() }
    }

    /// Waits until the process ends.
    pub(super) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Has each socket closed, and waits until they are, for two seconds at most. Those that are opened later are closed at once.
    pub async fn close(&self) {
        self.stop.cancel();
        self.open.close();
        if timeout(FAREWELL, self.open.wait()).await.is_err() {
            tracing::debug!(sockets = self.open.len(), "some readers were too slow to be told that the process ends");
        }
    }
}
