//! GraphQL over server-sent events, in the protocol's mode of distinct connections: one operation, whose results are the events of
//! the answer.
//!
//! ```text
//!   Accept: text/event-stream ──▶ next, next, … ──▶ complete
//!                                  │
//!                                  └── the server stops, or the reader is too slow ──▶ the end without `complete`: ask again
//! ```
//!
//! A stream is one task, which gives the connection one event at a time. What the connection has not taken in time ends it.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Response as Answer, ServerError};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, once, poll_fn};
use hyper::body::Bytes;
use poem::http::StatusCode;
use poem::http::header::{CACHE_CONTROL, VARY};
use poem::{Body, Response};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::refusal::Refusal;
use super::rights::Told;
use super::streams::Entered;
use crate::http::Shared;

/// The type of an answer.
const TYPE: &str = "text/event-stream; charset=utf-8";
/// There is no more. Readers of the format ignore an event without data, so it has some, which is empty.
const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");
/// Says nothing, but says it.
const STILL_THERE: Bytes = Bytes::from_static(b":\n\n");

type Chunk = Result<Bytes, std::io::Error>;

/// Answers with the results of an operation, as they come.
pub(super) fn follow(
    shared: &Arc<Shared>,
    answers: BoxStream<'static, Answer>,
    rights: Told,
    entered: Entered,
) -> Response {
    let (events, mut taken) = mpsc::channel(1);
    let stream = Stream { shared: Arc::clone(shared), events, rights, _entered: entered };
    tokio::spawn(stream.run(answers));
    response(Body::from_bytes_stream(poll_fn(move |cx| taken.poll_recv(cx).map(|event| event.map(Chunk::Ok)))))
}

/// Answers that the operation cannot be executed. A status would tell a page nothing: its browser keeps it for itself.
pub(super) fn refused(refusal: Refusal) -> Response {
    let events = [next(&Refused { errors: &[refusal.into_error()] }), COMPLETE];
    response(Body::from_bytes_stream(once(async move { Chunk::Ok(events.concat().into()) })))
}

/// Whether a refusal is told as an event. What HTTP itself has a word for has its status.
pub(super) fn tells(refusal: &Refusal) -> bool {
    refusal.status() == StatusCode::BAD_REQUEST
}

fn response(body: Body) -> Response {
    Response::builder()
        .content_type(TYPE)
        .header(CACHE_CONTROL, "no-store")
        .header(VARY, "Accept, Authorization")
        // A proxy that gathers answers would keep the events to itself.
        .header("x-accel-buffering", "no")
        .body(body)
}

#[derive(Serialize)]
struct Refused<'e> {
    errors: &'e [ServerError],
}

/// An event with a result. JSON has no line breaks.
fn next(result: &impl Serialize) -> Bytes {
    let result = serde_json::to_string(result).unwrap_or_default();
    Bytes::from(format!("event: next\ndata: {result}\n\n"))
}

struct Stream {
    shared: Arc<Shared>,
    events: mpsc::Sender<Bytes>,
    rights: Told,
    _entered: Entered,
}

impl Stream {
    /// Tells the results, until there are no more or the stream must end.
    async fn run(mut self, mut answers: BoxStream<'static, Answer>) {
        let silence = self.shared.patience.silence;
        loop {
            let streams = &self.shared.streams;
            let event = tokio::select! {
                biased;
                () = streams.stopped() => return,
                () = self.events.closed() => return,
                closing = self.rights.ended() => {
                    let over = Refusal::unauthenticated(&closing.reason).into_error();
                    if self.tell(next(&Refused { errors: &[over] })).await {
                        self.tell(COMPLETE).await;
                    }
                    return;
                }
                answer = answers.next() => match answer {
                    Some(answer) => next(&answer),
                    None => {
                        self.tell(COMPLETE).await;
                        return;
                    }
                },
                () = sleep(silence) => STILL_THERE,
            };
            if !self.tell(event).await {
                return;
            }
        }
    }

    /// Gives an event to the connection; false if that has not taken the one before in time, or is gone.
    async fn tell(&self, event: Bytes) -> bool {
        let patience: Duration = self.shared.patience.taking;
        tokio::select! {
            taken = self.events.send_timeout(event, patience) => taken.is_ok(),
            () = self.shared.streams.stopped() => false,
        }
    }
}
