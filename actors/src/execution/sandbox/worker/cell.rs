//! A cell: a zygote with its control group, and at most one slot at a time.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::timeout;

use super::super::Limits;
use super::super::wire::{Kept, Slot as Order};
use super::groups::{Groups, Leaf, Usage};
use super::inbox::{Inbox, News};
use super::launcher::Launcher;
use super::slot::Slot;

/// How long making a zygote or a slot may take.
const SET_UP: Duration = Duration::from_secs(20);
/// Zygote and init, which are in the group of the program.
const OWN_PROCESSES: u64 = 2;

/// A zygote. It ends with this.
#[derive(Debug)]
pub struct Cell {
    zygote: Inbox,
    user: Option<u32>,
    /// Absent where there are no control groups. After the zygote, so that it is gone when the group goes.
    leaf: Option<Leaf>,
    /// Which limits the group keeps, once that was seen.
    kept: Option<Kept>,
    /// For which limits the group is ready; none if it is not.
    armed: Option<Limits>,
}

impl Cell {
    /// Has a zygote forked and waits until it is ready.
    ///
    /// # Errors
    /// Why there is none, in a sentence for the operator.
    pub async fn open(launcher: &Launcher, groups: &Groups) -> Result<Self, String> {
        let broken = |error: io::Error| format!("the sandbox launcher gave no zygote: {error}");
        let leaf = groups.leaf("cell").map_err(|error| format!("the sandbox has no control group: {error}"))?;
        let join = leaf.as_ref().map(Leaf::join).transpose().map_err(broken)?.unwrap_or_default();
        let (ours, theirs) = UnixStream::pair().map_err(broken)?;
        let theirs = theirs.into_std().and_then(|socket| socket.set_nonblocking(false).map(|()| OwnedFd::from(socket)));
        launcher.fork(&theirs.map_err(broken)?, &join).map_err(broken)?;
        let mut zygote = Inbox::new(ours);
        match in_time(zygote.next()).await?.map_err(broken)? {
            Some(News::Cell(cell)) => Ok(Self { zygote, user: cell.user, leaf, kept: None, armed: None }),
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

impl Cell {
    /// Sets the bounds of the group for the run that comes next. Returns which limits the group keeps.
    ///
    /// # Errors
    /// `ResourceBusy` if the group has not given back yet what the last run had; others say that the group is of no use.
    pub fn arm(&mut self, limits: &Limits) -> io::Result<Kept> {
        let Some(leaf) = &mut self.leaf else { return Ok(Kept::default()) };
        if self.armed.take() != Some(*limits) {
            leaf.arm(limits, OWN_PROCESSES)?;
        }
        let kept = || Kept { memory: true, processes: leaf.usage().process_limit_hits.is_some() };
        Ok(*self.kept.get_or_insert_with(kept))
    }

    /// Does the same in advance, for a run that may come: nobody waits for it now. If it can't be done yet, `arm` will do it.
    pub fn arm_ahead(&mut self, limits: &Limits) {
        self.armed = self.arm(limits).is_ok().then_some(*limits);
    }

    /// What the group has counted since `arm`.
    pub fn usage(&self) -> Option<Usage> {
        self.leaf.as_ref().map(Leaf::usage)
    }

    /// Kills all that is in the group, where the kernel can.
    pub fn kill(&self) {
        if let Some(leaf) = &self.leaf {
            leaf.kill();
        }
    }
}

async fn in_time<T>(future: impl Future<Output = T>) -> Result<T, String> {
    timeout(SET_UP, future).await.map_err(|_| format!("making the sandbox took more than {} s", SET_UP.as_secs()))
}
