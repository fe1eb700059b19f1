//! Stopping runs: who may, and what is left.

use std::time::Duration;

use actors::execution::cancel_run::{CancelCode, cancel_run};
use actors::execution::program_input::ProgramInput;
use actors::execution::run_program::run_program;
use actors::problem::Problem;
use entity::execution::record::RecordKind;
use entity::execution::run::RunState;
use entity::execution::verdict::Verdict;
use entity::execution::{record, run};
use entity::job::JobState;
use entity::viewer::ViewerScope;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tests::backend::Backend;
use tests::campus::person;
use tests::hand::claim;
use tests::stories;
use tests::world::{Plan, World};
use tokio::time::{Instant, sleep};

stories!(
    what_waits_is_cancelled_at_once,
    what_runs_is_stopped,
    another_process_hears_of_it_with_its_lease,
    a_mark_outlives_its_holder,
    nobody_else_may
);

fn program(text: &str) -> ProgramInput {
    let files = vec![("main.py".to_owned(), text.to_owned())];
    ProgramInput { language: "python3".to_owned(), mode: "run".to_owned(), files, ..ProgramInput::default() }
}

const ENDLESS: &str = "import time\nprint('begun', flush=True)\ntime.sleep(600)\n";

fn lanes(slots: usize) -> Plan {
    Plan { kinds: actors::kinds::KINDS, lanes: vec![(actors::lanes::EXECUTION, slots)], ..Plan::default() }
}

async fn somebody(world: &World, name: &str) -> ViewerScope {
    let key = person(world, name).await;
    ViewerScope::load(world.db().read(), key).await.expect("rights")
}

async fn row(world: &World, run: i64) -> run::Model {
    run::Entity::find_by_id(run).one(world.db().read()).await.expect("the database answers").expect("the run")
}

async fn log(world: &World, run: i64) -> Vec<record::Model> {
    let records = record::Entity::find().filter(record::Column::RunId.eq(run));
    let records = records.order_by_asc(record::Column::Attempt).order_by_asc(record::Column::Position);
    records.all(world.db().read()).await.expect("the database answers")
}

/// The run has the verdict, the last record of its log is its end, and its job says so too.
async fn is_cancelled(world: &World, run: i64, job: i64) {
    let job = world.ended(job).await;
    assert_eq!(job.state, JobState::Cancelled, "{job:#?}");
    let row = row(world, run).await;
    assert_eq!((row.state, row.verdict, row.blame), (RunState::Done, Some(Verdict::Cancelled), None));
    let log = log(world, run).await;
    let ends: Vec<usize> = (0..log.len()).filter(|at| log[*at].kind == RecordKind::End).collect();
    assert_eq!(ends, [log.len() - 1], "{log:#?}");
}

async fn what_waits_is_cancelled_at_once(backend: Backend) {
    let world = World::with(backend, Plan { lanes: Vec::new(), ..lanes(0) }).await;
    let viewer = somebody(&world, "ada").await;
    let started = run_program(world.deps(), &viewer, program(ENDLESS)).await.expect("it waits");
    let run = cancel_run(world.deps(), &viewer, started.run.id).await.expect("it is cancelled");
    assert_eq!(run.verdict, Some(Verdict::Cancelled));
    is_cancelled(&world, run.id, started.job).await;
    let again = cancel_run(world.deps(), &viewer, run.id).await.expect("once more");
    assert_eq!(again, run);
    world.end().await;
}

async fn what_runs_is_stopped(backend: Backend) {
    let world = World::with(backend, lanes(1)).await;
    let viewer = somebody(&world, "ada").await;
    let started = run_program(world.deps(), &viewer, program(ENDLESS)).await.expect("it starts");
    while !log(&world, started.run.id).await.iter().any(|record| record.bytes.starts_with(b"begun")) {
        sleep(Duration::from_millis(20)).await;
    }
    let asked = Instant::now();
    let run = cancel_run(world.deps(), &viewer, started.run.id).await.expect("it is asked to stop");
    is_cancelled(&world, run.id, started.job).await;
    // The lease of this world is a minute, so it was not the renewal that told.
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    let next = run_program(world.deps(), &viewer, program("print(1)")).await.expect("it starts");
    world.ended(next.job).await;
    assert_eq!(row(&world, next.run.id).await.verdict, Some(Verdict::Passed), "the slot is free");
    world.end().await;
}

