//! A web socket that speaks `graphql-transport-ws`.
//!
//! ```text
//!   open ── connection_init in time, token good ──▶ acknowledged ── subscribe / complete / ping, as often as wanted
//!     │                                                  │
//!     └── anything else, or too late ──▶ closed ◀────────┴── a message that is none, a second init, an id twice, rights changed
//! ```
//!
//! A socket is one task; its [operations](super::operations) run in it. A reader that does not keep up stops its operations and then
//! the socket; it never makes the server hold what it has not read.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use poem::web::websocket::{CloseCode, Message, WebSocketConfig, WebSocketStream};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};

use super::admission;
use super::authenticate::{Knocker, by_token, strip_scheme, without_token};
use super::message::{Closing, FromClient, FromServer, Subscribe, text};
use super::operations::Operations;
use super::request;
use crate::graphql::context;
use crate::graphql::error::of_json;
use crate::graphql::limits::{BODY, json};
use crate::http::Shared;

/// The protocol that is spoken.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// How long a client may take to say who it is.
const INIT: Duration = Duration::from_secs(10);
/// How long one message may take to leave.
const SEND: Duration = Duration::from_secs(10);
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

/// Serves one socket to its end. `address` is where it comes from, as a digest; `token` came with the handshake; `understood` is whether
/// the client offered our protocol.
pub(super) async fn serve(
    mut stream: WebSocketStream,
    shared: Arc<Shared>,
    address: u64,
    token: Option<String>,
    understood: bool,
) {
    let _open = shared.sockets.enter();
    let opened = if understood { open(&mut stream, &shared, token).await } else { Err(Closing::not_acceptable()) };
    let closing = match opened {
        Ok(Some(who)) => Session { shared, who, address, operations: Operations::default() }.run(&mut stream).await,
        Ok(None) => return,
        Err(closing) => Some(closing),
    };
    if let Some(Closing { code, reason }) = closing {
        let _ = timeout(SEND, stream.send(Message::Close(Some((CloseCode::from(code), reason))))).await;
    }
    let _ = timeout(SEND, stream.close()).await;
}

/// The first message: who it is. None when the client left.
async fn open(
    stream: &mut WebSocketStream,
    shared: &Shared,
    token: Option<String>,
) -> Result<Option<Knocker>, Closing> {
    let deadline = Instant::now() + INIT;
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
                let knocker = match said.or(token) {
                    Some(token) => by_token(&token, shared).await.map_err(|refusal| Closing::refused(&refusal))?,
                    None => without_token(shared),
                };
                send(stream, text(&FromServer::ConnectionAck)).await?;
                return Ok(Some(knocker));
            }
            Read::Said(FromClient::Ping { .. }) => send(stream, text(&FromServer::Pong)).await?,
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

async fn send(stream: &mut WebSocketStream, text: String) -> Result<(), Closing> {
    match timeout(SEND, stream.send(Message::Text(text))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Closing::too_slow()),
    }
}

/// A socket that has said who it is.
struct Session {
    shared: Arc<Shared>,
    who: Knocker,
    /// Where it comes from, as a digest.
    address: u64,
    operations: Operations,
}

impl Session {
    /// Serves until somebody leaves; the closing to send, if it is us.
    async fn run(mut self, stream: &mut WebSocketStream) -> Option<Closing> {
        let mut rights = self.rights();
        let sockets = self.shared.sockets.clone();
        loop {
            let step = tokio::select! {
                // First: what would be answered from here on may lack the database.
                biased;
                () = sockets.stopped() => return Some(Closing::restart()),
                closing = ended(&mut rights) => return Some(closing),
                message = stream.next() => match message {
                    Some(Ok(message)) => self.hear(stream, message).await,
                    Some(Err(_)) | None => return None,
                },
                message = self.operations.next() => send(stream, message).await.map(|()| true),
            };
            match step {
                Ok(true) => {}
                Ok(false) => return None,
                Err(closing) => return Some(closing),
            }
        }
    }

    /// What this socket follows was allowed by the rights that its viewer has now; it is told when they change. It may come back with
    /// its cursors. None for who has no sign-in that could end.
    fn rights(&self) -> Option<oneshot::Receiver<Closing>> {
        let (session, user) = (self.who.session?, self.who.scope.user()?);
        Some(self.shared.rights.of(session, user, self.who.scope.rights_version))
    }

    /// Does what a message says; false when the client leaves.
    async fn hear(&mut self, stream: &mut WebSocketStream, message: Message) -> Result<bool, Closing> {
        match read(message)? {
            Read::Left => return Ok(false),
            Read::Nothing | Read::Said(FromClient::Pong { .. }) => {}
            Read::Said(FromClient::Ping { .. }) => send(stream, text(&FromServer::Pong)).await?,
            Read::Said(FromClient::ConnectionInit { .. }) => return Err(Closing::too_many_inits()),
            Read::Said(FromClient::Subscribe { id, payload }) => {
                if let Some(refused) = self.subscribe(id, payload)? {
                    send(stream, refused).await?;
                }
            }
            Read::Said(FromClient::Complete { id }) => self.operations.stop(&id),
        }
        Ok(true)
    }

    /// Starts an operation; the message to send if it is refused.
    fn subscribe(&mut self, id: String, payload: Subscribe) -> Result<Option<String>, Closing> {
        if self.operations.has(&id) {
            return Err(Closing::subscriber_exists(&id));
        }
        if self.operations.len() >= OPERATIONS {
            return Err(Closing::too_many_operations(OPERATIONS));
        }
        let deps = self.shared.deps.clone();
        let received_at = deps.clock.now();
        let context = context::Request::new(deps, Arc::new(self.who.scope.clone()), self.who.session, received_at);
        let mut operation = payload.operation();
        let admitted =
            request::weigh(&mut operation).and_then(|()| admission::admit(&self.shared, &self.who, self.address));
        let terms = match admitted {
            Ok(terms) => terms,
            Err(refusal) => {
                self.shared.schema.refused(refusal.code());
                return Ok(Some(text(&FromServer::Error { id: &id, payload: &[refusal.into_error()] })));
            }
        };
        let follows = request::follows_something(&mut operation);
        let mut answers = self.shared.schema.execute_stream(operation.data(context).data(terms));
        if !follows {
            answers = admission::stream_in_time(self.shared.limits.patience, answers);
        }
        self.operations.start(id, answers, follows);
        Ok(None)
    }
}

/// Waits for the end of the viewer's rights.
async fn ended(rights: &mut Option<oneshot::Receiver<Closing>>) -> Closing {
    let Some(told) = rights else { return pending().await };
    match told.await {
        Ok(closing) => closing,
        // Nobody looks after the rights any more: the site stops.
        Err(_) => Closing::restart(),
    }
}
