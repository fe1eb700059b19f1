//! The timetable: one job for each tick, whoever asks.

use actors::write::Write;
use entity::clock::Timestamp;
use entity::job::cron::take;
use tests::backend::Backend;
use tests::stage::Stage;
use tests::stories;
use tests::world::World;

stories![one_tick_makes_one_job];

async fn ask(world: &World, tick: i64) -> bool {
    let mut write = Write::begin(world.deps()).await.expect("a transaction");
    let taken = take(write.tx(), "tidy", Timestamp(tick)).await.expect("an answer");
    if taken {
        write.enqueue(Stage::default().play("tidy", &[])).await.expect("enqueued");
    }
    write.commit().await.expect("committed");
    taken
}

async fn one_tick_makes_one_job(backend: Backend) {
    let world = World::idle(backend).await;
    // A new installation does not catch up on the past.
    assert!(!ask(&world, 60).await && !ask(&world, 60).await);
    for (tick, jobs) in [(120, 1), (180, 2), (600, 3)] {
        let takers = [ask(&world, tick), ask(&world, tick), ask(&world, tick)];
        let taken = futures_util::future::join_all(takers).await;
        assert_eq!(taken.iter().filter(|taken| **taken).count(), 1, "{taken:?}");
        assert_eq!(world.numbers("SELECT count(*) FROM job").await, [jobs]);
    }
    // A clock that went back.
    assert!(!ask(&world, 540).await);
    world.stop().await;
}
