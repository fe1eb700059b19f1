//! Breaking off an answer that cannot be finished, so that its reader sees it.
//!
//! An answer whose length nobody knows ends with a mark, and one without the mark is not whole. When a body fails, the connection should end
//! without one. But the server goes on with a connection once more after its fault, to close it in order, and then the mark is written: a
//! reader would take half of an answer for all of it. So who fails says so here, and the connection takes nothing from then on.
//!
//! A body is polled by the task of its connection, which is how the two find each other. (Over HTTP/2 it has a task of its own; there a fault
//! resets the stream, and nothing is needed.)

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::task::{Id, try_id};

/// The tasks whose connections are broken off.
static BROKEN: Mutex<Vec<Id>> = Mutex::new(Vec::new());
/// Whether there are any: nearly always not, and connections ask before each write.
static ANY: AtomicBool = AtomicBool::new(false);
/// So many are remembered; those of HTTP/2 are never asked for.
const MANY: usize = 1_000;

fn broken() -> MutexGuard<'static, Vec<Id>> {
    BROKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has the connection end without the end of the answer whose body is being polled.
pub(super) fn break_off() {
    let Some(task) = try_id() else { return };
    let mut broken = broken();
    if broken.len() == MANY {
        broken.remove(0);
    }
    broken.push(task);
    ANY.store(true, Ordering::Release);
}

/// Whether the connection that this task serves is broken off.
pub(super) fn is_broken() -> bool {
    ANY.load(Ordering::Acquire) && try_id().is_some_and(|task| broken().contains(&task))
}

/// The connection of this task is gone.
pub(super) fn forget() {
    if !ANY.load(Ordering::Acquire) {
        return;
    }
    let mut broken = broken();
    broken.retain(|task| Some(*task) != try_id());
    ANY.store(!broken.is_empty(), Ordering::Release);
}

#[cfg(test)]
mod tests {
    use super::{break_off, forget, is_broken};

    #[tokio::test]
    async fn only_the_connection_of_the_same_task_is_broken_off() {
        let one = tokio::spawn(async {
            break_off();
            let broken = is_broken();
            tokio::spawn(async { assert!(!is_broken()) }).await.unwrap();
            forget();
            (broken, is_broken())
        });
        assert_eq!(one.await.unwrap(), (true, false));
    }
}
