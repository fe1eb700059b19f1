//! Keys: one queued and one leased at most.

use std::collections::BTreeSet;
use std::time::Duration;

use actors::lane::claiming;
use actors::runner::rescue::rescue;
use actors::writer::Settling;
use entity::job::JobState;
use entity::job::lane::Shares;
use entity::job::lease::{Rescue, Settlement};
use entity::job::queue::{NewJob, Repeat, enqueue};
use futures_util::future::join_all;
use sea_orm::TransactionTrait as _;
use tests::backend::Backend;
use tests::hand::{LANE, by_hand, claim, take};
use tests::stage::{Act, Stage};
use tests::stories;
use tests::world::World;

stories![
    a_newer_one_takes_the_place_of_what_waits,
    each_of_many_at_the_same_time_is_the_newest_or_replaced,
    what_gives_way_to_another_subject_is_stopped,
    the_first_is_kept,
    the_newest_replaces,
    in_one_list_too,
    one_at_a_time,
    one_that_comes_back_late_is_superseded,
    a_released_one_comes_back,
];

fn replacing(job: NewJob) -> NewJob {
    NewJob { repeat: Repeat::Replace, ..job }
}

/// A world whose lane has not begun to look: nothing is claimed until a job is announced.
async fn in_order(backend: Backend, first: &[NewJob], second: &[NewJob]) -> (World, Vec<String>) {
    let world = World::idle(backend).await;
    for jobs in [first, second] {
        let tx = world.db().write_connection().begin().await.expect("a transaction");
        enqueue(&tx, jobs, &mut Shares::default()).await.expect("enqueued");
        tx.commit().await.expect("committed");
    }
    let base = world.stop().await;
    let world = World::on(base, tests::world::Plan::default()).await;
    let job = world.numbers("SELECT id FROM job").await;
    assert_eq!(job.len(), 1);
    world.ended(job[0]).await;
    let marks = world.marks().await;
    (world, marks)
}

async fn the_first_is_kept(backend: Backend) {
    let stage = Stage::default();
    let [first, second] = ["first", "second"].map(|name| stage.keyed("key", name, &[Act::Done]));
    let (world, marks) = in_order(backend, &[first], &[second]).await;
    assert_eq!(marks, ["first"]);
    world.end().await;
}

async fn the_newest_replaces(backend: Backend) {
    let stage = Stage::default();
    let [first, second] = ["first", "second"].map(|name| replacing(stage.keyed("key", name, &[Act::Done])));
    let (world, marks) = in_order(backend, &[first], &[second]).await;
    assert_eq!(marks, ["second"]);
    world.end().await;
}

async fn in_one_list_too(backend: Backend) {
    let stage = Stage::default();
    let jobs = ["first", "second"].map(|name| stage.keyed("key", name, &[Act::Done]));
    let (world, marks) = in_order(backend, &jobs, &[]).await;
    assert_eq!(marks, ["first"]);
    world.end().await;
    let jobs = ["first", "second"].map(|name| replacing(stage.keyed("key", name, &[Act::Done])));
    let (world, marks) = in_order(backend, &jobs, &[]).await;
    assert_eq!(marks, ["second"]);
    world.end().await;
}

async fn one_at_a_time(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let first = world.enqueue(stage.keyed("key", "first", &[Act::Wait])).await;
    stage.entrance().await;
    let second = world.enqueue(stage.keyed("key", "second", &[Act::Done])).await;
    assert_ne!(first, second);
    // There is room for it, and one without that key is worked on.
    let other = world.enqueue(stage.play("other", &[Act::Done])).await;
    world.ended(other).await;
    assert_eq!(stage.begun(), ["other"]);
    assert_eq!(world.job(second).await.state, JobState::Queued);
    stage.cue(1);
    world.ended(first).await;
    world.ended(second).await;
    assert_eq!(world.marks().await, ["first", "other", "second"]);
    world.end().await;
}

async fn one_that_comes_back_late_is_superseded(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let first = world.enqueue(stage.keyed("key", "first", &[Act::Wait, Act::Done])).await;
    stage.entrance().await;
    let second = world.enqueue(stage.keyed("key", "second", &[Act::Done])).await;
    // Somebody else's rescue: the lease is over, and the job goes back while its key is taken.
    world.execute("UPDATE job SET lease_until = 1 WHERE id = $1", [first.into()]).await;
    let late = world.ended(first).await;
    assert_eq!((late.state, late.attempt, late.losses), (JobState::Cancelled, 1, 1));
    world.ended(second).await;
    // What the late holder found out is thrown away.
    stage.cue(1);
    assert_eq!(world.end().await, ["second"]);
}

