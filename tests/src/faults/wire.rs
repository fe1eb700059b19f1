//! A network between a process and PostgreSQL that can be cut: a relay in the test's process, from a port on the loopback to the
//! server's socket.
//!
//! A cut wire carries nothing and closes nothing, so neither side learns of it. A wire that has lost its memory, as a router does
//! that is restarted, carries nothing of the connections that it had, for ever, and all that are made anew.

use std::io;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a client says to commit.
const COMMIT: &[u8] = b"COMMIT";

#[derive(Clone, Copy, Debug, Default)]
struct State {
    cut: bool,
    /// Connections that were made before this one are not carried any more.
    remembered: u64,
    /// Connections that were made before this one are closed.
    closed: u64,
    /// The number of the next connection.
    next: u64,
    /// Whether a connection is closed as soon as it has carried a commit to the server.
    fails_commits: bool,
}

/// A wire. It ends when this goes.
pub struct Wire {
    port: u16,
    state: watch::Sender<State>,
    serving: JoinHandle<()>,
}

impl Wire {
    /// One to the server whose socket lies in that folder.
    pub async fn to(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        let state = watch::Sender::new(State::default());
        let serving = tokio::spawn(serve(listener, folder.join(".s.PGSQL.5432"), state.clone()));
        Self { port, state, serving }
    }

    /// The same database through the wire.
    #[must_use]
    pub fn url(&self, url: &str) -> String {
        let (before, _) = url.split_once('?').expect("a URL with a socket");
        format!("{}?sslmode=disable", before.replace("localhost", &format!("127.0.0.1:{}", self.port)))
    }

    /// From now on nothing is carried, and nobody is told.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cut = true);
    }

    /// What was under way goes on.
    pub fn mend(&self) {
        self.state.send_modify(|state| state.cut = false);
    }

    /// Nothing of the connections that there are is ever carried again, and nobody is told.
    pub fn forget(&self) {
        self.state.send_modify(|state| state.remembered = state.next);
    }

    /// Whether commits are carried there, and their connections are closed before the answer.
    pub fn fail_commits(&self, fails: bool) {
        self.state.send_modify(|state| state.fails_commits = fails);
    }

    /// Closes all connections without ado.
    pub fn reset(&self) {
        self.state.send_modify(|state| state.closed = state.next);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.reset();
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, socket: PathBuf, state: watch::Sender<State>) {
    while let Ok((near, _)) = listener.accept().await {
        let mut number = 0;
        state.send_modify(|state| {
            number = state.next;
            state.next += 1;
        });
        tokio::spawn(relay(near, socket.clone(), state.subscribe(), number));
    }
}

/// Carries both ways until one side has hung up. Errors are what a wire is for: both sides see the end.
async fn relay(near: TcpStream, socket: PathBuf, state: watch::Receiver<State>, number: u64) {
    let mut told = state.clone();
    let open = told.wait_for(|state| !state.cut).await.is_ok();
    if !open {
        return;
    }
    let Ok(far) = UnixStream::connect(socket).await else { return };
    let _ = near.set_nodelay(true);
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    let there = carry(near_read, far_write, state.clone(), number);
    let back = carry(far_read, near_write, state, number);
    tokio::select! {
        _ = there => {}
        _ = back => {}
        () = closed(told, number) => {}
    }
}

async fn closed(mut state: watch::Receiver<State>, number: u64) {
    let _ = state.wait_for(|state| state.closed > number).await;
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
    number: u64,
) -> io::Result<()> {
    let mut bytes = vec![0; 16 << 10];
    loop {
        let length = from.read(&mut bytes).await?;
        // An end is news like any other: it does not get through a cut wire.
        let open = state.wait_for(|state| !state.cut && state.remembered <= number).await.is_ok();
        if !open || length == 0 {
            return Ok(());
        }
        let ends = bytes[..length].windows(COMMIT.len()).any(|part| part == COMMIT) && state.borrow().fails_commits;
        to.write_all(&bytes[..length]).await?;
        if ends {
            return Ok(());
        }
    }
}
