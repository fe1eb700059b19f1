//! Jobs worked by hand: claimed and settled by the test itself, through the writer, as a lane of another process would.

use std::time::Duration;

use actors::effect::Effects;
use actors::lane;
use actors::problem::Fault;
use actors::writer::Settling;
use entity::job::claim::{Claim, Which};
use entity::job::lease::{Held, Moved, Settlement};
use entity::job::queue::NewJob;
use entity::job::{JobState, Model};
use tokio::task::JoinHandle;

use crate::stage::{self, Hold};
use crate::world::World;

/// A lane that nobody works but the test.
pub const LANE: &str = "by-hand";

/// The same job in the lane of the hand.
#[must_use]
pub fn by_hand(job: NewJob) -> NewJob {
    NewJob { lane: LANE, ..job }
}

/// A claim of so many in a lane.
#[must_use]
pub fn claim(lane: &'static str, slots: u64, token: i64) -> Claim {
    let kinds = stage::KINDS.iter().flat_map(|kinds| kinds.iter());
    Claim {
        lane,
        kinds: kinds.map(|kind| (kind.name, kind.version)).collect(),
        which: Which::Best { slots, batch: slots },
        holder: "a hand".to_owned(),
        lease_token: token,
        lease: Duration::from_secs(60),
    }
}

/// A settlement as done.
#[must_use]
pub fn done(held: Held, effects: Effects) -> Settling {
    Settling { done: effects, ..Settling::new(held, Settlement::Done) }
}

/// Enqueues and claims a job.
pub async fn take(world: &World, job: NewJob, token: i64) -> Model {
    let id = world.enqueue(by_hand(job)).await;
    let mut taken = lane::claiming::claim(world.deps(), &claim(LANE, 1, token)).await.expect("claimed");
    let job = taken.pop().expect("the job is free");
    assert_eq!((job.id, job.state, job.lease_token), (id, JobState::Leased, Some(token)));
    job
}

/// Settles a job with these effects and holds the writer in that transaction; what comes to the writer now waits together.
pub async fn hold_writer(
    world: &World,
    job: NewJob,
    effects: Effects,
) -> (Hold, JoinHandle<Result<Option<Moved>, Fault>>) {
    let hold = Hold::default();
    let job = take(world, job, 1).await;
    let (writer, settling) = (world.deps().writer.clone(), done((job.id, 1), effects.and(hold.clone())));
    let settled = tokio::spawn(async move { writer.settle(settling).await });
    hold.entered().await;
    (hold, settled)
}