async fn a_released_one_comes_back(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let job = world.enqueue(stage.keyed("key", "it", &[Act::Retry, Act::Done])).await;
    assert_eq!(world.ended(job).await.state, JobState::Done);
    assert_eq!(stage.begun(), ["it", "it"]);
    world.end().await;
}

async fn a_newer_one_takes_the_place_of_what_waits(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let newer = |name: &str| NewJob { repeat: Repeat::Supersede, ..stage.keyed("click", name, &[Act::Wait]) };
    let (runs, waits, last) = (newer("runs"), newer("waits"), newer("last"));
    let runs = world.enqueue(runs).await;
    assert_eq!(stage.entrance().await.name, "runs");
    let waits = world.enqueue(waits).await;
    let last = world.enqueue(last).await;
    let replaced = world.ended(waits).await;
    assert_eq!((replaced.state, replaced.superseded_by, replaced.attempt), (JobState::Cancelled, Some(last), 0));
    // What runs goes on, and only then it is the turn of the last.
    stage.cue(1);
    assert_eq!(world.ended(runs).await.state, JobState::Done);
    assert_eq!(stage.entrance().await.name, "last");
    stage.cue(1);
    assert_eq!(world.ended(last).await.state, JobState::Done);
    // What follows from being stopped followed for the one that was replaced.
    assert_eq!(world.end().await, ["last", "runs", "waits cancelled"]);
}

async fn each_of_many_at_the_same_time_is_the_newest_or_replaced(backend: Backend) {
    const MANY: usize = 20;
    let (world, stage) = (World::idle(backend).await, Stage::default());
    let click = |number: usize| {
        let job = stage.keyed("click", &format!("click {number:02}"), &[Act::Done]);
        NewJob { repeat: Repeat::Supersede, subject: Some(number.to_string()), ..job }
    };
    let clicks: Vec<i64> = join_all((0..MANY).map(|number| world.enqueue(click(number)))).await;
    let distinct: BTreeSet<i64> = clicks.iter().copied().collect();
    assert_eq!(distinct.len(), MANY, "somebody was given the job of another");
    assert_eq!(world.numbers("SELECT count(*) FROM job WHERE state = 'queued'").await, [1]);
    let replaced = "SELECT count(*) FROM job WHERE state = 'cancelled' AND superseded_by IS NOT NULL";
    assert_eq!(world.numbers(replaced).await, [MANY as i64 - 1]);
    assert_eq!(world.marks().await.len(), MANY - 1);
    world.stop().await;
}

async fn what_gives_way_to_another_subject_is_stopped(backend: Backend) {
    let (world, stage) = (World::idle(backend).await, Stage::default());
    let about = |name: &str, subject: &str| {
        let job = by_hand(stage.keyed("key", name, &[Act::Done]));
        NewJob { subject: Some(subject.to_owned()), ..job }
    };
    let first = take(&world, about("first", "a"), 1).await.id;
    let second = world.enqueue(about("second", "b")).await;
    // Its process is gone, and another waits in its place.
    world.execute("UPDATE job SET lease_until = 1 WHERE id = $1", [first.into()]).await;
    rescue(world.deps(), &Rescue::Expired).await.expect("taken back");
    let first = world.job(first).await;
    assert_eq!((first.state, first.superseded_by), (JobState::Cancelled, Some(second)));
    assert_eq!(world.marks().await, ["first cancelled"]);
    // One about the same does the work of both, so nothing is said to have been stopped.
    let taken = claiming::claim(world.deps(), &claim(LANE, 1, 2)).await.expect("claimed");
    assert_eq!(taken.iter().map(|job| job.id).collect::<Vec<_>>(), [second]);
    world.enqueue(about("again", "b")).await;
    let release = Settlement::Release { reason: "its process stops".to_owned(), delay: Duration::ZERO };
    world.deps().writer.settle(Settling::new((second, 2), release)).await.expect("settled");
    assert_eq!(world.job(second).await.state, JobState::Cancelled);
    assert_eq!(world.marks().await, ["first cancelled"]);
    world.stop().await;
}
