//! Workers that are killed, frozen, replaced, and of another version; and two that settle the same job.

use actors::effect::Effects;
use actors::job::Job as _;
use entity::job::JobState;
use entity::job::queue::NewJob;
use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::faults::errand::{Act, Errand, Later};
use tests::faults::ledger::enqueue;
use tests::faults::stagehand::Orders;
use tests::hand;
use tests::stage::{Act as StageAct, Mark, Stage};
use tests::stories;
use tests::world::{Plan, World};

use super::scene::{Scene, of};

stories!(of_two_who_settle_the_same_job_one_has_its_effects);

/// Longer than any story: it ends with its process.
const FOR_EVER: Act = Act::Nap(50_000);

#[test]
fn what_a_killed_worker_had_is_done_by_another() {
    tell(Backend::Postgres, |backend| async move {
        let scene = Scene::new(backend).await;
        let mut first = scene.worker().await;
        let name = scene.ledger.send(scene.world.deps(), &[FOR_EVER, Act::Done]).await.expect("acknowledged");
        first.hear(&format!("begun {name} 1")).await;
        let second = scene.worker().await;
        scene.ledger.send_all(scene.world.deps(), 40, &[Act::Nap(20)]).await;
        first.kill().await;
        let jobs = scene.settled().await;
        let job = of(&jobs, &name);
        assert_eq!((job.attempt, job.losses), (2, 1));
        second.stop().await;
        scene.end().await;
    });
}

#[test]
fn a_worker_that_was_frozen_beyond_its_lease_is_not_heard_and_works_on() {
    tell(Backend::Postgres, |backend| async move {
        let scene = Scene::new(backend).await;
        let mut frozen = scene.worker().await;
        // It ends soon after its process goes on again.
        let name = scene.ledger.send(scene.world.deps(), &[Act::Nap(1_000), Act::Done]).await.expect("acknowledged");
        frozen.hear(&format!("begun {name} 1")).await;
        frozen.freeze();
        let mut other = scene.worker().await;
        other.hear(&format!("begun {name} 2")).await;
        let jobs = scene.settled().await;
        assert_eq!((of(&jobs, &name).attempt, of(&jobs, &name).losses), (2, 1));
        other.stop().await;
        frozen.thaw();
        let next = scene.ledger.send(scene.world.deps(), &[Act::Done]).await.expect("acknowledged");
        let jobs = scene.settled().await;
        assert_eq!((of(&jobs, &name).attempt, of(&jobs, &next).attempt), (2, 1));
        frozen.stop().await;
        scene.end().await;
    });
}

#[test]
fn workers_are_replaced_one_at_a_time_and_nobody_notices() {
    tell(Backend::Postgres, |backend| async move {
        let scene = Scene::new(backend).await;
        let mut working = vec![scene.worker().await, scene.worker().await];
        let load = scene.load();
        for _ in 0..4 {
            load.goes_on_by(10).await;
            let next = scene.worker().await;
            let mut last = std::mem::take(&mut working).into_iter();
            last.next().expect("two work").stop().await;
            working.extend(last.chain([next]));
        }
        load.end().await;
        let jobs = scene.settled().await;
        assert!(jobs.iter().all(|job| job.losses == 0), "a stop in good order is no loss");
        for worker in working {
            worker.stop().await;
        }
        scene.end().await;
    });
}

#[test]
fn what_an_older_worker_does_not_know_it_leaves_to_a_later_one() {
    tell(Backend::Postgres, |backend| async move {
        let scene = Scene::new(backend).await;
        let errand = |name: &str| Errand { name: name.to_owned(), acts: vec![Act::Done] };
        let later = enqueue(scene.world.deps(), Later(errand("later")).new()).await.expect("acknowledged");
        let version = NewJob { version: 2, ..errand("version 2").new() };
        let version = enqueue(scene.world.deps(), version).await.expect("acknowledged");
        let mut older = scene.worker().await;
        let known = scene.ledger.send(scene.world.deps(), &[Act::Done]).await.expect("acknowledged");
        // It was enqueued after the others and goes past them.
        older.hear(&format!("begun {known} 1")).await;
        for job in [later, version] {
            let job = scene.world.job(job).await;
            assert_eq!((job.state, job.attempt, job.losses), (JobState::Queued, 0, 0));
        }
        let mut newer = scene.by(&Orders { later: true, ..scene.orders() }).await;
        newer.hear("begun later 1").await;
        assert_eq!(scene.world.ended(later).await.state, JobState::Done);
        assert_eq!(scene.world.job(version).await.state, JobState::Queued);
        older.stop().await;
        newer.stop().await;
        scene.world.stop().await;
    });
}

async fn of_two_who_settle_the_same_job_one_has_its_effects(backend: Backend) {
    let idle = || Plan { lanes: Vec::new(), transactions: 3, ..Plan::default() };
    let one = World::on(Base::new(backend).await, idle()).await;
    let other = World::on(Base::at(backend, &one.base.url), idle()).await;
    let stage = Stage::default();
    for token in 1..=10 {
        let job = hand::take(&one, stage.play("it", &[StageAct::Done]), token).await;
        let effects = Effects::none().and(Mark(format!("mark {token}")));
        let settle = |world: &World| {
            let (writer, settling) = (world.deps().writer.clone(), hand::done((job.id, token), effects.clone()));
            tokio::spawn(async move { writer.settle(settling).await.expect("the database answers").is_some() })
        };
        let (here, there) = (settle(&one), settle(&other));
        let heard = [here.await.expect("ended"), there.await.expect("ended")];
        assert_eq!(heard, [true, true], "who comes second is told of the first");
    }
    assert_eq!(one.numbers("SELECT count(*) FROM job_history WHERE kind = 'done'").await, [10]);
    other.stop().await;
    assert_eq!(one.end().await.len(), 10);
}
