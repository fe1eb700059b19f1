//! A database whose clock jumps.

use entity::job::JobState;
use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::faults::errand::Act;
use tests::faults::mortal::Mortal;
use tests::stories;

use super::scene::Scene;

stories!(what_was_enqueued_by_a_clock_ahead_is_done_now);

async fn what_was_enqueued_by_a_clock_ahead_is_done_now(backend: Backend) {
    let scene = Scene::new(backend).await;
    scene.ledger.send_all(scene.world.deps(), 3, &[Act::Done]).await;
    let ahead = "UPDATE job SET run_at = run_at + 3600000000, created_at = created_at + 3600000000";
    scene.world.execute(ahead, []).await;
    let later = "UPDATE job SET run_at = run_at + 3600000000 WHERE id = (SELECT max(id) FROM job)";
    scene.world.execute(later, []).await;
    let worker = scene.worker().await;
    let jobs = scene.world.numbers("SELECT id FROM job ORDER BY id").await;
    for job in &jobs[..2] {
        assert_eq!(scene.world.ended(*job).await.state, JobState::Done);
    }
    // What was to wait for an hour still does.
    assert_eq!(scene.world.job(jobs[2]).await.state, JobState::Queued);
    worker.stop().await;
    scene.world.stop().await;
}

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
