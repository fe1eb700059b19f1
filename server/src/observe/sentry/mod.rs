//! Faults, to Sentry or whatever speaks its protocol: what the log has as an error, as one event.
//!
//! Who reports never waits: events go through a bounded queue to a task that sends one after the other, keeps to what the server
//! says about its limits, and tries nothing twice.

mod event;
mod limits;
mod report;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use entity::clock::Clock;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use sentry_types::Dsn;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

use crate::config::{Config, Mode};
use crate::http_client::{Client, Failure};
use event::Event;
use limits::Limits;
pub(super) use report::Report;

/// Events that wait to be sent.
const WAITING: usize = 64;
/// How we call ourselves.
const AGENT: &str = concat!("lectern/", env!("CARGO_PKG_VERSION"));

/// The way to Sentry. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sentry {
    queue: mpsc::Sender<Parcel>,
    dropped: Arc<AtomicU64>,
    clock: Clock,
    public_url: Arc<str>,
}

enum Parcel {
    Event(Box<Event>),
    /// Everything before it was sent, or given up.
    Flush(oneshot::Sender<()>),
}

impl Sentry {
    /// Begins to report, in production, if the configuration says to whom.
    pub fn of(config: &Config) -> Option<Self> {
        let dsn = config.sentry_dsn.as_ref().filter(|_| config.mode == Mode::Production)?;
        // Its form was looked at with the rest of the configuration.
        let dsn: Dsn = dsn.reveal().parse().ok()?;
        let client = Client::new(super::ASKED).ok()?;
        let (queue, waiting) = mpsc::channel(WAITING);
        let clock = Clock::System;
        let sender = Sender { dsn, client, clock: clock.clone(), limits: Limits::default() };
        tokio::spawn(sender.send_all(waiting));
        Some(Self { queue, dropped: Arc::default(), clock, public_url: config.public_url.as_str().into() })
    }

    /// Reports, or drops it if too many wait.
    fn report(&self, event: Event) {
        if self.queue.try_send(Parcel::Event(Box::new(event))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until what was reported is sent, for so long at most.
    pub async fn flush(&self, longest: Duration) {
        let (done, told) = oneshot::channel();
        let flushed = async {
            if self.queue.send(Parcel::Flush(done)).await.is_ok() {
                let _ = told.await;
            }
        };
        let _ = timeout(longest, flushed).await;
        let dropped = self.dropped.load(Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(dropped, "more broke than could be reported to Sentry");
        }
    }
}

/// Sends events, one after the other.
struct Sender {
    dsn: Dsn,
    client: Client,
    clock: Clock,
    limits: Limits,
}

impl Sender {
    async fn send_all(mut self, mut waiting: mpsc::Receiver<Parcel>) {
        while let Some(parcel) = waiting.recv().await {
            match parcel {
                Parcel::Event(_) if self.limits.hold(Instant::now()) => {}
                Parcel::Event(event) => {
                    if let Err(error) = self.send(&event).await {
                        // A warning: an error would be the next event.
                        tracing::warn!(error = %error, "a fault cannot be reported to Sentry");
                    }
                }
                Parcel::Flush(done) => drop(done.send(())),
            }
        }
    }

    async fn send(&mut self, event: &Event) -> Result<(), Failure> {
        let envelope = event.envelope(&self.dsn, self.clock.now())?;
        let request = Request::post(self.dsn.envelope_api_url().as_str())
            .header(CONTENT_TYPE, "application/x-sentry-envelope")
            .header("x-sentry-auth", self.dsn.to_auth(Some(AGENT)).to_string())
            .body(Bytes::from(envelope))?;
        let answer = self.client.send(request).await?;
        let seconds = self.clock.now().0.div_euclid(1_000_000);
        self.limits.heed(answer.status(), answer.headers(), Instant::now(), seconds);
        if answer.status().is_success() || answer.status().as_u16() == 429 {
            return Ok(());
        }
        Err(format!("it was answered with {}", answer.status()).into())
    }
}
