//! Actors that die, hang or lose their thread: others take their place, and no job is lost or done twice.

use std::sync::mpsc;
use std::time::Duration;

use actors::effect::{Effects, Enqueue};
use actors::guardian::{Ping, Visit};
use actors::lane::{Inspect, Lane};
use actors::line::Line;
use actors::mail::postbox::Send;
use entity::job::JobState;
use tests::backend::Backend;
use tests::hand;
use tests::stage::{Act, LANE, Stage};
use tests::stories;
use tests::world::{Plan, World};
use tokio::time::sleep;

stories![
    a_lane_dies_and_all_its_jobs_are_done_once,
    a_lane_dies_while_its_claim_is_under_way,
    a_lane_that_hangs_is_replaced,
    a_lane_that_lost_its_thread_is_replaced,
    the_writer_dies_and_nothing_is_lost,
    the_writer_hangs_and_what_waits_is_done,
    the_postbox_dies_and_letters_go_out_again,
    cron_dies_and_leases_are_rescued_again,
];

fn lane(world: &World) -> &Line<Lane> {
    world.kernel.lane(LANE).expect("the lane of the stage")
}

async fn kill(lane: &Line<Lane>) {
    let killed = lane.ask(Inspect(Box::new(|_| panic!("a lane stumbled")))).await;
    assert!(killed.is_err(), "it survived");
}

/// Waits until an actor has been replaced so often; the guardian looks twice a second.
async fn rebuilt(world: &World, actor: &str, times: u64) {
    while world.kernel.wellbeing.rebuilds(actor) < times {
        sleep(Duration::from_millis(20)).await;
    }
}

async fn a_lane_dies_and_all_its_jobs_are_done_once(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let names: Vec<String> = (10..22).map(|number| format!("job {number}")).collect();
    let mut jobs = Vec::new();
    for name in &names {
        jobs.push(world.enqueue(stage.play(name, &[Act::Wait])).await);
    }
    stage.entrances(4).await;
    kill(lane(&world)).await;
    stage.cue(names.len());
    for id in jobs {
        let job = world.ended(id).await;
        assert_eq!((job.state, job.attempt, job.failures, job.losses), (JobState::Done, 1, 0, 0));
    }
    stage.entrances(8).await;
    rebuilt(&world, LANE, 1).await;
    assert_eq!(stage.begun(), [""; 0]);
    assert_eq!(world.numbers("SELECT count(*) FROM job_history WHERE kind = 'done'").await, [12]);
    assert_eq!(world.end().await, names);
}

async fn a_lane_dies_while_its_claim_is_under_way(backend: Backend) {
    // If the job had to wait until its lease is over, it would count a loss.
    let plan = Plan { lease: Duration::from_secs(6), ..Plan::default() };
    let (world, stage) = (World::with(backend, plan).await, Stage::default());
    let next = Effects::none().and(Enqueue(stage.play("next", &[Act::Done])));
    let (hold, held) = hand::hold_writer(&world, stage.play("held", &[]), next).await;
    world.deps().bell.ring(LANE);
    while world.kernel.slots(LANE).expect("the lane").free() > 0 {
        tokio::task::yield_now().await;
    }
    kill(lane(&world)).await;
    hold.let_go();
    held.await.expect("ended").expect("settled");
    let id = world.numbers("SELECT max(id) FROM job").await[0];
    let job = world.ended(id).await;
    assert_eq!((job.state, job.attempt, job.losses), (JobState::Done, 1, 0));
    assert_eq!(world.end().await, ["next"]);
}

async fn a_lane_that_hangs_is_replaced(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let (thaw, frozen) = mpsc::channel::<()>();
    let first = world.enqueue(stage.play("first", &[Act::Wait])).await;
    stage.entrance().await;
    lane(&world).tell(Inspect(Box::new(move |_| {
        let _ = frozen.recv();
    })));
    let second = world.enqueue(stage.play("second", &[Act::Done])).await;
    stage.cue(1);
    for job in [first, second] {
        assert_eq!(world.ended(job).await.attempt, 1);
    }
    rebuilt(&world, LANE, 1).await;
    assert_eq!(world.kernel.wellbeing.rebuilds(LANE), 1);
    // The old one comes to itself and finds that it has been replaced: together they work no more than there are slots.
    drop(thaw);
    let mut jobs = Vec::new();
    for number in 0..12 {
        jobs.push(world.enqueue(stage.play(&format!("more {number}"), &[Act::Wait])).await);
    }
    stage.entrances(1 + 4).await;
    lane(&world).ask(Ping).await.expect("the lane answers");
    let leased = "SELECT count(*) FROM job WHERE state = 'leased'";
    assert_eq!(world.numbers(leased).await, [4]);
    stage.cue(12);
    for job in jobs {
        assert_eq!(world.ended(job).await.attempt, 1);
    }
    assert_eq!(world.end().await.len(), 14);
}

