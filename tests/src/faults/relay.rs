//! A relay between clients and a server: it can keep the server's answers to itself, hold whoever comes while there is no server, and
//! lead to another one.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Clone, Copy, Debug)]
struct State {
    /// The server; without one, whoever comes waits.
    to: Option<SocketAddr>,
    /// How often it was led elsewhere: answers from before then are never carried.
    turn: u64,
    /// Whether answers are carried.
    answers: bool,
    /// How many connections have carried something to a server.
    asked: u64,
}

/// A relay. It ends when this goes.
pub struct Relay {
    pub address: SocketAddr,
    state: watch::Sender<State>,
    serving: JoinHandle<()>,
}

impl Relay {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let state = watch::Sender::new(State { to: Some(server), turn: 0, answers: true, asked: 0 });
        let serving = tokio::spawn(serve(listener, state.clone()));
        Self { address, state, serving }
    }

    /// From now on questions are carried, and no answers.
    pub fn swallow_answers(&self) {
        self.state.send_modify(|state| state.answers = false);
    }

    /// From now on whoever comes waits, and nothing of what was asked before is ever answered.
    pub fn hold(&self) {
        self.turn(None);
    }

    /// Leads everybody who waits, and whoever comes, to that server, whose answers are carried.
    pub fn lead_to(&self, server: SocketAddr) {
        self.turn(Some(server));
    }

    fn turn(&self, to: Option<SocketAddr>) {
        self.state.send_modify(|state| *state = State { to, turn: state.turn + 1, answers: true, ..*state });
    }

    /// Waits until so many connections have carried something to a server.
    pub async fn asked(&self, times: u64) {
        self.state.subscribe().wait_for(|state| state.asked >= times).await.expect("it is there");
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, state: watch::Sender<State>) {
    while let Ok((near, _)) = listener.accept().await {
        tokio::spawn(relay(near, state.clone()));
    }
}

/// Carries both ways until the server has hung up. Errors are what a relay is for: both sides see the end.
async fn relay(near: TcpStream, state: watch::Sender<State>) {
    let mut told = state.subscribe();
    let Ok(found) = told.wait_for(|state| state.to.is_some()).await.map(|state| *state) else { return };
    let Some(server) = found.to else { return };
    let Ok(far) = TcpStream::connect(server).await else { return };
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    let there = tokio::spawn(ask(near_read, far_write, state.clone()));
    let _ = answer(far_read, near_write, &state, found.turn).await;
    there.abort();
}

async fn ask(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: watch::Sender<State>) -> io::Result<()> {
    let (mut bytes, mut silent) = (vec![0; 16 << 10], true);
    loop {
        let length = from.read(&mut bytes).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&bytes[..length]).await?;
        if std::mem::take(&mut silent) {
            state.send_modify(|state| state.asked += 1);
        }
    }
}

async fn answer(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    state: &watch::Sender<State>,
    turn: u64,
) -> io::Result<()> {
    let mut bytes = vec![0; 16 << 10];
    loop {
        let length = from.read(&mut bytes).await?;
        if length == 0 {
            return Ok(());
        }
        let now = *state.borrow();
        if now.answers && now.turn == turn {
            to.write_all(&bytes[..length]).await?;
        }
    }
}
