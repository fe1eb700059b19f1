//! A PostgreSQL that is killed and started again under load, or whose disk is full for a while.

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement, TransactionTrait as _};
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

/// More statements than are read at once while all are brisk, none of which ends.
#[test]
fn slow_statements_keep_nobody_from_reading() {
    tell(Backend::Postgres, |backend| async move {
        let base = Base::new(backend).await;
        let db = base.open().await;
        let statement = |text: &str| Statement::from_string(DbBackend::Postgres, text);
        let gate = db.write_connection().begin().await.expect("a transaction");
        gate.execute_raw(statement("SELECT pg_advisory_xact_lock(7)")).await.expect("nobody has it");
        let slow = (0..12).map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let text = "SELECT 1 FROM pg_advisory_xact_lock_shared(7)";
                db.read().query_all_raw(Statement::from_string(DbBackend::Postgres, text)).await.map(|rows| rows.len())
            })
        });
        let slow: Vec<_> = slow.collect();
        let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
        loop {
            // This is a reader too.
            let row = db.read().query_one_raw(statement(waiting)).await.expect("an answer").expect("a row");
            if row.try_get_by_index::<i64>(0).expect("a number") == 12 {
                break;
            }
        }
        gate.commit().await.expect("it ends");
        for read in join_all(slow).await {
            assert_eq!(read.expect("no panic").expect("an answer"), 1);
        }
        db.close().await;
    });
}
