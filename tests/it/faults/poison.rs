//! Jobs that harm: one that ends its process, one that panics, one that nobody can read.

use actors::job::Job as _;
use entity::job::JobState;
use entity::job::lease::MAX_LOSSES;
use entity::job::queue::NewJob;
use serde_json::json;
use tests::backend::Backend;
use tests::faults::errand::{Act, Errand};
use tests::faults::ledger::{all_ended, enqueue};
use tests::faults::stagehand::Stagehand;
use tests::stories;

use super::scene::{BOUND, Scene};

stories![what_ends_its_process_is_given_up, what_panics_or_cannot_be_read_harms_nobody];

fn errand(name: &str, act: Act) -> Errand {
    Errand { name: name.to_owned(), acts: vec![act] }
}

async fn what_ends_its_process_is_given_up(backend: Backend) {
    let scene = Scene::new(backend).await;
    let (deps, orders) = (scene.world.deps(), scene.orders());
    let killer = enqueue(deps, errand("killer", Act::Die).new()).await.expect("acknowledged");
    scene.ledger.send_all(deps, 5, &[Act::Done]).await;
    let begin = || Stagehand::begin_here(&orders, scene.world.base.data());
    begin().ended().await;
    // As after many more of these.
    scene.world.execute("UPDATE job SET losses = $1 WHERE id = $2", [(MAX_LOSSES - 2).into(), killer.into()]).await;
    begin().ended().await;
    let survivor = scene.worker().await;
    let jobs = all_ended(scene.db(), BOUND).await;
    survivor.stop().await;
    for job in jobs {
        let wanted = if job.id == killer { (JobState::Dead, MAX_LOSSES, 0) } else { (JobState::Done, job.losses, 0) };
        assert_eq!((job.state, job.losses, job.failures), wanted);
        assert!(job.losses <= 1 || job.id == killer, "a neighbour was lost with it more than once: {job:#?}");
    }
    let marks = scene.world.end().await;
    assert!(marks.contains(&"killer given up".to_owned()), "{marks:?}");
    assert_eq!(marks.len(), 6);
}

async fn what_panics_or_cannot_be_read_harms_nobody(backend: Backend) {
    let scene = Scene::new(backend).await;
    let deps = scene.world.deps();
    let panics = enqueue(deps, errand("panics", Act::Panic).new()).await.expect("acknowledged");
    let unread = NewJob { payload: json!({ "name": 7, "acts": "none" }), ..errand("", Act::Done).new() };
    let unread = enqueue(deps, unread).await.expect("acknowledged");
    scene.ledger.send_all(deps, 5, &[Act::Done]).await;
    let worker = scene.worker().await;
    all_ended(scene.db(), BOUND).await;
    for (job, failures, reason) in [(panics, 3, "panics stumbled"), (unread, 1, "its payload cannot be read")] {
        let job = scene.world.job(job).await;
        assert_eq!((job.state, job.failures, job.losses), (JobState::Dead, failures, 0));
        assert!(job.error.as_ref().is_some_and(|error| error.contains(reason)), "{job:#?}");
    }
    worker.stop().await;
    assert_eq!(scene.world.end().await.len(), 6);
}