async fn a_lane_that_lost_its_thread_is_replaced(backend: Backend) {
    let (world, stage) = (World::new(backend).await, Stage::default());
    lane(&world).tell(Inspect(Box::new(|_| {
        actix::Arbiter::current().stop();
    })));
    rebuilt(&world, LANE, 1).await;
    let job = world.enqueue(stage.play("it", &[Act::Done])).await;
    world.ended(job).await;
    assert_eq!(world.kernel.wellbeing.rebuilds(LANE), 1);
    world.end().await;
}

async fn the_writer_dies_and_nothing_is_lost(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let mut jobs = Vec::new();
    for number in 0..12 {
        jobs.push(world.enqueue(stage.play(&format!("job {number}"), &[Act::Wait])).await);
    }
    stage.entrances(4).await;
    let (hold, held) = hand::hold_writer(&world, stage.play("held", &[]), Effects::none()).await;
    // Four settlements come to a writer that is busy, and then is no more.
    stage.cue(12);
    let killed = world.deps().writer.line().ask(Visit(Box::new(|| panic!("the writer stumbled")))).await;
    assert!(killed.is_err(), "it survived");
    hold.let_go();
    held.await.expect("ended").expect("what was under way is finished");
    for job in jobs {
        let job = world.ended(job).await;
        assert_eq!((job.state, job.attempt, job.losses), (JobState::Done, 1, 0));
    }
    rebuilt(&world, "writer", 1).await;
    assert_eq!(world.end().await.len(), 12);
}

async fn the_writer_hangs_and_what_waits_is_done(backend: Backend) {
    let (world, stage) = (World::idle(backend).await, Stage::default());
    let waits = hand::take(&world, stage.play("waits", &[]), 2).await;
    let (hold, held) = hand::hold_writer(&world, stage.play("held", &[]), Effects::none()).await;
    let (thaw, frozen) = mpsc::channel::<()>();
    let writer = world.deps().writer.clone();
    let settle = writer.settle(hand::done((waits.id, 2), Effects::none()));
    let hang = async {
        // The settlement was polled first, so it waits in the writer when this comes.
        writer.line().ask(Ping).await.expect("the writer answers");
        writer.line().tell(Visit(Box::new(move || {
            let _ = frozen.recv();
        })));
        hold.let_go();
        held.await.expect("ended").expect("what was under way is finished");
    };
    let (settled, ()) = tokio::join!(settle, hang);
    assert_eq!(settled.expect("an answer").expect("the lease holds").state, JobState::Done);
    rebuilt(&world, "writer", 1).await;
    let next = hand::take(&world, stage.play("next", &[]), 3).await;
    let settled = world.deps().writer.settle(hand::done((next.id, 3), Effects::none())).await;
    assert_eq!(settled.expect("by the next writer").expect("the lease holds").state, JobState::Done);
    drop(thaw);
    world.end().await;
}

async fn the_postbox_dies_and_letters_go_out_again(backend: Backend) {
    let world = World::new(backend).await;
    let postbox = world.deps().postbox.clone();
    let killed = postbox.ask(Visit(Box::new(|| panic!("the postbox stumbled")))).await;
    assert!(killed.is_err(), "it survived");
    rebuilt(&world, "postbox", 1).await;
    let letter = Send {
        name: "letter".to_owned(),
        from: "lectern@example.org".parse().expect("an address"),
        to: "student@example.org".parse().expect("an address"),
        message: b"Subject: hello\r\n\r\n".to_vec(),
    };
    assert_eq!(postbox.ask(letter).await, Ok(Ok(())));
    assert!(world.base.data().join("mail/letter.eml").exists());
    world.end().await;
}

async fn cron_dies_and_leases_are_rescued_again(backend: Backend) {
    let (world, stage) = (World::new(backend).await, Stage::default());
    let killed = world.kernel.cron.ask(Visit(Box::new(|| panic!("cron stumbled")))).await;
    assert!(killed.is_err(), "it survived");
    let job = hand::take(&world, stage.play("it", &[Act::Done]), 7).await;
    world.execute("UPDATE job SET lease_until = 1, lane = $1", [LANE.into()]).await;
    let job = world.ended(job.id).await;
    assert_eq!((job.state, job.attempt, job.losses), (JobState::Done, 2, 1));
    world.end().await;
}
