//! Leases: who lost one has no more say.

use std::time::Duration;

use actors::lane::Inspect;
use entity::job::JobState;
use entity::job::claim::SUSPECT_LOSSES;
use entity::job::lease::MAX_LOSSES;
use entity::job::queue::NewJob;
use tests::backend::Backend;
use tests::hand;
use tests::stage::{Act, LANE, Stage};
use tests::stories;
use tests::world::World;

stories![
    a_lost_job_is_done_by_another_and_the_late_one_is_not_heard,
    who_takes_over_can_still_be_stopped,
    what_is_lost_too_often_is_given_up,
    one_that_cannot_be_given_up_holds_up_no_other,
    a_renewed_lease_holds,
    what_was_lost_twice_runs_alone,
    a_suspect_that_nobody_here_can_work_holds_up_no_other,
    a_lease_from_before_the_clock_stepped_back_ends,
];

const EXPIRE: &str = "UPDATE job SET lease_until = 1 WHERE state = 'leased'";

async fn a_lost_job_is_done_by_another_and_the_late_one_is_not_heard(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let id = world.enqueue(stage.play("it", &[Act::Wait])).await;
    let first = stage.entrance().await.job;
    world.execute(EXPIRE, []).await;
    let second = stage.entrance().await.job;
    assert_ne!(first.lease_token, second.lease_token);
    assert_eq!((second.attempt, second.losses, second.failures), (2, 1, 0));
    // Whoever waits first is let go first: the late one, and then the other.
    stage.cue(2);
    let job = world.ended(id).await;
    assert_eq!((job.state, job.attempt), (JobState::Done, 2));
    let done = "SELECT count(*) FROM job_history WHERE kind = 'done'";
    assert_eq!(world.numbers(done).await, [1]);
    assert_eq!(world.end().await, ["it"]);
}

async fn who_takes_over_can_still_be_stopped(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let id = world.enqueue(stage.play("it", &[Act::Wait])).await;
    stage.entrance().await;
    world.execute(EXPIRE, []).await;
    stage.entrance().await;
    stage.cue(1);
    // The late one ends now; the other never does, until the process is stopped.
    let base = world.stop().await;
    let db = base.open().await;
    let left = format!("SELECT count(*) FROM job WHERE id = {id} AND state = 'queued' AND losses = 1 AND failures = 0");
    assert_eq!(tests::world::numbers(&db, &left).await.expect("an answer"), [1]);
    assert_eq!(tests::stage::marks(&db).await, [""; 0]);
    db.close().await;
}

async fn what_is_lost_too_often_is_given_up(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let id = world.enqueue(stage.play("it", &[Act::Wait])).await;
    assert_eq!(stage.entrance().await.job.losses, 0);
    world.execute(EXPIRE, []).await;
    assert_eq!(stage.entrance().await.job.losses, 1);
    // As after many more of these.
    world.execute("UPDATE job SET losses = $1", [(MAX_LOSSES - 2).into()]).await;
    world.execute(EXPIRE, []).await;
    world.job_when(id, |job| job.state == JobState::Queued && job.losses == MAX_LOSSES - 1).await;
    // It is a suspect by now and has the lane to itself, when those have ended that were lost and have not heard of it.
    stage.cue(2);
    assert_eq!(stage.entrance().await.job.losses, MAX_LOSSES - 1);
    world.execute(EXPIRE, []).await;
    let job = world.ended(id).await;
    assert_eq!((job.state, job.attempt, job.losses, job.failures), (JobState::Dead, 3, MAX_LOSSES, 0));
    let reason = job.error.expect("a reason");
    stage.cue(1);
    assert_eq!(world.end().await, [format!("it given up: {reason}")]);
}

