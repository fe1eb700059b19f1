//! A process that is killed while it enqueues and works: what it has acknowledged is there.

use tests::backend::Backend;
use tests::faults::stagehand::Orders;
use tests::stories;

use super::scene::Scene;

stories!(what_a_killed_process_has_acknowledged_is_done);

async fn what_a_killed_process_has_acknowledged_is_done(backend: Backend) {
    let scene = Scene::new(backend).await;
    for life in ["first", "second"] {
        let orders = Orders { sends: Some(life.to_owned()), ..scene.orders() };
        let mut process = scene.by(&orders).await;
        for _ in 0..20 {
            scene.ledger.note(&process.hear("acknowledged").await);
        }
        for line in process.kill().await {
            if let Some(name) = line.strip_prefix("acknowledged ") {
                scene.ledger.note(name);
            }
        }
    }
    let last = scene.worker().await;
    scene.settled().await;
    assert!(scene.ledger.len() >= 40);
    last.stop().await;
    scene.end().await;
}
