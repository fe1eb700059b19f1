//! A web socket that runs one program: the page says what, and hears everything until the end.
//!
//! ```text
//!   open ── {"action": "execute", "data": …} ──▶ running ── last frame, completed ──▶ closed
//!     │                                            │
//!     └── anything else, or too late ──▶ told why  └── the page has gone ──▶ the run is cancelled
//! ```
//!
//! The records are those that pages get by polling; nothing waits for a page that does not read but this socket.

use std::sync::Arc;
use std::time::Duration;

use actors::deps::Deps;
use actors::execution::cancel_run;
use actors::execution::check_guest::seen;
use actors::execution::run_program::Visiting;
use actors::live::follow::{self, RunNews};
use actors::problem::Fault;
use entity::execution::record::{Model, Place};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use poem::http::StatusCode;
use poem::web::websocket::{Message, WebSocketStream};
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::record::{MESSAGES, Places, piece};
use super::{MAX_BODY, Refusal, run};
use crate::http::Shared;

/// How long a page may take to say what it wants.
const OPENING: Duration = Duration::from_secs(10);
/// How often the other end is asked whether it is there.
const PING: Duration = Duration::from_secs(15);
/// Without a word for so long, it is not.
const GONE: Duration = Duration::from_secs(45);
/// How long one frame may take to leave.
const SEND: Duration = Duration::from_secs(10);
/// Records in one frame.
const GATHERED: usize = 64;

type Sink = SplitSink<WebSocketStream, Message>;
type Source = SplitStream<WebSocketStream>;

/// The page has gone, or does not read.
struct Gone;

/// Serves one socket to its end.
pub(super) async fn serve(stream: WebSocketStream, shared: Arc<Shared>, origin: String) {
    let (sink, source) = stream.split();
    let mut line = Line { sink, source, heard: Instant::now() };
    let Ok(Some(asked)) = timeout(OPENING, line.hear()).await else { return line.close().await };
    let started = match execution(&asked) {
        Ok(data) => run::start(&shared, &origin, &data).await,
        Err(message) => Err(Refusal::new(StatusCode::BAD_REQUEST, message)),
    };
    match started {
        Ok(Visiting { run, language, names, .. }) => {
            let places = Places::new(&shared, &language, names);
            if line.follow(&shared, run, &places).await.is_err()
                && let Err(fault) = cancel_run::stop(&shared.deps, run).await
            {
                tracing::warn!(run.id = run, error = %fault, "a run whose page has gone could not be cancelled");
            }
        }
        Err(refusal) => drop(line.refuse(&refusal.message).await),
    }
    line.close().await;
}

/// The object of the page in its first frame.
fn execution(text: &str) -> Result<Value, String> {
    if text.len() > MAX_BODY {
        return Err(format!("The frame has more than {MAX_BODY} bytes."));
    }
    let mut frame: Value = serde_json::from_str(text).map_err(|error| format!("The frame is not JSON: {error}."))?;
    if frame["action"] != "execute" || !frame["data"].is_object() {
        return Err("The frame must be {\"action\": \"execute\", \"data\": {…}}.".to_owned());
    }
    Ok(frame["data"].take())
}

/// The two ends of a socket.
struct Line {
    sink: Sink,
    source: Source,
    heard: Instant,
}

impl Line {
    /// The next text; none when the page has gone.
    async fn hear(&mut self) -> Option<String> {
        while let Some(Ok(message)) = self.source.next().await {
            self.heard = Instant::now();
            match message {
                Message::Text(text) => return Some(text),
                Message::Close(_) => return None,
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => {}
            }
        }
        None
    }

    async fn say(&mut self, message: Message) -> Result<(), Gone> {
        match timeout(SEND, self.sink.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }

    /// Tells what is wrong, in the way by which pages know it from output.
    async fn refuse(&mut self, message: &str) -> Result<(), Gone> {
        let id = || format!("{:016x}", actors::runner::new_token());
        let frame = json!({ "message": message, "connectionId": id(), "requestId": id() });
        self.say(Message::Text(frame.to_string())).await
    }

    async fn close(mut self) {
        let _ = timeout(SEND, self.sink.close()).await;
        // Up to the other end's own goodbye: a connection that is dropped with something unread takes the last frames with it.
        let _ = timeout(SEND, async { while let Some(Ok(_)) = self.source.next().await {} }).await;
    }

    /// Tells the page everything about a run, up to its end.
    async fn follow(&mut self, shared: &Shared, run: i64, places: &Places<'_>) -> Result<(), Gone> {
        let news = follow::run(Deps::clone(&shared.deps), run, Place::default()).ready_chunks(GATHERED);
        let mut news = std::pin::pin!(news);
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut first = true;
        loop {
            tokio::select! {
                told = news.next() => {
                    let told: Vec<RunNews> = told.into_iter().flatten().collect::<Result<_, _>>().map_err(|error| broken(&error.into()))?;
                    if std::mem::take(&mut first) {
                        seen(&shared.deps, run).await.map_err(|fault| broken(&fault))?;
                    }
                    if self.tell(told, places).await? {
                        return Ok(());
                    }
                }
                text = self.hear() => match text {
                    Some(_) => self.refuse("This socket runs one program; open another for the next.").await?,
                    None => return Err(Gone),
                },
                _ = ping.tick() => {
                    if self.heard.elapsed() > GONE {
                        return Err(Gone);
                    }
                    self.say(Message::Ping(Vec::new())).await?;
                }
            }
        }
    }

    /// Whether that was the end.
    async fn tell(&mut self, told: Vec<RunNews>, places: &Places<'_>) -> Result<bool, Gone> {
        let mut gathered: Vec<Model> = Vec::new();
        for news in told {
            match news {
                RunNews::Record(record) => {
                    if gathered.last().is_some_and(|last| last.case_number != record.case_number) {
                        self.frame(std::mem::take(&mut gathered), places).await?;
                    }
                    gathered.push(record);
                }
                // Nothing of it was told yet, or it would not have begun anew.
                RunNews::Restarted(_) => gathered.clear(),
                RunNews::Finished(run, _) => {
                    self.frame(std::mem::take(&mut gathered), places).await?;
                    let status = run.status.unwrap_or(1);
                    let last = json!({ "output": [], "status": status, "completed": true, "message": MESSAGES[1] });
                    self.say(Message::Text(last.to_string())).await?;
                    return Ok(true);
                }
            }
        }
        self.frame(gathered, places).await.map(|()| false)
    }

    /// Records of one case, or of none.
    async fn frame(&mut self, records: Vec<Model>, places: &Places<'_>) -> Result<(), Gone> {
        let Some(first) = records.first() else { return Ok(()) };
        let output: Vec<Value> = records.iter().map(|record| piece(record, places)).collect();
        let mut frame = json!({ "output": output, "status": 0, "completed": false, "message": MESSAGES[0] });
        if let Some(case) = first.case_number {
            frame["ref"] = json!(case);
        }
        self.say(Message::Text(frame.to_string())).await
    }
}

fn broken(fault: &Fault) -> Gone {
    tracing::warn!(error = %fault, "a socket of the code runner cannot go on");
    Gone
}

#[cfg(test)]
mod tests {
    use super::execution;

    #[test]
    fn only_an_execution_is_executed() {
        assert_eq!(execution(r#"{"action":"execute","data":{"mode":"run"}}"#).expect("an object")["mode"], "run");
        for wrong in ["", "[]", "{}", r#"{"action":"execute"}"#, r#"{"action":"stop","data":{}}"#] {
            assert!(execution(wrong).is_err(), "{wrong}");
        }
    }
}
