//! Early copies of events and records reach those who follow in another process, and nobody else.

use std::pin::pin;

use actors::execution::cancel_run;
use actors::execution::program_input::ProgramInput;
use actors::execution::run_program::run_guest_program;
use actors::live::follow::{self, RunNews};
use actors::write::Write;
use entity::execution::record::{Model, Place, RecordKind};
use futures_util::StreamExt as _;
use serde_json::json;
use tests::world::{Plan, World};
use tokio::time::{Duration, sleep, timeout};

use super::{Pair, STREAM, comes, follow as events_of, told, unwritten};

told!(
    events_come_before_anybody_looks,
    what_was_long_is_read_from_the_rows,
    records_come_before_the_rows_have_them,
    a_process_hears_what_it_follows_and_nothing_else,
);

async fn events_come_before_anybody_looks() {
    let pair = Pair::new(Plan::default()).await;
    let mut events = events_of(&pair.serving);
    for position in 1..=5 {
        comes(&pair.working, unwritten(position), &mut events).await;
    }
    pair.end().await;
}

async fn what_was_long_is_read_from_the_rows() {
    let pair = Pair::new(Plan::default()).await;
    let mut events = events_of(&pair.serving);
    for (position, length) in [(1, 1), (2, 200_000), (3, 1)] {
        let mut write = Write::begin(pair.working.deps()).await.expect("a transaction");
        write.emit(STREAM, "long", json!({ "text": "x".repeat(length) }));
        write.commit().await.expect("committed");
        let event = events.next().await.expect("it goes on").expect("the database answers");
        assert_eq!((event.position, event.data["text"].as_str().map(str::len)), (position, Some(length)));
    }
    pair.end().await;
}

fn record(world: &World, run: i64, position: i64) -> Model {
    // Not text: programs write what they like.
    let bytes = vec![0xFF, 0, u8::try_from(position).expect("a small number")];
    let at = world.deps().clock.now();
    Model { run_id: run, attempt: 1, position, kind: RecordKind::Stdout, step: 0, case_number: Some(3), bytes, at }
}

async fn records_come_before_the_rows_have_them() {
    let pair = Pair::new(Plan::default()).await;
    let files = vec![("main.py".to_owned(), String::new())];
    let input =
        ProgramInput { language: "python3".to_owned(), mode: "run".to_owned(), files, ..ProgramInput::default() };
    // Nobody works it: these worlds have no lane for it.
    let run = run_guest_program(pair.serving.deps(), "here", 9, input).await.expect("it starts").run;
    let mut news = pin!(follow::run(pair.serving.deps().clone(), run, Place::default()));
    for position in 1..=5 {
        let record = record(&pair.working, run, position);
        let told = loop {
            pair.working.deps().bell.show_records(run, vec![record.clone()]);
            if let Ok(told) = timeout(Duration::from_millis(100), news.next()).await {
                break told.expect("it goes on").expect("the database answers");
            }
        };
        let RunNews::Record(told) = told else { panic!("{told:?}") };
        assert_eq!(told, record);
    }
    cancel_run::stop(pair.serving.deps(), run).await.expect("it is stopped");
    pair.end().await;
}

async fn a_process_hears_what_it_follows_and_nothing_else() {
    let pair = Pair::new(Plan::default()).await;
    let channels = pair.redis.channels().await;
    assert_eq!(channels.len(), 1, "{channels:?}");
    assert_eq!(pair.redis.listeners(&channels[0]).await, 2);
    let mut events = events_of(&pair.serving);
    comes(&pair.working, unwritten(1), &mut events).await;
    let channels = pair.redis.channels().await;
    let of_course = channels.iter().find(|channel| channel.ends_with(":course:7")).expect("its channel");
    assert_eq!((channels.len(), pair.redis.listeners(of_course).await), (2, 1));
    drop(events);
    while pair.redis.channels().await.len() > 1 {
        sleep(Duration::from_millis(50)).await;
    }
    pair.end().await;
}