async fn another_process_hears_of_it_with_its_lease(backend: Backend) {
    use entity::job::lease::Renewal;
    let world = World::with(backend, Plan { lanes: Vec::new(), ..lanes(0) }).await;
    let viewer = somebody(&world, "ada").await;
    let started = run_program(world.deps(), &viewer, program(ENDLESS)).await.expect("it waits");
    let kinds = vec![("execution.run", 1)];
    let wanted = entity::job::claim::Claim { kinds, ..claim(actors::lanes::EXECUTION, 1, 7) };
    let taken = actors::lane::claiming::claim(world.deps(), &wanted).await.expect("claimed");
    assert_eq!(taken[0].id, started.job);
    let (writer, lease) = (&world.deps().writer, Duration::from_secs(60));
    assert_eq!(writer.renew((started.job, 7), lease).await.expect("renewed"), Renewal::Held);
    let run = cancel_run(world.deps(), &viewer, started.run.id).await.expect("it is asked to stop");
    assert_eq!(run.state, RunState::Queued, "its holder has not said so");
    assert_eq!(writer.renew((started.job, 7), lease).await.expect("renewed"), Renewal::Stop);
    assert_eq!(writer.renew((started.job, 8), lease).await.expect("renewed"), Renewal::Lost);
    world.stop().await;
}

async fn a_mark_outlives_its_holder(backend: Backend) {
    let world = World::with(backend, Plan { lanes: Vec::new(), ..lanes(0) }).await;
    let viewer = somebody(&world, "ada").await;
    let started = run_program(world.deps(), &viewer, program(ENDLESS)).await.expect("it waits");
    let kinds = vec![("execution.run", 1)];
    let wanted = entity::job::claim::Claim { kinds, ..claim(actors::lanes::EXECUTION, 1, 7) };
    actors::lane::claiming::claim(world.deps(), &wanted).await.expect("claimed");
    cancel_run(world.deps(), &viewer, started.run.id).await.expect("it is asked to stop");
    // The holder says nothing any more.
    world.execute("UPDATE job SET lease_until = 0", []).await;
    let rescue = entity::job::lease::Rescue::Expired;
    actors::runner::rescue::rescue(world.deps(), &rescue).await.expect("it is taken back");
    let base = world.stop().await;
    let world = World::on(base, lanes(1)).await;
    is_cancelled(&world, started.run.id, started.job).await;
    assert!(!log(&world, started.run.id).await.iter().any(|record| record.bytes.starts_with(b"begun")), "it was run");
    world.end().await;
}

async fn nobody_else_may(backend: Backend) {
    let world = World::with(backend, Plan { lanes: Vec::new(), ..lanes(0) }).await;
    let (ada, bob) = (somebody(&world, "ada").await, somebody(&world, "bob").await);
    let started = run_program(world.deps(), &ada, program(ENDLESS)).await.expect("it waits");
    for other in [bob, ViewerScope::anonymous()] {
        let refused = cancel_run(world.deps(), &other, started.run.id).await.expect_err("not theirs");
        let Problem::Refused(refused) = refused else { panic!("{refused:?}") };
        assert_eq!(refused.code, CancelCode::RunUnknown, "what one may not see does not exist");
    }
    assert_eq!(row(&world, started.run.id).await.state, RunState::Queued);
    let site = ViewerScope::system("a story");
    cancel_run(world.deps(), &site, started.run.id).await.expect("the site may");
    is_cancelled(&world, started.run.id, started.job).await;
    world.end().await;
}
