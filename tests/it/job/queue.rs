//! Enqueueing: with its transaction, or not at all; and how a lane learns of it.

use std::time::{Duration, Instant};

use actors::write::Write;
use entity::job::lane::Shares;
use entity::job::{JobState, queue};
use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait as _};
use tests::backend::Backend;
use tests::stage::{Act, LANE, Stage};
use tests::stories;
use tests::world::World;

const TRIES: usize = 20;

stories![
    rolled_back_it_never_was,
    committed_it_runs,
    the_bell_is_faster_than_the_tick,
    without_a_bell_the_tick_finds_it,
    a_delayed_job_waits,
    what_finds_a_free_slot_is_begun_by_the_transaction_that_enqueues_it,
];

async fn rolled_back_it_never_was(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let mut write = Write::begin(world.deps()).await.expect("a transaction");
    write.enqueue(stage.play("never", &[Act::Done])).await.expect("enqueued");
    drop(write);
    // One lane works in the order of enqueueing: what comes after is done, so what came before would have been.
    let after = world.enqueue(stage.play("after", &[Act::Done])).await;
    world.ended(after).await;
    assert_eq!(stage.begun(), ["after"]);
    assert_eq!(world.numbers("SELECT count(*) FROM job").await, [1]);
    assert_eq!(world.numbers("SELECT count(*) FROM job_history WHERE kind = 'queued'").await, [1]);
    world.end().await;
}

async fn committed_it_runs(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let job = world.enqueue(stage.play("once", &[Act::Done])).await;
    let entrance = stage.entrance().await;
    assert_eq!((entrance.job.id, entrance.job.attempt, entrance.job.failures), (job, 1, 0));
    let job = world.ended(job).await;
    assert_eq!((job.state, job.holder, job.lease_until), (JobState::Done, None, None));
    assert!(job.finished_at.is_some_and(|finished| finished >= job.created_at));
    assert_eq!(world.marks().await, ["once"]);
    world.end().await;
}

async fn the_bell_is_faster_than_the_tick(backend: Backend) {
    let (world, stage) = (World::new(backend).await, Stage::default());
    let start = Instant::now();
    for number in 0..10 {
        let job = world.enqueue(stage.play(&number.to_string(), &[Act::Done])).await;
        world.ended(job).await;
    }
    // Each of them would wait for the next tick, a second after the one that found its predecessor.
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    world.end().await;
}

async fn without_a_bell_the_tick_finds_it(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    // Past the product's own way, which rings.
    let immediate = Some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode: immediate, ..Default::default() };
    let tx = world.db().write_connection().begin_with_options(options).await.expect("a transaction");
    queue::enqueue(&tx, &[stage.play("quiet", &[Act::Done])], &mut Shares::default()).await.expect("enqueued");
    tx.commit().await.expect("committed");
    world.ended(stage.entrance().await.job.id).await;
    world.end().await;
}

async fn a_delayed_job_waits(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let mut later = stage.play("later", &[Act::Done]);
    later.delay = Duration::from_secs(3600);
    let later = world.enqueue(later).await;
    let now = world.enqueue(stage.play("now", &[Act::Done])).await;
    world.ended(now).await;
    assert_eq!(stage.begun(), ["now"]);
    let waiting = world.job(later).await;
    assert_eq!(waiting.state, JobState::Queued);
    // The database reads its clock twice.
    assert_eq!((waiting.run_at.0 - waiting.created_at.0 + 500_000) / 1_000_000, 3600);
    assert!(waiting.postponed);
    // Its time comes.
    world.execute("UPDATE job SET run_at = created_at WHERE id = $1", [later.into()]).await;
    assert!(!world.ended(later).await.postponed);
    assert_eq!(stage.begun(), ["later"]);
    world.end().await;
}

/// Without a look at the rows: the commit that makes the job known says that it is leased.
async fn what_finds_a_free_slot_is_begun_by_the_transaction_that_enqueues_it(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let slots = world.kernel.slots(LANE).expect("the lane");
    let size = slots.size().slots;
    let mut at_once = 0;
    for number in 0..TRIES {
        // Whoever looks for work holds the free slots while it looks.
        while slots.free() < size {
            tokio::task::yield_now().await;
        }
        let job = world.enqueue(stage.play(&format!("try {number}"), &[Act::Done])).await;
        at_once += usize::from(world.job(job).await.state != JobState::Queued);
        world.ended(job).await;
    }
    // Not all of them: the lane may look for work just then. It alone is rarely as fast: on PostgreSQL four times of twenty.
    assert!(at_once > TRIES / 2, "{at_once} of {TRIES}");
    for number in 0..size {
        world.enqueue(stage.play(&format!("long {number}"), &[Act::Wait])).await;
    }
    stage.entrances(TRIES + size).await;
    let next = world.enqueue(stage.play("no room", &[Act::Done])).await;
    assert_eq!(world.job(next).await.state, JobState::Queued);
    stage.cue(size);
    world.ended(next).await;
    world.end().await;
}
