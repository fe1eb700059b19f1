//! A PostgreSQL that is killed and started again under load, or whose disk is full for a while.

use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::faults::errand::Act;
use tests::faults::mortal::Mortal;

use super::scene::Scene;

#[test]
fn a_killed_postgres_loses_nothing_and_needs_nobody() {
    tell(Backend::Postgres, |backend| async move {
        let mut server = Mortal::start();
        let scene = Scene::on(Base::at(backend, &server.migrated().await)).await;
        let workers = [scene.worker().await, scene.worker().await];
        let load = scene.load();
        for _ in 0..2 {
            load.goes_on_by(20).await;
            server.kill();
            server.revive();
        }
        load.goes_on_by(20).await;
        load.end().await;
        scene.settled().await;
        for worker in workers {
            worker.stop().await;
        }
        scene.end().await;
    });
}

#[test]
fn a_worker_can_be_stopped_while_the_database_is_away() {
    tell(Backend::Postgres, |backend| async move {
        let mut server = Mortal::start();
        let scene = Scene::on(Base::at(backend, &server.migrated().await)).await;
        let worker = scene.worker().await;
        let load = scene.load();
        load.goes_on_by(20).await;
        server.kill();
        worker.stop().await;
        server.revive();
        load.goes_on_by(20).await;
        load.end().await;
        let other = scene.worker().await;
        scene.settled().await;
        other.stop().await;
        scene.end().await;
    });
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    tell(Backend::Postgres, |backend| async move {
        let mut server = Mortal::on_a_small_disk();
        let scene = Scene::on(Base::at(backend, &server.migrated().await)).await;
        let workers = [scene.worker().await, scene.worker().await];
        let load = scene.load();
        load.goes_on_by(20).await;
        server.fill_disk();
        // There is some room left in its files.
        while scene.ledger.send(scene.world.deps(), &[Act::Done]).await.is_some() {}
        server.empty_disk();
        load.goes_on_by(20).await;
        load.end().await;
        scene.settled().await;
        for worker in workers {
            worker.stop().await;
        }
        scene.end().await;
    });
}
