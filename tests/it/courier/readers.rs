//! A thousand readers of one stream cost the database what one costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actors::live::follow;
use actors::write::Write;
use entity::job::event::Stream;
use futures_util::StreamExt as _;
use serde_json::json;
use tests::backend::Backend;
use tests::base::Base;
use tests::stories;
use tests::world::{Plan, World};
use tokio::sync::mpsc;
use tokio::time::Instant;

stories!(a_thousand_readers_cost_what_one_costs);

const READERS: usize = 1_000;
const EVENTS: usize = 20;
const STREAM: Stream = Stream::Course(7);

async fn emit(world: &World) {
    let mut write = Write::begin(world.deps()).await.expect("a transaction");
    write.emit(STREAM, "tick", json!({}));
    write.commit().await.expect("committed");
}

async fn a_thousand_readers_cost_what_one_costs(backend: Backend) {
    let base = Base::new(backend).await;
    let mut db = base.open().await;
    let counted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&counted);
    db.observe_reads(move |text| {
        if text.starts_with("SELECT") {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let world = World::over(base, db, Plan { lanes: Vec::new(), ..Plan::default() }).await;
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..READERS {
        let (deps, tell) = (world.deps().clone(), tell.clone());
        readers.spawn(async move {
            let mut events = Box::pin(follow::stream(deps, STREAM, 0));
            while let Some(event) = events.next().await {
                tell.send(event.expect("the database answers").position).expect("the story listens");
            }
        });
    }
    // The first finds each reader wherever it is: before its look at the rows, in it, or behind.
    for position in 1..=EVENTS {
        let (before, begun) = (counted.load(Ordering::SeqCst), Instant::now());
        emit(&world).await;
        for _ in 0..READERS {
            assert_eq!(told.recv().await, Some(position as i64));
        }
        if position > 1 {
            let reads = counted.load(Ordering::SeqCst) - before;
            // The process looks once a second; three statements each time if it finds something.
            let looks = 3 * (begun.elapsed().as_secs() as usize + 2);
            assert!(reads <= looks, "event {position} cost {reads} reads");
        }
    }
    readers.shutdown().await;
    world.end().await;
}
