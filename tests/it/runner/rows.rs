//! How long a guest's run is kept, and what happens to it when its worker is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use actors::execution::check_guest::{Checked, check_guest, seen};
use actors::execution::program_input::ProgramInput;
use actors::execution::prune_guests::PruneGuests;
use actors::execution::run_program::{Visiting, run_guest_program};
use actors::job::Job as _;
use entity::clock::Clock;
use entity::execution::record::{self, Chunk, RecordKind};
use entity::job::claim::Claim;
use entity::job::lease::Rescue;
use tests::backend::Backend;
use tests::hand::claim;
use tests::stories;
use tests::world::{Plan, World};
use tokio::time::sleep;

stories!(
    a_run_is_kept_for_a_while_and_then_forgotten,
    a_lost_run_begins_anew_if_nobody_saw_it,
    a_lost_run_that_somebody_saw_ends
);

const MINUTE: i64 = 60_000_000;

fn program(text: &str) -> ProgramInput {
    let files = vec![("main.py".to_owned(), text.to_owned())];
    ProgramInput { language: "python3".to_owned(), mode: "run".to_owned(), files, ..ProgramInput::default() }
}

fn plan(clock: &Arc<AtomicI64>, lanes: Vec<(&'static str, usize)>) -> Plan {
    Plan { kinds: actors::kinds::KINDS, lanes, clock: Clock::Fake(Arc::clone(clock)), ..Plan::default() }
}

async fn guest(world: &World, text: &str) -> Visiting {
    run_guest_program(world.deps(), "here", 9, program(text)).await.expect("it starts")
}

async fn ended(world: &World, identifier: &str) -> Checked {
    loop {
        let checked = check_guest(world.deps(), identifier, Some(0)).await.expect("an answer").expect("it is known");
        if checked.ended.is_some() {
            return checked;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

fn said(checked: &Checked) -> Vec<(RecordKind, String)> {
    let text = |record: &record::Model| (record.kind, String::from_utf8_lossy(&record.bytes).into_owned());
    checked.records.iter().map(text).collect()
}

async fn a_run_is_kept_for_a_while_and_then_forgotten(backend: Backend) {
    let clock = Arc::new(AtomicI64::new(1_800_000_000_000_000));
    let lanes = vec![(actors::lanes::EXECUTION, 1), (actors::lanes::HOUSEKEEPING, 1)];
    let world = World::with(backend, plan(&clock, lanes)).await;
    let visiting = guest(&world, "print('kept')").await;
    ended(&world, &visiting.identifier).await;
    let ask = || check_guest(world.deps(), &visiting.identifier, Some(0));
    // Whoever asks keeps it for another ten minutes.
    for _ in 0..3 {
        clock.fetch_add(9 * MINUTE, Ordering::SeqCst);
        let found = ask().await.expect("an answer").expect("it is kept");
        assert_eq!(said(&found).last().expect("a record").1, "kept\n");
    }
    let prune = || async { world.ended(world.enqueue(PruneGuests.new()).await).await };
    prune().await;
    assert!(ask().await.expect("an answer").is_some(), "it is forgotten too early");
    clock.fetch_add(11 * MINUTE, Ordering::SeqCst);
    assert!(ask().await.expect("an answer").is_none(), "its time is over");
    let waiting = guest(&world, "import time\ntime.sleep(1)").await;
    clock.fetch_add(60 * MINUTE, Ordering::SeqCst);
    prune().await;
    let left = "SELECT count(*) FROM";
    for (table, rows) in [("run", 1), ("guest", 1), ("blob", 0)] {
        assert_eq!(world.numbers(&format!("{left} {table}")).await, [rows], "{table}");
    }
    assert_eq!(world.numbers(&format!("SELECT count(*) FROM run_record WHERE run_id <> {}", waiting.run)).await, [0]);
    ended(&world, &waiting.identifier).await;
    world.end().await;
}

/// A worker that takes the run, writes a line and is heard of no more.
async fn lose(world: &World, run: i64) {
    let kinds = vec![("execution.run", 1)];
    let wanted = Claim { kinds, ..claim(actors::lanes::EXECUTION, 1, 7) };
    let job =
        actors::lane::claiming::claim(world.deps(), &wanted).await.expect("claimed").pop().expect("the job is free");
    let record = record::Model {
        run_id: run,
        attempt: 1,
        position: 1,
        kind: RecordKind::Stdout,
        step: 0,
        case_number: None,
        bytes: b"of the first\n".to_vec(),
        at: world.deps().clock.now(),
    };
    let chunk = Chunk { job: job.id, lease_token: 7, records: vec![record] };
    assert!(world.deps().writer.fenced(actors::writer::Operation::Record(chunk)).await.expect("written"));
}

async fn taken_back(world: World, clock: &Arc<AtomicI64>) -> World {
    world.execute("UPDATE job SET lease_until = 0", []).await;
    actors::runner::rescue::rescue(world.deps(), &Rescue::Expired).await.expect("it is taken back");
    let base = world.stop().await;
    World::on(base, plan(clock, vec![(actors::lanes::EXECUTION, 1)])).await
}

async fn a_lost_run_begins_anew_if_nobody_saw_it(backend: Backend) {
    let clock = Arc::new(AtomicI64::new(1_800_000_000_000_000));
    let world = World::with(backend, plan(&clock, Vec::new())).await;
    let visiting = guest(&world, "print('of the second')").await;
    lose(&world, visiting.run).await;
    let world = taken_back(world, &clock).await;
    // Who asked before would have seen the first beginning.
    world.ended(world.numbers("SELECT max(id) FROM job").await[0]).await;
    let checked = ended(&world, &visiting.identifier).await;
    let stdout: Vec<String> =
        said(&checked).into_iter().filter(|(kind, _)| *kind == RecordKind::Stdout).map(|(_, text)| text).collect();
    assert_eq!((stdout, checked.ended), (vec!["of the second\n".to_owned()], Some(0)));
    world.end().await;
}

async fn a_lost_run_that_somebody_saw_ends(backend: Backend) {
    let clock = Arc::new(AtomicI64::new(1_800_000_000_000_000));
    let world = World::with(backend, plan(&clock, Vec::new())).await;
    let (polled, listened) = (guest(&world, "print(2)").await, guest(&world, "print(3)").await);
    lose(&world, polled.run).await;
    lose(&world, listened.run).await;
    let first = check_guest(world.deps(), &polled.identifier, Some(0)).await.expect("an answer").expect("it is known");
    assert_eq!((said(&first).len(), first.ended), (1, None));
    seen(world.deps(), listened.run).await.expect("noted");
    let world = taken_back(world, &clock).await;
    for visiting in [polled, listened] {
        let checked = ended(&world, &visiting.identifier).await;
        let said = said(&checked);
        assert_eq!(said[0], (RecordKind::Stdout, "of the first\n".to_owned()), "what was shown stays");
        assert!(said.len() == 2 && said[1].0 == RecordKind::Fault && said[1].1.contains("has stopped"), "{said:?}");
        assert_eq!(checked.ended, Some(1));
    }
    world.end().await;
}
