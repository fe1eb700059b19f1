//! Redis dies, comes back empty, or stops to answer: work goes on, and nobody has to do anything.

use std::time::Duration;

use actors::guardian::Visit;
use actors::write::Write;
use futures_util::StreamExt as _;
use serde_json::json;
use tests::stage::{Act, Stage};
use tests::world::Plan;
use tokio::time::sleep;

use super::{Pair, STREAM, comes, follow, told, unwritten};

told!(
    the_courier_dies_and_another_takes_over,
    killed_and_started_empty,
    one_that_never_answers_slows_nobody,
    one_that_was_never_there_is_not_needed
);

async fn the_courier_dies_and_another_takes_over() {
    let mut stage = Stage::default();
    let pair = Pair::new(Plan::default()).await;
    for world in [&pair.serving, &pair.working] {
        let killed = world.kernel.courier.ask(Visit(Box::new(|| panic!("the courier stumbled")))).await;
        assert!(killed.is_err(), "it survived");
        while world.kernel.wellbeing.rebuilds("courier") < 1 {
            sleep(Duration::from_millis(20)).await;
        }
    }
    pair.connected().await;
    let mut events = follow(&pair.serving);
    for position in 1..=3 {
        comes(&pair.working, unwritten(position), &mut events).await;
    }
    let job = pair.serving.enqueue(stage.play("it", &[Act::Done])).await;
    stage.entrance().await;
    pair.serving.ended(job).await;
    // One connection each: nobody listens any more whose place was taken.
    let everybody = pair.redis.channels().await.into_iter().find(|channel| channel.ends_with(":all"));
    let everybody = everybody.expect("the channel of all");
    while pair.redis.listeners(&everybody).await > 2 {
        sleep(Duration::from_millis(20)).await;
    }
    pair.end().await;
}

async fn killed_and_started_empty() {
    let mut stage = Stage::default();
    let mut pair = Pair::new(Plan::default()).await;
    let mut events = follow(&pair.serving);
    comes(&pair.working, unwritten(1), &mut events).await;
    let waiting = pair.serving.enqueue(stage.play("waits", &[Act::Wait])).await;
    assert_eq!(stage.entrance().await.name, "waits");
    pair.redis.kill();
    // The lane finds it by itself.
    let job = pair.serving.enqueue(stage.play("meanwhile", &[Act::Done])).await;
    assert_eq!(stage.entrance().await.name, "meanwhile");
    pair.serving.ended(job).await;
    pair.redis.start_again();
    // Early copies come back by themselves.
    for position in 2..=4 {
        comes(&pair.working, unwritten(position), &mut events).await;
    }
    pair.connected().await;
    stage.cue(1);
    pair.serving.ended(waiting).await;
    pair.end().await;
}

async fn one_that_never_answers_slows_nobody() {
    let mut stage = Stage::default();
    let pair = Pair::new(Plan::default()).await;
    let mut events = follow(&pair.serving);
    let early = |position| {
        let mut event = unwritten(position);
        event.data = json!({ "filling": "x".repeat(4 << 10) });
        event
    };
    comes(&pair.working, early(1), &mut events).await;
    pair.redis.freeze();
    // It would take minutes if each of them waited for an answer, or as long as it takes for one to be given up.
    for number in 0..200 {
        let mut write = Write::begin(pair.working.deps()).await.expect("a transaction");
        write.emit(STREAM, "tick", json!({ "number": number }));
        write.commit().await.expect("committed");
    }
    // More than anybody would hold.
    for position in 2..10_000 {
        pair.working.deps().bell.show(vec![early(position)]);
    }
    assert!(pair.working.deps().bell.courier().expect("a courier").dropped > 0);
    pair.serving.enqueue(stage.play("found by its lane", &[Act::Done])).await;
    stage.entrance().await;
    while pair.working.deps().bell.courier().expect("a courier").connected {
        sleep(Duration::from_millis(20)).await;
    }
    pair.redis.thaw();
    pair.connected().await;
    // All that is in the rows comes, once and in order; position 1 was told before.
    for position in 2..=200 {
        let event = events.next().await.expect("it goes on").expect("the database answers");
        assert_eq!((event.position, event.kind.as_str()), (position, "tick"));
    }
    pair.end().await;
}

async fn one_that_was_never_there_is_not_needed() {
    let mut stage = Stage::default();
    let mut pair = Pair::new(Plan::default()).await;
    pair.redis.kill();
    let beside = pair.working.base.beside();
    let plan = Plan { redis: Some(pair.redis.url()), lanes: Vec::new(), ..Plan::default() };
    let late = tests::world::World::on(beside, plan).await;
    late.enqueue(stage.play("it", &[Act::Done])).await;
    assert_eq!(stage.entrance().await.name, "it");
    pair.redis.start_again();
    super::connected(&late.kernel).await;
    pair.connected().await;
    late.stop().await;
    pair.end().await;
}
