//! The cells that a worker has, and which of them has a warm slot.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::super::Limits;
use super::super::wire::{Kept, Slot as Order};
use super::cell::Cell;
use super::groups::Groups;
use super::launcher::Launcher;
use super::slot::Slot;
use super::watch::Remains;

/// The control groups of this process, found when the first cell is made.
pub static GROUPS: LazyLock<Groups> = LazyLock::new(|| Groups::detect().0);

/// Cells of one launcher.
#[derive(Debug)]
pub struct Pool {
    program: PathBuf,
    /// How many cells stay when they have nothing to do.
    keep: usize,
    state: Mutex<State>,
    /// Rings when a slot has become warm, or will not.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    launcher: Option<Arc<Launcher>>,
    /// Cells with a warm slot; the last is taken first, its pages being the warmest.
    warm: Vec<(Cell, Slot)>,
    /// Slots that are being made for nobody in particular.
    coming: usize,
    /// Runs that wait for one of those.
    waiting: usize,
}

impl State {
    /// A warm slot, if there is one: as ordered, if there is one of those.
    fn pop(&mut self, order: Order) -> Option<(Cell, Slot)> {
        let as_ordered = self.warm.iter().rposition(|(_, slot)| slot.order == order);
        as_ordered.map(|index| self.warm.remove(index)).or_else(|| self.warm.pop())
    }
}

/// What slots have before anybody has ordered another.
fn usual() -> Order {
    Order::of(&Limits::default())
}

impl Pool {
    pub fn new(program: PathBuf, keep: usize) -> Self {
        Self { program, keep, state: Mutex::default(), changed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic is done under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A cell with a slot as ordered, its group bounded for `limits`, and which limits that keeps.
    ///
    /// # Errors
    /// Why there is none, in a sentence for the operator.
    pub async fn take_armed(&self, limits: &Limits) -> Result<(Cell, Slot, Kept), String> {
        loop {
            let (mut cell, slot) = self.take(Order::of(limits)).await?;
            match cell.arm(limits) {
                Ok(kept) => return Ok((cell, slot, kept)),
                // The kernel is slow to give back what the last run had. Another cell is not.
                Err(error) if error.kind() == std::io::ErrorKind::ResourceBusy => {}
                Err(error) => return Err(format!("the control group cannot be bounded: {error}")),
            }
        }
    }

    /// A cell with a slot as ordered.
    ///
    /// # Errors
    /// Why there is none, in a sentence for the operator.
    async fn take(&self, order: Order) -> Result<(Cell, Slot), String> {
        loop {
            let Some((cell, mut slot)) = self.warm(order).await else { return self.make(order).await };
            if slot.inbox.is_gone() {
                // Somebody has killed it; the cell may be gone as well.
                continue;
            }
            if slot.order == order {
                return Ok((cell, slot));
            }
            drop(slot);
            if let Ok(slot) = cell.slot(order).await {
                return Ok((cell, slot));
            }
        }
    }

    /// A warm slot, now or soon. `None` if a new cell is the quicker way.
    async fn warm(&self, order: Order) -> Option<(Cell, Slot)> {
        loop {
            let changed = self.changed.notified();
            let waiting = {
                let mut state = self.state();
                if let Some(warm) = state.pop(order) {
                    return Some(warm);
                }
                if state.waiting >= state.coming {
                    return None;
                }
                state.waiting += 1;
                Waiting(self)
            };
            changed.await;
            drop(waiting);
        }
    }

    async fn make(&self, order: Order) -> Result<(Cell, Slot), String> {
        let cell = match Cell::open(&*self.launcher(false)?, &GROUPS).await {
            Ok(cell) => cell,
            // A launcher that somebody has killed is replaced; a second failure is for the operator.
            Err(_) => Cell::open(&*self.launcher(true)?, &GROUPS).await?,
        };
        let slot = cell.slot(order).await?;
        Ok((cell, slot))
    }

    fn launcher(&self, anew: bool) -> Result<Arc<Launcher>, String> {
        let mut state = self.state();
        if let Some(launcher) = state.launcher.as_ref().filter(|_| !anew) {
            return Ok(launcher.clone());
        }
        let started = Launcher::start(&self.program);
        let cannot = |error| format!("cannot start the launcher {}: {error}", self.program.display());
        let launcher = Arc::new(started.map_err(cannot)?);
        state.launcher = Some(launcher.clone());
        Ok(launcher)
    }

    /// Takes a cell back whose slot is over, and gives it a new one in the background; or lets it go, if there are enough. What one run has
    /// ordered, the next will.
    pub fn give_back(self: &Arc<Self>, mut cell: Cell, limits: Limits, remains: Remains) {
        let Some(coming) = self.one_more() else { return };
        tokio::spawn(async move {
            drop(remains);
            if let Ok(slot) = cell.slot(Order::of(&limits)).await {
                cell.arm_ahead(&limits);
                coming.arrive(cell, slot);
            }
        });
    }

    /// Makes as many cells as are to be kept, in the background.
    pub fn fill(self: &Arc<Self>) {
        while let Some(coming) = self.one_more() {
            tokio::spawn(async move {
                // Whoever needs a slot will meet the trouble again, and say so.
                if let Ok((cell, slot)) = coming.0.make(usual()).await {
                    coming.arrive(cell, slot);
                }
            });
        }
    }

    /// A place for a slot that is to wait, if there are not enough.
    fn one_more(self: &Arc<Self>) -> Option<Coming> {
        let mut state = self.state();
        if state.warm.len() + state.coming >= self.keep {
            return None;
        }
        state.coming += 1;
        Some(Coming(self.clone()))
    }
}

/// A slot that is being made. However that ends, those who wait look again.
struct Coming(Arc<Pool>);

impl Coming {
    fn arrive(self, cell: Cell, slot: Slot) {
        self.0.state().warm.push((cell, slot));
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.state().coming -= 1;
        self.0.changed.notify_waiters();
    }
}

/// A run that waits for a slot.
struct Waiting<'p>(&'p Pool);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}
