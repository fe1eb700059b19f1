//! A cell: a zygote, and at most one slot at a time.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::timeout;

use super::super::wire::Slot as Order;
use super::inbox::{Inbox, News};
use super::launcher::Launcher;
use super::slot::Slot;

/// How long making a zygote or a slot may take.
const SET_UP: Duration = Duration::from_secs(20);

/// A zygote. It ends with this.
#[derive(Debug)]
pub struct Cell {
    zygote: Inbox,
    user: Option<u32>,
}

impl Cell {
    /// Has a zygote forked and waits until it is ready.
    ///
    /// # Errors
    /// Why there is none, in a sentence for the operator.
    pub async fn open(launcher: &Launcher) -> Result<Self, String> {
        let broken = |error: io::Error| format!("the sandbox launcher gave no zygote: {error}");
        let (ours, theirs) = UnixStream::pair().map_err(broken)?;
        let theirs = theirs.into_std().and_then(|socket| socket.set_nonblocking(false).map(|()| OwnedFd::from(socket)));
        launcher.fork(&theirs.map_err(broken)?, &[]).map_err(broken)?;
        let mut zygote = Inbox::new(ours);
        match in_time(zygote.next()).await?.map_err(broken)? {
            Some(News::Cell(cell)) => Ok(Self { zygote, user: cell.user }),
            Some(News::Failed(reason)) => Err(reason),
            _ => Err("the sandbox launcher gave no zygote: it ended".to_owned()),
        }
    }

    /// Has a slot cloned and waits until it is warm. The slot before must be over.
    ///
    /// # Errors
    /// Why there is none, in a sentence for the operator.
    pub async fn slot(&self, order: Order) -> Result<Slot, String> {
        in_time(Slot::open(&self.zygote, self.user, order)).await?
    }
}

async fn in_time<T>(future: impl Future<Output = T>) -> Result<T, String> {
    timeout(SET_UP, future).await.map_err(|_| format!("making the sandbox took more than {} s", SET_UP.as_secs()))
}
