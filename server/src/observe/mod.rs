//! What operators see of a process: its log, the faults that are reported to Sentry, and spans for OpenTelemetry.
//!
//! Nothing here is about a person. A request is its route, the kind and name of its operation and its [id](request_id::RequestId);
//! who asks is an opaque id; a cause is told [without what people sent](actors::cause). Whatever breaks is logged once, as an error; the
//! log's line is what Sentry is told. No request waits for any of it.

mod log;
pub mod panics;
pub mod record;
pub mod request_id;
mod sentry;
mod spans;
pub mod traced;

use std::time::Duration;

use crate::config::Config;
use crate::http_client::Bounds;
use sentry::Sentry;
use spans::Spans;

/// The target of the span and the line of each request in the log.
pub const REQUEST: &str = "request";
/// The target of spans that only OpenTelemetry is to see. While it is off they are never made.
pub const TRACE: &str = "trace";

/// How long what is still to be told may take at the end of the process.
const FLUSH: Duration = Duration::from_secs(2);
/// How long who is told something may take to say that it was heard, and how much of that is read.
const ASKED: Bounds = Bounds { deadline: Duration::from_secs(5), longest: 64 << 10 };

/// What watches over a process that serves or works. To be ended by [`end`](Self::end).
#[derive(Debug, Default)]
pub struct Observer {
    sentry: Option<Sentry>,
    spans: Option<Spans>,
}

impl Observer {
    /// Begins to log, and to report where the configuration names somebody to report to. To be called once in a process, on its
    /// runtime.
    #[must_use]
    pub fn begin(config: &Config) -> Self {
        let (sentry, spans) = (Sentry::of(config), Spans::of(config));
        log::begin(config.mode, sentry.as_ref(), spans.as_ref().and_then(|spans| spans.as_ref().ok()));
        if crate::config::has_slip() {
            tracing::warn!("SENTRY_DNS is read as SENTRY_DSN; give it its right name");
        }
        let spans = match spans {
            Some(Err(error)) => {
                tracing::warn!(error = %error, "spans cannot be exported");
                None
            }
            Some(Ok(spans)) => Some(spans),
            None => None,
        };
        Self { sentry, spans }
    }

    /// Tells what is still to be told, for two seconds at most.
    pub async fn end(self) {
        let reported = async {
            if let Some(sentry) = &self.sentry {
                sentry.flush(FLUSH).await;
            }
        };
        let exported = async {
            if let Some(spans) = self.spans {
                spans.flush(FLUSH).await;
            }
        };
        tokio::join!(reported, exported);
    }
}
