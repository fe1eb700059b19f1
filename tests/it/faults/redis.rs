//! A Redis that is killed under load, and comes back with nothing in it: everything goes on by the database alone.

use tests::backend::Backend;
use tests::base::Base;
use tests::faults::stagehand::Orders;
use tests::redis::Redis;
use tests::stories;

use super::scene::Scene;

stories!(a_killed_redis_costs_no_job);

async fn a_killed_redis_costs_no_job(backend: Backend) {
    let mut redis = Redis::start();
    let scene = Scene::beside(Base::new(backend).await, Some(redis.url())).await;
    let worker = scene.by(&Orders { redis: Some(redis.url()), ..scene.orders() }).await;
    let load = scene.load();
    load.goes_on_by(20).await;
    redis.kill();
    load.goes_on_by(20).await;
    redis.start_again();
    load.goes_on_by(20).await;
    redis.freeze();
    load.goes_on_by(20).await;
    load.end().await;
    let jobs = scene.settled().await;
    assert!(jobs.iter().all(|job| job.losses == 0 && job.attempt == 1), "Redis is never needed");
    worker.stop().await;
    redis.thaw();
    scene.end().await;
}
