//! A web socket that speaks `graphql-transport-ws`.
//!
//! ```text
//!   open ── connection_init in time, token good ──▶ acknowledged ── subscribe / complete / ping, as often as wanted
//!     │                                                  │
//!     └── anything else, or too late ──▶ closed ◀────────┴── a message that is none, a second init, an id twice, rights changed
//! ```
//!
//! A socket is one task; its [operations](super::operations) run in it. A reader that does not keep up stops its operations and then
//! the socket; it never makes the server hold what it has not read. One that is silent is asked whether it is there: its machine may
//! have gone without a word.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use poem::web::websocket::{CloseCode, Message, WebSocketConfig, WebSocketStream};
use serde_json::Value;
use tokio::time::{Instant, interval, sleep_until, timeout};

use super::admission;
use super::authenticate::{Knocker, by_token, strip_scheme, without_token};
use super::message::{Closing, FromClient, FromServer, text};
use super::operations::Operations;
use super::parameters::Parameters;
use super::request;
use crate::graphql::context::{self, Caller};
use crate::graphql::error::of_json;
use crate::graphql::limits::{BODY, json};
use crate::http::Shared;

/// The protocol that is spoken.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// Operations of one socket at the same time.
const OPERATIONS: usize = 20;
/// What is read from a socket at once, in bytes. Every open socket holds a buffer of this size; the library's own would hold 128 KiB.
const READ: usize = 1 << 10;
/// The longest message of a client, in bytes.
const LONGEST: usize = BODY.max;

/// The buffers of a socket: small, and what is written leaves at once.
pub(super) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ)
        .write_buffer_size(0)
        .max_message_size(Some(LONGEST))
        .max_frame_size(Some(LONGEST))
}

/// What the handshake of a socket brought.
#[derive(Debug)]
pub(super) struct Handshake {
    pub token: Option<String>,
    /// Whose browser it is, by its cookie.
    pub browser: Option<Knocker>,
    /// Whether the client offered our protocol.
    pub understood: bool,
}

/// Serves one socket to its end.
pub(super) async fn serve(mut stream: WebSocketStream, shared: Arc<Shared>, caller: Caller, handshake: Handshake) {
    let _open = shared.sockets.enter();
    let opened = match handshake {
        Handshake { understood: true, token, browser } => open(&mut stream, &shared, token, browser).await,
        Handshake { understood: false, .. } => Err(Closing::not_acceptable()),
    };
    let closing = match opened {
        Ok(Some(who)) => {
            let shared = Arc::clone(&shared);
            Session { shared, who, caller, operations: Operations::default() }.run(&mut stream).await
        }
        Ok(None) => return,
        Err(closing) => Some(closing),
    };
    let farewell = async {
        if let Some(Closing { code, reason }) = closing {
            stream.send(Message::Close(Some((CloseCode::from(code), reason)))).await?;
        }
        stream.close().await
    };
    // It is told if it listens.
    let _ = timeout(shared.patience.taking, farewell).await;
}

/// The first message: who it is. None when the client left.
async fn open(
    stream: &mut WebSocketStream,
    shared: &Shared,
    token: Option<String>,
    browser: Option<Knocker>,
) -> Result<Option<Knocker>, Closing> {
    let deadline = Instant::now() + shared.patience.opening;
    loop {
        let message = tokio::select! {
            message = stream.next() => message,
            () = sleep_until(deadline) => return Err(Closing::init_timeout()),
            () = shared.sockets.stopped() => return Err(Closing::restart()),
        };
        let Some(Ok(message)) = message else { return Ok(None) };
        match read(message)? {
            Read::Said(FromClient::ConnectionInit { payload }) => {
                let said = payload.as_ref().and_then(|payload| {
                    let value = payload.get("Authorization").or_else(|| payload.get("authorization"))?;
                    strip_scheme(value.as_str()?).map(str::to_owned)
                });
                let knocker = match (said.or(token), browser) {
                    (Some(token), _) => by_token(&token, shared).await.map_err(|refusal| Closing::refused(&refusal))?,
                    (None, Some(browser)) => browser,
                    (None, None) => without_token(shared),
                };
                send(stream, shared, text(&FromServer::ConnectionAck)).await?;
                return Ok(Some(knocker));
            }
            Read::Said(FromClient::Ping { .. }) => send(stream, shared, text(&FromServer::Pong)).await?,
            Read::Said(FromClient::Pong { .. } | FromClient::Complete { .. }) | Read::Nothing => {}
            Read::Said(FromClient::Subscribe { .. }) => return Err(Closing::unauthorized()),
            Read::Left => return Ok(None),
        }
    }
}

enum Read {
    Said(FromClient),
    /// A frame that only keeps the connection alive.
    Nothing,
    Left,
}

