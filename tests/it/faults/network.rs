//! A network that is cut between a worker and PostgreSQL.

use std::time::Duration;

use entity::job::JobState;
use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::faults::ledger::enqueue;
use tests::faults::stagehand::Orders;
use tests::faults::wire::Wire;
use tests::postgres;
use tests::stage::{Act as StageAct, LANE, Stage};
use tests::world::{Plan, World};

use super::scene::Scene;

async fn wired(scene: &Scene) -> (Wire, Orders) {
    let wire = Wire::to(postgres::folder().await).await;
    let orders = Orders { url: wire.url(&scene.world.base.url), ..scene.orders() };
    (wire, orders)
}

#[test]
fn what_a_worker_had_that_is_cut_off_is_done_by_another() {
    tell(Backend::Postgres, |backend| async move {
        let scene = Scene::new(backend).await;
        let (wire, orders) = wired(&scene).await;
        let mut far = scene.by(&orders).await;
        let load = scene.load();
        far.hear("begun").await;
        load.goes_on_by(20).await;
        let near = scene.worker().await;
        wire.cut();
        load.goes_on_by(20).await;
        load.end().await;
        // Whatever the far one was at, and whatever it has locked.
        scene.settled().await;
        near.stop().await;
        wire.mend();
        scene.ledger.send_all(scene.world.deps(), 5, &[tests::faults::errand::Act::Done]).await;
        scene.settled().await;
        far.stop().await;
        scene.end().await;
    });
}

#[test]
fn a_worker_whose_connections_died_in_silence_makes_new_ones() {
    tell(Backend::Postgres, |backend| async move {
        let scene = Scene::new(backend).await;
        let (wire, orders) = wired(&scene).await;
        let only = scene.by(&orders).await;
        let load = scene.load();
        load.goes_on_by(20).await;
        wire.forget();
        load.end().await;
        scene.settled().await;
        only.stop().await;
        scene.end().await;
    });
}

#[test]
fn a_worker_whose_connections_are_reset_makes_new_ones() {
    tell(Backend::Postgres, |backend| async move {
        let scene = Scene::new(backend).await;
        let (wire, orders) = wired(&scene).await;
        let only = scene.by(&orders).await;
        let load = scene.load();
        for _ in 0..5 {
            load.goes_on_by(10).await;
            wire.reset();
        }
        load.end().await;
        scene.settled().await;
        only.stop().await;
        scene.end().await;
    });
}

#[test]
fn what_a_commit_began_that_nobody_heard_of_is_worked_on_all_the_same() {
    tell(Backend::Postgres, |backend| async move {
        let base = Base::new(backend).await;
        let wire = Wire::to(postgres::folder().await).await;
        let plan = Plan { lease: Duration::from_secs(600), ..Plan::default() };
        let (world, mut stage) = (World::on(Base::at(backend, &wire.url(&base.url)), plan).await, Stage::default());
        let slots = world.kernel.slots(LANE).expect("the lane");
        let size = slots.size().slots;
        wire.fail_commits(true);
        // Until one was begun by its commit: the lane holds free slots while it looks for work.
        let job = loop {
            while slots.free() < size {
                tokio::task::yield_now().await;
            }
            enqueue(world.deps(), stage.play("in doubt", &[StageAct::Done])).await.expect_err("nobody heard of it");
            // Another connection sees what the server made of it.
            let found = world.numbers("SELECT coalesce(max(id), 0) FROM job WHERE state IN ('leased', 'done')").await;
            if found[0] > 0 {
                break found[0];
            }
            world.execute("DELETE FROM job WHERE state = 'queued'", []).await;
        };
        wire.fail_commits(false);
        assert_eq!(stage.entrance().await.job.id, job);
        let ended = world.ended(job).await;
        assert_eq!((ended.state, ended.attempt, ended.losses), (JobState::Done, 1, 0));
        world.stop().await;
    });
}
