//! The postbox: owns the way out for letters, an SMTP session or a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix::{Actor, Context, Handler, Message, ResponseFuture};
use lettre::address::Envelope;
use lettre::transport::smtp;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::guardian::{Ping, Visit};

/// Where letters go.
#[derive(Debug)]
pub enum Transport {
    /// Each as a file `<Message-ID>.eml`. A repeat replaces the file.
    Folder(PathBuf),
    Smtp(Server),
}

/// A mail server with its pool of sessions.
#[derive(Debug)]
pub struct Server {
    /// Always there until the drop.
    pool: Option<AsyncSmtpTransport<Tokio1Executor>>,
    runtime: tokio::runtime::Handle,
}

impl Drop for Server {
    fn drop(&mut self) {
        // The pool says goodbye to its sessions in a task, and the actor that drops it runs on a thread without a reactor.
        let _guard = self.runtime.enter();
        self.pool = None;
    }
}

/// Why the way out cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "LECTERN_SMTP_URL is not an address of a mail server ({0}); it looks like smtps://user:password@mail.example.org"
)]
pub struct NotAnAddress(smtp::Error);

impl Transport {
    /// The server that the URL names: `smtp://host:port`, `smtps://…`, with `?tls=required` for STARTTLS.
    ///
    /// To be called on the runtime that is to carry the sessions.
    ///
    /// # Errors
    /// When the URL is not one.
    pub fn smtp(url: &str) -> Result<Self, NotAnAddress> {
        let pool = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(NotAnAddress)?.build();
        Ok(Self::Smtp(Server { pool: Some(pool), runtime: tokio::runtime::Handle::current() }))
    }

    /// Whether the server takes a session, with TLS and sign-in as its URL says. Nothing is sent. A folder is not tried.
    ///
    /// # Errors
    /// When it does not.
    pub async fn try_out(&self) -> Result<(), SendError> {
        let Self::Smtp(Server { pool: Some(pool), .. }) = self else { return Ok(()) };
        match pool.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(SendError::Later("it ends the session at once".to_owned())),
            Err(error) => Err(SendError::Later(error.to_string())),
        }
    }

    async fn send(&self, letter: Send) -> Result<(), SendError> {
        match self {
            Self::Folder(folder) => keep(folder, &letter).await.map_err(|error| SendError::Later(error.to_string())),
            Self::Smtp(server) => deliver(server, &letter).await,
        }
    }
}

async fn deliver(server: &Server, letter: &Send) -> Result<(), SendError> {
    let pool = server.pool.as_ref().ok_or_else(|| SendError::Later("the session has ended".to_owned()))?;
    let envelope = Envelope::new(Some(letter.from.clone()), vec![letter.to.clone()]);
    let envelope = envelope.map_err(|error| SendError::Never(error.to_string()))?;
    // Servers say whom they refuse, and this goes to the log.
    let told = |error: &smtp::Error| error.to_string().replace(&letter.to.to_string(), "the recipient");
    match pool.send_raw(&envelope, &letter.message).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() => Err(SendError::Never(told(&error))),
        Err(error) => Err(SendError::Later(told(&error))),
    }
}

/// Under its final name the file is always whole.
async fn keep(folder: &Path, letter: &Send) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let path = folder.join(format!("{}.eml", letter.name));
    let unfinished = folder.join(format!(".{}.part", letter.name));
    tokio::fs::write(&unfinished, &letter.message).await?;
    tokio::fs::rename(&unfinished, &path).await
}

/// A finished message, to be sent.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), SendError>")]
pub struct Send {
    /// A name that is safe for a file.
    pub name: String,
    pub from: Address,
    pub to: Address,
    pub message: Vec<u8>,
}

/// Why a message was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may go better later.
    #[error("{0}")]
    Later(String),
    /// The other side will never take it.
    #[error("refused for good: {0}")]
    Never(String),
}

/// The actor that owns the way out.
#[derive(Debug)]
pub struct Postbox {
    transport: Arc<Transport>,
    runtime: tokio::runtime::Handle,
}

impl Postbox {
    #[must_use]
    pub fn new(transport: Arc<Transport>, runtime: tokio::runtime::Handle) -> Self {
        Self { transport, runtime }
    }
}

impl Actor for Postbox {
    type Context = Context<Self>;
}

impl Handler<Send> for Postbox {
    type Result = ResponseFuture<Result<(), SendError>>;

    fn handle(&mut self, letter: Send, _: &mut Context<Self>) -> Self::Result {
        let transport = Arc::clone(&self.transport);
        // On the main runtime, so that a session outlives this actor.
        let sent = self.runtime.spawn(async move { transport.send(letter).await });
        Box::pin(async move { sent.await.unwrap_or_else(|broken| Err(SendError::Later(broken.to_string()))) })
    }
}

impl Handler<Ping> for Postbox {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}

impl Handler<Visit> for Postbox {
    type Result = ();

    fn handle(&mut self, Visit(look): Visit, _: &mut Context<Self>) {
        look();
    }
}