async fn one_that_cannot_be_given_up_holds_up_no_other(backend: Backend) {
    let (world, stage) = (World::new(backend).await, Stage::default());
    let reason = "the process that worked on it ended or did not answer";
    world.execute("INSERT INTO mark (name) VALUES ($1)", [format!("bad given up: {reason}").into()]).await;
    let bad = hand::take(&world, stage.play("bad", &[Act::Done]), 2).await.id;
    let good = hand::take(&world, stage.play("good", &[Act::Done]), 3).await.id;
    world.execute("UPDATE job SET losses = $1 WHERE id = $2", [(MAX_LOSSES - 1).into(), bad.into()]).await;
    world.execute("UPDATE job SET lease_until = 1, lane = $1", [LANE.into()]).await;
    assert_eq!(world.ended(good).await.losses, 1);
    // Its last effects are refused again and again; without them it is still better dead than leased for ever.
    assert_eq!(world.ended(bad).await.state, JobState::Dead);
    world.end().await;
}

async fn a_renewed_lease_holds(backend: Backend) {
    let lease = Duration::from_secs(2);
    let world = World::with(backend, tests::world::Plan { lease, ..Default::default() }).await;
    let mut stage = Stage::default();
    let id = world.enqueue(stage.play("it", &[Act::Wait])).await;
    let claimed = stage.entrance().await.job;
    // Renewals tell nobody: what is waited for is a deadline beyond the first.

    let renewed = world.job_when(id, |job| job.lease_until > claimed.lease_until.map(|until| until + lease)).await;
    assert_eq!((renewed.lease_token, renewed.attempt), (claimed.lease_token, 1));
    stage.cue(1);
    assert_eq!(world.ended(id).await.losses, 0);
    world.end().await;
}

async fn what_was_lost_twice_runs_alone(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let suspect = stage.play("suspect", &[Act::Wait]);
    let delayed = NewJob { delay: Duration::from_secs(3600), ..suspect };
    let suspect = world.enqueue(delayed).await;
    world.enqueue(stage.play("neighbour", &[Act::Wait])).await;
    assert_eq!(stage.entrance().await.name, "neighbour");
    world
        .execute("UPDATE job SET losses = $1, run_at = 0 WHERE id = $2", [SUSPECT_LOSSES.into(), suspect.into()])
        .await;
    // There is room for four, but not for these two together: it begins when the other has ended.
    stage.cue(1);
    assert_eq!(stage.entrance().await.name, "suspect");
    let (name, second) =
        (world.kernel.lane(LANE).expect("a lane"), world.enqueue(stage.play("after", &[Act::Done])).await);
    let (tell, told) = std::sync::mpsc::channel();
    name.ask(Inspect(Box::new(move |lane| tell.send(lane.busy).expect("heard")))).await.expect("it answers");
    assert_eq!(told.recv().expect("a number"), 1);
    assert_eq!(world.job(second).await.state, JobState::Queued);
    stage.cue(1);
    assert_eq!(world.ended(second).await.state, JobState::Done);
    assert_eq!(world.end().await, ["after", "neighbour", "suspect"]);
}

async fn a_lease_from_before_the_clock_stepped_back_ends(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let id = world.enqueue(stage.play("it", &[Act::Wait, Act::Done])).await;
    stage.entrance().await;
    world.execute("UPDATE job SET lease_until = lease_until + 86400000000 WHERE state = 'leased'", []).await;
    assert_eq!(world.ended(id).await.losses, 1);
    stage.cue(1);
    assert_eq!(world.end().await, ["it"]);
}

async fn a_suspect_that_nobody_here_can_work_holds_up_no_other(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let unknown = NewJob { version: 99, ..stage.play("of a later version", &[Act::Done]) };
    let unknown = world.enqueue(unknown).await;
    world.execute("UPDATE job SET losses = $1 WHERE id = $2", [SUSPECT_LOSSES.into(), unknown.into()]).await;
    let long = world.enqueue(stage.play("long", &[Act::Wait])).await;
    stage.entrance().await;
    // Longer than a lane takes to look again: others begin beside the long one all the time.
    for number in 0..3 {
        let quick = world.enqueue(stage.play(&format!("quick {number}"), &[Act::Done])).await;
        world.ended(quick).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    assert_eq!(world.job(long).await.state, JobState::Leased);
    stage.cue(1);
    world.ended(long).await;
    assert_eq!(world.job(unknown).await.state, JobState::Queued);
    world.stop().await;
}
