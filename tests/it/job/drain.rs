//! Draining: what runs may end, what takes too long is given back, and what waits is left for the next.

use std::time::Duration;

use actors::effect::{Effects, Enqueue};
use actors::guardian::Ping;
use actors::lane::Inspect;
use entity::job;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tests::backend::Backend;
use tests::base::Base;
use tests::hand;
use tests::stage::{Act, LANE, Stage};
use tests::stories;
use tests::world::{Plan, World};
use tokio::time::sleep;

stories![
    what_runs_may_end_and_what_waits_is_left,
    what_takes_too_long_is_given_back,
    a_claim_under_way_is_not_abandoned,
    a_lane_that_is_rebuilt_meanwhile_drains_too,
    the_next_process_goes_on,
];

/// States and counts of all jobs, in order.
async fn left(base: &Base) -> Vec<(&'static str, i32, i32, i32)> {
    let db = base.open().await;
    let jobs = job::Entity::find().order_by_asc(job::Column::Id).all(db.read()).await.expect("jobs");
    db.close().await;
    jobs.iter().map(|job| (job.state.word(), job.attempt, job.failures, job.losses)).collect()
}

fn one_slot() -> Plan {
    Plan { lanes: vec![(LANE, 1)], ..Plan::default() }
}

async fn what_runs_may_end_and_what_waits_is_left(backend: Backend) {
    let (world, mut stage) = (World::with(backend, one_slot()).await, Stage::default());
    world.enqueue(stage.play("runs", &[Act::Wait])).await;
    world.enqueue(stage.play("waits", &[Act::Done])).await;
    stage.entrance().await;
    let lane = world.kernel.lane(LANE).expect("the lane").clone();
    let let_go = async {
        // The drain was polled first: when the lane has answered this, it has heard that as well.
        lane.ask(Ping).await.expect("the lane answers");
        stage.cue(1);
    };
    let (base, ()) = tokio::join!(world.stop(), let_go);
    assert_eq!(left(&base).await, [("done", 1, 0, 0), ("queued", 0, 0, 0)]);
}

async fn what_takes_too_long_is_given_back(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    world.enqueue(stage.play("long", &[Act::Wait])).await;
    stage.entrance().await;
    let base = world.stop().await;
    assert_eq!(left(&base).await, [("queued", 1, 0, 0)]);
}

async fn a_claim_under_way_is_not_abandoned(backend: Backend) {
    let (world, stage) = (World::new(backend).await, Stage::default());
    let next = Effects::none().and(Enqueue(stage.play("next", &[Act::Done])));
    let (hold, held) = hand::hold_writer(&world, stage.play("held", &[]), next).await;
    let lane = world.kernel.lane(LANE).expect("the lane").clone();
    world.deps().bell.ring(LANE);
    // The claim waits for the writer, with all slots in its hand.
    while world.kernel.slots(LANE).expect("the lane").free() > 0 {
        tokio::task::yield_now().await;
    }
    let let_go = async {
        lane.ask(Ping).await.expect("the lane answers");
        hold.let_go();
        held.await.expect("ended").expect("settled");
    };
    let (base, ()) = tokio::join!(world.stop(), let_go);
    assert_eq!(left(&base).await, [("done", 1, 0, 0), ("done", 1, 0, 0)]);
}

async fn a_lane_that_is_rebuilt_meanwhile_drains_too(backend: Backend) {
    let (world, mut stage) = (World::with(backend, one_slot()).await, Stage::default());
    world.enqueue(stage.play("runs", &[Act::Wait])).await;
    world.enqueue(stage.play("waits", &[Act::Done])).await;
    stage.entrance().await;
    let lane = world.kernel.lane(LANE).expect("the lane").clone();
    lane.ask(Inspect(Box::new(|_| panic!("a lane stumbled")))).await.expect_err("it is gone");
    let wellbeing = world.kernel.wellbeing.clone();
    let let_go = async {
        while wellbeing.rebuilds(LANE) == 0 || lane.ask(Ping).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
        stage.cue(1);
    };
    let (base, ()) = tokio::join!(world.stop(), let_go);
    assert_eq!(left(&base).await, [("done", 1, 0, 0), ("queued", 0, 0, 0)]);
}

async fn the_next_process_goes_on(backend: Backend) {
    let (world, stage) = (World::idle(backend).await, Stage::default());
    for name in ["one", "two"] {
        world.enqueue(stage.play(name, &[Act::Done])).await;
    }
    let world = World::on(world.stop().await, Plan::default()).await;
    for job in world.numbers("SELECT id FROM job").await {
        world.ended(job).await;
    }
    assert_eq!(world.end().await, ["one", "two"]);
}
