//! A database whose clock jumps.

use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::faults::mortal::Mortal;

use super::scene::Scene;

#[test]
fn an_hour_ahead_and_back_holds_up_nothing() {
    tell(Backend::Postgres, |backend| async move {
        let server = Mortal::with_clock();
        let scene = Scene::on(Base::at(backend, &server.migrated().await)).await;
        let worker = scene.worker().await;
        let load = scene.load();
        for seconds in [3600, 0, -3600, 0] {
            load.goes_on_by(20).await;
            server.set_clock(seconds);
        }
        load.goes_on_by(20).await;
        load.end().await;
        let jobs = scene.settled().await;
        let first = jobs.iter().map(|job| job.created_at).min().expect("jobs");
        let last = jobs.iter().map(|job| job.created_at).max().expect("jobs");
        assert!(last.0 - first.0 > 3_600_000_000, "this test does not move the clock");
        worker.stop().await;
        scene.end().await;
    });
}
