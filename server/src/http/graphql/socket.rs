//! A web socket that speaks `graphql-transport-ws`.
//!
//! ```text
//!   open ── connection_init in time, token good ──▶ acknowledged ── subscribe / complete / ping, as often as wanted
//!     │                                                  │
//!     └── anything else, or too late ──▶ closed ◀────────┴── a message that is none, a second init, an id twice, rights changed
//! ```
//!
//! Each operation is a task of its own; all write through one bounded queue. A reader that does not keep up stops its operations
//! and then the socket; it never makes the server hold what it has not read.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Response as Answer;
use entity::identity::{session, user};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, Stream, StreamExt};
use poem::web::websocket::{CloseCode, Message, WebSocketStream};
use sea_orm::EntityTrait;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::authenticate::{Knocker, by_token, strip_scheme, without_token};
use super::envelope;
use super::message::{Closing, FromClient, FromServer, Subscribe, text};
use crate::graphql::context;
use crate::http::Shared;

/// The protocol that is spoken.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// How long a client may take to say who it is.
const INIT: Duration = Duration::from_secs(10);
/// How long one message may take to leave.
const SEND: Duration = Duration::from_secs(10);
/// Messages that wait for the reader.
const QUEUE: usize = 8;
/// Operations of one socket at the same time.
const OPERATIONS: usize = 20;
/// How often the rights of the viewer are compared.
const RIGHTS: Duration = Duration::from_secs(1);

/// What goes to the socket.
#[derive(Debug)]
enum Out {
    Text(String),
    /// The operation with this id has ended.
    Ended(String),
}

/// Serves one socket to its end. `token` came with the handshake; `understood` is whether the client offered our protocol.
pub(super) async fn serve(stream: WebSocketStream, shared: Arc<Shared>, token: Option<String>, understood: bool) {
    let (mut sink, mut source) = stream.split();
    let (out, queue) = mpsc::channel(QUEUE);
    let opened =
        if understood { open(&mut sink, &mut source, &shared, token).await } else { Err(Closing::not_acceptable()) };
    let closing = match opened {
        Ok(Some(knocker)) => {
            let session = Session { shared, who: knocker, operations: HashMap::new(), out };
            session.run(&mut sink, &mut source, queue).await
        }
        Ok(None) => return,
        Err(closing) => Some(closing),
    };
    if let Some(Closing { code, reason }) = closing {
        let _ = timeout(SEND, sink.send(Message::Close(Some((CloseCode::from(code), reason))))).await;
    }
    let _ = timeout(SEND, sink.close()).await;
}

type Sink = SplitSink<WebSocketStream, Message>;
type Source = SplitStream<WebSocketStream>;

/// The first message: who it is. None when the client left.
async fn open(
    sink: &mut Sink,
    source: &mut Source,
    shared: &Shared,
    token: Option<String>,
) -> Result<Option<Knocker>, Closing> {
    let deadline = Instant::now() + INIT;
    loop {
        let message = tokio::select! {
            message = source.next() => message,
            () = sleep_until(deadline) => return Err(Closing::init_timeout()),
        };
        let Some(Ok(message)) = message else { return Ok(None) };
        match read(message)? {
            Read::Said(FromClient::ConnectionInit { payload }) => {
                let said = payload.as_ref().and_then(|payload| {
                    let value = payload.get("Authorization").or_else(|| payload.get("authorization"))?;
                    strip_scheme(value.as_str()?).map(str::to_owned)
                });
                let knocker = match said.or(token) {
                    Some(token) => {
                        by_token(&token, shared).await.map_err(|refusal| Closing::forbidden(refusal.message()))?
                    }
                    None => without_token(shared),
                };
                send(sink, text(&FromServer::ConnectionAck)).await?;
                return Ok(Some(knocker));
            }
            Read::Said(FromClient::Ping { .. }) => send(sink, text(&FromServer::Pong)).await?,
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
        Message::Text(text) => serde_json::from_str(&text).map(Read::Said).map_err(Closing::invalid),
        Message::Binary(_) => Err(Closing::invalid("it is binary")),
        Message::Ping(_) | Message::Pong(_) => Ok(Read::Nothing),
        Message::Close(_) => Ok(Read::Left),
    }
}

async fn send(sink: &mut Sink, text: String) -> Result<(), Closing> {
    match timeout(SEND, sink.send(Message::Text(text))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Closing::too_slow()),
    }
}

/// A socket that has said who it is.
struct Session {
    shared: Arc<Shared>,
    who: Knocker,
    operations: HashMap<String, AbortHandle>,
    out: mpsc::Sender<Out>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.operations.values().for_each(AbortHandle::abort);
    }
}

