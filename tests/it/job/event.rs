//! Events: positions without gaps, in the order of commits, whoever appends at the same time.

use std::collections::BTreeSet;

use actors::live::follow;
use actors::write::Write;
use entity::job::event::{self, Event, Stream};
use futures_util::StreamExt as _;
use serde_json::json;
use tests::backend::Backend;
use tests::stage::{Act, Stage};
use tests::stories;
use tests::world::World;
use tokio::task::JoinSet;

stories![a_reader_beside_many_writers_sees_each_once, who_follows_a_job_hears_what_its_row_and_events_say];

const WRITERS: i64 = 20;
const EACH: i64 = 20;
const STREAM: Stream = Stream::Course(1);

async fn a_reader_beside_many_writers_sees_each_once(backend: Backend) {
    let world = World::idle(backend).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let deps = world.deps().clone();
        writers.spawn(async move {
            for number in 0..EACH {
                let mut write = Write::begin(&deps).await.expect("a transaction");
                write.emit(STREAM, "tick", json!({ "writer": writer, "number": number }));
                // Another stream as well, so that streams are locked in one order.
                write.emit(Stream::Course(2 + number % 3), "tick", json!({}));
                write.commit().await.expect("committed");
            }
        });
    }
    // A gap that is filled later would be skipped by this reader: it never looks back.
    let mut seen = Vec::new();
    while seen.len() < (WRITERS * EACH) as usize {
        let last = seen.len() as i64;
        for event in event::after(world.db().read(), STREAM, last, 7).await.expect("events") {
            assert_eq!(event.position, seen.len() as i64 + 1);
            seen.push(event.data);
        }
    }
    while let Some(ended) = writers.join_next().await {
        ended.expect("a writer");
    }
    let distinct: BTreeSet<String> = seen.iter().map(ToString::to_string).collect();
    assert_eq!(distinct.len(), seen.len());
    for writer in 0..WRITERS {
        let own: Vec<i64> =
            seen.iter().filter(|data| data["writer"] == writer).filter_map(|data| data["number"].as_i64()).collect();
        assert!(own.is_sorted(), "{own:?}");
    }
    for from in [0, 1, 199, 399, 400, 500] {
        let rest = event::after(world.db().read(), STREAM, from, 1000).await.expect("events");
        let positions: Vec<i64> = rest.iter().map(|event| event.position).collect();
        assert_eq!(positions, (from + 1..=WRITERS * EACH).collect::<Vec<_>>());
    }
    world.end().await;
}

/// Early copies are made beside the rows, and must be the same: one that comes back with a cursor goes on in the rows.
async fn who_follows_a_job_hears_what_its_row_and_events_say(backend: Backend) {
    let (world, stage) = (World::new(backend).await, Stage::default());
    for (name, acts) in [("good", vec![Act::Done]), ("late", vec![Act::Retry, Act::Done]), ("bad", vec![Act::GiveUp])] {
        let job = world.enqueue(stage.play(name, &acts)).await;
        let stream = Stream::Job(job);
        let mut heard: Vec<Event> = Vec::new();
        let mut events = Box::pin(follow::stream(world.deps().clone(), stream, 0));
        while heard.last().is_none_or(|event| !["done", "dead"].contains(&event.kind.as_str())) {
            heard.push(events.next().await.expect("it goes on").expect("an event"));
        }
        assert_eq!(event::after(world.db().read(), stream, 0, 100).await.expect("events"), heard);
        let positions: Vec<i64> = heard.iter().map(|event| event.position).collect();
        assert_eq!(positions, (1..=1 + 2 * acts.len() as i64).collect::<Vec<_>>());
    }
    world.end().await;
}