fn read(message: Message) -> Result<Read, Closing> {
    match message {
        Message::Text(text) => {
            json::allow(text.as_bytes()).map_err(Closing::invalid)?;
            serde_json::from_str(&text).map(Read::Said).map_err(|error| Closing::invalid(of_json(&error)))
        }
        Message::Binary(_) => Err(Closing::invalid("it is binary")),
        Message::Ping(_) | Message::Pong(_) => Ok(Read::Nothing),
        Message::Close(_) => Ok(Read::Left),
    }
}

async fn send(stream: &mut WebSocketStream, shared: &Shared, text: String) -> Result<(), Closing> {
    send_frame(stream, shared, Message::Text(text)).await
}

async fn send_frame(stream: &mut WebSocketStream, shared: &Shared, frame: Message) -> Result<(), Closing> {
    match timeout(shared.patience.taking, stream.send(frame)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Closing::too_slow()),
    }
}

/// A socket that has said who it is.
struct Session {
    shared: Arc<Shared>,
    who: Knocker,
    caller: Caller,
    operations: Operations,
}

impl Session {
    /// Serves until somebody leaves; the closing to send, if it is us.
    async fn run(mut self, stream: &mut WebSocketStream) -> Option<Closing> {
        let shared = Arc::clone(&self.shared);
        let mut rights = shared.rights.of(&self.who);
        let mut heard = Instant::now();
        let mut silence = interval(shared.patience.silence);
        loop {
            let step = tokio::select! {
                // First: what would be answered from here on may lack the database.
                biased;
                () = shared.sockets.stopped() => return Some(Closing::restart()),
                closing = rights.ended() => return Some(closing),
                message = stream.next() => match message {
                    Some(Ok(message)) => {
                        heard = Instant::now();
                        self.hear(stream, message).await
                    }
                    Some(Err(_)) | None => return None,
                },
                message = self.operations.next() => send(stream, &shared, message).await.map(|()| true),
                _ = silence.tick() => ask_whether_there(stream, &shared, heard).await.map(|()| true),
            };
            match step {
                Ok(true) => {}
                Ok(false) => return None,
                Err(closing) => return Some(closing),
            }
        }
    }

    /// Does what a message says; false when the client leaves.
    async fn hear(&mut self, stream: &mut WebSocketStream, message: Message) -> Result<bool, Closing> {
        match read(message)? {
            Read::Left => return Ok(false),
            Read::Nothing | Read::Said(FromClient::Pong { .. }) => {}
            Read::Said(FromClient::Ping { .. }) => send(stream, &self.shared, text(&FromServer::Pong)).await?,
            Read::Said(FromClient::ConnectionInit { .. }) => return Err(Closing::too_many_inits()),
            Read::Said(FromClient::Subscribe { id, payload }) => {
                if let Some(refused) = self.subscribe(id, payload)? {
                    send(stream, &self.shared, refused).await?;
                }
            }
            Read::Said(FromClient::Complete { id }) => self.operations.stop(&id),
        }
        Ok(true)
    }

    /// Starts an operation; the message to send if it is refused.
    fn subscribe(&mut self, id: String, payload: Value) -> Result<Option<String>, Closing> {
        let parameters = Parameters::read(payload).map_err(|refusal| Closing::invalid(refusal.message()))?;
        if self.operations.has(&id) {
            return Err(Closing::subscriber_exists(&id));
        }
        if self.operations.len() >= OPERATIONS {
            return Err(Closing::too_many_operations(OPERATIONS));
        }
        let deps = Arc::clone(&self.shared.deps);
        let received_at = deps.clock.now();
        let context = context::Request::new(deps, Arc::clone(&self.who.scope), self.caller.clone(), received_at);
        let asked = parameters.asked(&self.shared.documents, self.shared.only_trusted());
        let admitted = asked.and_then(|mut asked| {
            request::weigh(&self.shared.schema, &mut asked.operation)?;
            Ok((asked.operation, admission::admit(&self.shared, &self.who, self.caller.address)?))
        });
        let (operation, terms) = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => {
                self.shared.schema.refused(refusal.code());
                return Ok(Some(text(&FromServer::Error { id: &id, payload: &[refusal.into_error()] })));
            }
        };
        let follows = request::follows_something(&operation);
        let mut answers = self.shared.schema.execute_stream(operation.data(context).data(terms));
        if !follows {
            answers = admission::stream_in_time(self.shared.limits.patience, answers);
        }
        self.operations.start(id, answers, follows);
        Ok(None)
    }
}

/// Asks a socket that was silent, and ends one that has not answered.
async fn ask_whether_there(stream: &mut WebSocketStream, shared: &Shared, heard: Instant) -> Result<(), Closing> {
    let silent = heard.elapsed();
    if silent >= shared.patience.gone {
        return Err(Closing::gone());
    }
    if silent < shared.patience.silence {
        return Ok(());
    }
    send_frame(stream, shared, Message::Ping(Vec::new())).await
}
