//! The writer: what waits together goes in one transaction, and one bad operation fails alone.

use actors::effect::Effects;
use actors::lane::claiming;
use actors::writer::Operation;
use entity::clock::Clock;
use entity::job::JobState;
use entity::job::event::{NewEvent, Stream};
use futures_util::future::join_all;
use serde_json::json;
use tests::backend::Backend;
use tests::hand::{LANE, by_hand, claim, done, hold_writer, take};
use tests::stage::{Mark, Stage};
use tests::stories;
use tests::world::{Plan, World};

stories![
    the_poisonous_one_fails_alone,
    who_lost_the_lease_is_not_heard_beside_who_has_it,
    the_same_settlement_twice_has_its_effects_once,
    who_asks_again_is_told_the_same_and_nothing_happens_twice,
];

fn mark(name: &str) -> Effects {
    Effects::none().and(Mark(name.to_owned()))
}

async fn the_poisonous_one_fails_alone(backend: Backend) {
    const JOBS: usize = 50;
    // The time in the rows tells the transactions apart.
    let plan = Plan { lanes: Vec::new(), clock: Clock::System, ..Plan::default() };
    let (world, stage) = (World::with(backend, plan).await, Stage::default());
    let (hold, held) = hold_writer(&world, stage.play("held", &[]), mark("taken")).await;
    hold.let_go();
    held.await.expect("ended").expect("settled");
    for _ in 0..JOBS {
        world.enqueue(by_hand(stage.play("job", &[]))).await;
    }
    let jobs = claiming::claim(world.deps(), &claim(LANE, JOBS as u64, 2)).await.expect("claimed");
    assert_eq!(jobs.len(), JOBS);
    let (hold, held) = hold_writer(&world, stage.play("held", &[]), Effects::none()).await;
    let settle = jobs.iter().enumerate().map(|(number, job)| {
        let name = if number == 17 { "taken".to_owned() } else { format!("job {number}") };
        world.deps().writer.settle(done((job.id, 2), mark(&name)))
    });
    let (settled, ()) = tokio::join!(join_all(settle), async { hold.let_go() });
    held.await.expect("ended").expect("settled");
    for (number, settled) in settled.into_iter().enumerate() {
        match settled {
            Ok(moved) => assert!(number != 17 && moved.is_some_and(|moved| moved.state == JobState::Done)),
            Err(_) => assert_eq!(number, 17),
        }
    }
    assert_eq!(world.job(jobs[17].id).await.state, JobState::Leased);
    assert_eq!(world.marks().await.len(), JOBS);
    let transactions = "SELECT count(DISTINCT at) FROM job_history WHERE kind = 'done'";
    let transactions = world.numbers(transactions).await[0];
    assert!(transactions < 20, "{transactions} transactions");
    world.stop().await;
}

async fn who_lost_the_lease_is_not_heard_beside_who_has_it(backend: Backend) {
    let (world, stage) = (World::idle(backend).await, Stage::default());
    let job = take(&world, stage.play("it", &[]), 2).await;
    // Taken away and claimed again.
    world.execute("UPDATE job SET lease_token = 3 WHERE id = $1", [job.id.into()]).await;
    let (hold, held) = hold_writer(&world, stage.play("held", &[]), Effects::none()).await;
    let writer = &world.deps().writer;
    let late = writer.settle(done((job.id, 2), mark("late")));
    let holder = writer.settle(done((job.id, 3), mark("holder")));
    let (late, holder, ()) = tokio::join!(late, holder, async { hold.let_go() });
    held.await.expect("ended").expect("settled");
    assert_eq!(late.expect("an answer"), None);
    assert!(holder.expect("an answer").is_some());
    assert_eq!(world.end().await, ["holder"]);
}

async fn the_same_settlement_twice_has_its_effects_once(backend: Backend) {
    let (world, stage) = (World::idle(backend).await, Stage::default());
    let job = take(&world, stage.play("it", &[]), 2).await;
    let (hold, held) = hold_writer(&world, stage.play("held", &[]), Effects::none()).await;
    let settle = || world.deps().writer.settle(done((job.id, 2), mark("it")));
    let (first, second, ()) = tokio::join!(settle(), settle(), async { hold.let_go() });
    held.await.expect("ended").expect("settled");
    for settled in [first, second] {
        assert_eq!(settled.expect("an answer").map(|moved| moved.state), Some(JobState::Done));
    }
    let announced = format!("SELECT count(*) FROM job_history WHERE job_id = {} AND kind = 'done'", job.id);
    assert_eq!(world.numbers(&announced).await, [1]);
    assert_eq!(world.end().await, ["it"]);
}

/// The answer to a commit can be lost, and then the whole batch is run again.
async fn who_asks_again_is_told_the_same_and_nothing_happens_twice(backend: Backend) {
    let (world, stage) = (World::idle(backend).await, Stage::default());
    let job = take(&world, stage.play("it", &[]), 2).await;
    let writer = &world.deps().writer;
    let step = |number| {
        let event = NewEvent::new(Stream::Job(job.id), "step", json!({ "number": number }));
        Operation::Progress((job.id, 2), number, event)
    };
    for number in [1, 1, 2, 1, 2] {
        assert!(writer.fenced(step(number)).await.expect("an answer"));
    }
    let steps = format!("SELECT count(*) FROM job_history WHERE job_id = {} AND kind = 'step'", job.id);
    assert_eq!(world.numbers(&steps).await, [2]);
    let (first, again) =
        (writer.settle(done((job.id, 2), mark("it"))).await, writer.settle(done((job.id, 2), mark("it"))).await);
    let (first, again) = (first.expect("an answer"), again.expect("an answer"));
    assert_eq!(first.as_ref().map(|moved| moved.state), Some(JobState::Done));
    assert_eq!(first, again);
    assert!(!writer.fenced(step(3)).await.expect("an answer"));
    assert_eq!(world.end().await, ["it"]);
}
