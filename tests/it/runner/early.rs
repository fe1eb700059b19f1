//! Whoever follows a run hears what it writes before the rows have it, from the first record on.

use std::pin::pin;
use std::sync::Arc;

use actors::execution::cancel_run;
use actors::execution::program_input::ProgramInput;
use actors::execution::run_program::run_guest_program;
use actors::live::Early;
use actors::live::follow::{self, RunNews};
use entity::execution::record::{Model, Place, RecordKind};
use futures_util::{Stream, StreamExt as _};
use tests::backend::Backend;
use tests::stories;
use tests::world::World;
use tokio::time::{Duration, timeout};

stories!(nobody_waits_for_the_rows, an_early_beginning_is_told_as_one);

fn record(world: &World, run: i64, (attempt, position): (i32, i64)) -> Model {
    let bytes = format!("{attempt}.{position}").into_bytes();
    let at = world.deps().clock.now();
    Model { run_id: run, attempt, position, kind: RecordKind::Stdout, step: 0, case_number: None, bytes, at }
}

/// Shows a record to whoever follows; it never comes into the rows.
fn tell(world: &World, run: i64, place: (i32, i64)) {
    world.deps().live.tell(Early { run, records: Arc::new(vec![record(world, run, place)]) });
}

/// A run that waits for ever: this world works nothing.
async fn waiting(world: &World) -> i64 {
    let files = vec![("main.py".to_owned(), String::new())];
    let input =
        ProgramInput { language: "python3".to_owned(), mode: "run".to_owned(), files, ..ProgramInput::default() };
    run_guest_program(world.deps(), "here", 9, input).await.expect("it starts").run
}

/// What comes next; it cannot come from the rows.
async fn next(news: &mut (impl Stream<Item = Result<RunNews, sea_orm::DbErr>> + Unpin)) -> (bool, i32, i64) {
    let news = timeout(Duration::from_secs(30), news.next()).await.expect("it is held back until the rows have it");
    let place = |place: Place, restarted| (restarted, place.attempt, place.position);
    match news.expect("it goes on").expect("the database answers") {
        RunNews::Record(record) => place(record.place(), false),
        RunNews::Restarted(begun) => place(begun, true),
        RunNews::Finished(_, end) => panic!("it has not ended at {end:?}"),
    }
}

async fn nobody_waits_for_the_rows(backend: Backend) {
    let world = World::idle(backend).await;
    let run = waiting(&world).await;
    // The first was told before anybody listened.
    tell(&world, run, (1, 1));
    let mut news = pin!(follow::run(world.deps().clone(), run, Place::default()));
    assert_eq!(next(&mut news).await, (false, 1, 1));
    for position in 2..=4 {
        tell(&world, run, (1, position));
        assert_eq!(next(&mut news).await, (false, 1, position));
    }
    cancel_run::stop(world.deps(), run).await.expect("it is stopped");
    world.end().await;
}

async fn an_early_beginning_is_told_as_one(backend: Backend) {
    let world = World::idle(backend).await;
    let run = waiting(&world).await;
    tell(&world, run, (1, 1));
    let mut news = pin!(follow::run(world.deps().clone(), run, Place::default()));
    assert_eq!(next(&mut news).await, (false, 1, 1));
    tell(&world, run, (2, 1));
    assert_eq!(next(&mut news).await, (true, 2, 0));
    assert_eq!(next(&mut news).await, (false, 2, 1));
    cancel_run::stop(world.deps(), run).await.expect("it is stopped");
    world.end().await;
}
