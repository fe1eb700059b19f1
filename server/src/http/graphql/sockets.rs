//! The web sockets that are open, so that each is told before the process ends.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How long the sockets may take to be told.
const FAREWELL: Duration = Duration::from_secs(2);

/// The open sockets. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Sockets {
    stop: CancellationToken,
    open: TaskTracker,
}

impl Sockets {
    /// Counts a socket as open while what is given back lives.
    pub(super) fn enter(&self) -> TaskTrackerToken {
        self.open.token()
    }

    /// How many are open.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
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