impl Session {
    /// Serves until somebody leaves; the closing to send, if it is us.
    async fn run(mut self, sink: &mut Sink, source: &mut Source, mut queue: mpsc::Receiver<Out>) -> Option<Closing> {
        let mut rights = tokio::time::interval(RIGHTS);
        loop {
            let step = tokio::select! {
                message = source.next() => match message {
                    Some(Ok(message)) => self.hear(sink, message).await,
                    Some(Err(_)) | None => return None,
                },
                Some(out) = queue.recv() => match out {
                    Out::Text(text) => send(sink, text).await.map(|()| true),
                    Out::Ended(id) => {
                        self.operations.remove(&id);
                        Ok(true)
                    }
                },
                _ = rights.tick() => self.check_rights().await.map(|()| true),
            };
            match step {
                Ok(true) => {}
                Ok(false) => return None,
                Err(closing) => return Some(closing),
            }
        }
    }

    /// Does what a message says; false when the client leaves.
    async fn hear(&mut self, sink: &mut Sink, message: Message) -> Result<bool, Closing> {
        match read(message)? {
            Read::Left => return Ok(false),
            Read::Nothing | Read::Said(FromClient::Pong { .. }) => {}
            Read::Said(FromClient::Ping { .. }) => send(sink, text(&FromServer::Pong)).await?,
            Read::Said(FromClient::ConnectionInit { .. }) => return Err(Closing::too_many_inits()),
            Read::Said(FromClient::Subscribe { id, payload }) => self.subscribe(id, payload)?,
            Read::Said(FromClient::Complete { id }) => {
                if let Some(operation) = self.operations.remove(&id) {
                    operation.abort();
                }
            }
        }
        Ok(true)
    }

    fn subscribe(&mut self, id: String, payload: Subscribe) -> Result<(), Closing> {
        if self.operations.contains_key(&id) {
            return Err(Closing::subscriber_exists(&id));
        }
        if self.operations.len() >= OPERATIONS {
            return Err(Closing::too_many_operations(OPERATIONS));
        }
        let deps = self.shared.deps.clone();
        let received_at = deps.clock.now();
        let context = context::Request::new(deps, Arc::new(self.who.scope.clone()), self.who.session, received_at);
        let operation = payload.operation();
        if let Err(refusal) = envelope::weigh(&operation) {
            let refused = text(&FromServer::Error { id: &id, payload: &[refusal.into_error()] });
            // As much as the queue holds; a client that sends faster than it reads learns less.
            let _ = self.out.try_send(Out::Text(refused));
            return Ok(());
        }
        let follows = envelope::follows_something(&operation);
        let operation = operation.data(context);
        let (schema, out) = (self.shared.schema.clone(), self.out.clone());
        let key = id.clone();
        let task = tokio::spawn(async move {
            run(schema.execute_stream(operation), follows, &id, &out).await;
            let _ = out.send(Out::Ended(id)).await;
        });
        self.operations.insert(key, task.abort_handle());
        Ok(())
    }

    /// Closes the socket of a viewer whose sign-in has ended or whose rights have changed: what it follows was allowed by the old
    /// ones. It may come back with its cursors.
    async fn check_rights(&self) -> Result<(), Closing> {
        let (Some(session), Some(user)) = (self.who.session, self.who.scope.user()) else { return Ok(()) };
        let db = self.shared.deps.db.read();
        let session = session::Entity::find_by_id(session).one(db).await;
        let user = user::Entity::find_by_id(user).one(db).await;
        let (Ok(session), Ok(user)) = (session, user) else {
            // Nothing is known while the database is away, and nothing can be read either.
            return Ok(());
        };
        if !session.is_some_and(|session| session.is_open(self.shared.deps.clock.now())) {
            return Err(Closing::forbidden("The sign-in has ended"));
        }
        if user.is_none_or(|user| user.rights_version != self.who.scope.rights_version) {
            return Err(Closing::forbidden("Your rights have changed; connect again"));
        }
        Ok(())
    }
}

/// Sends the answers of an operation, and how it ended.
async fn run(answers: impl Stream<Item = Answer>, follows: bool, id: &str, out: &mpsc::Sender<Out>) {
    let mut answers = std::pin::pin!(answers);
    let mut first = true;
    while let Some(answer) = answers.next().await {
        let refused = first && is_refusal(&answer, follows);
        let message = if refused {
            text(&FromServer::Error { id, payload: &answer.errors })
        } else {
            text(&FromServer::Next { id, payload: &answer })
        };
        // Nobody reads any more, or an error has ended the operation.
        if out.send(Out::Text(message)).await.is_err() || refused {
            return;
        }
        first = false;
    }
    let _ = out.send(Out::Text(text(&FromServer::Complete { id }))).await;
}

/// Whether an operation could not be begun at all: a document that cannot be executed, or something that cannot be followed.
fn is_refusal(answer: &Answer, follows: bool) -> bool {
    let nothing = answer.data == async_graphql::Value::Null && !answer.errors.is_empty();
    nothing && (follows || answer.errors.iter().all(|error| error.path.is_empty()))
}
