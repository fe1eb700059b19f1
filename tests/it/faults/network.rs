//! A network that is cut between a worker and PostgreSQL.

use tests::backend::{Backend, tell};
use tests::faults::stagehand::Orders;
use tests::faults::wire::Wire;
use tests::postgres;

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
