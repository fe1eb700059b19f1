//! What people do to jobs and lanes: trying again, stopping, pausing.

use actors::jobs::cancel_job::cancel_job;
use actors::jobs::pause_lane::pause_lane;
use actors::jobs::resume_lane::resume_lane;
use actors::jobs::retry_job::{RetryCode, retry_job};
use actors::jobs::retry_jobs::{Which, retry_jobs};
use actors::problem::Problem;
use entity::course::enrollment::Role;
use entity::job::queue::NewJob;
use entity::job::{JobState, Model};
use entity::viewer::ViewerScope;
use tests::backend::Backend;
use tests::stage::{Act, LANE, Stage};
use tests::world::World;
use tests::{campus, stories};

stories![
    a_dead_job_is_tried_again_as_if_for_the_first_time,
    only_what_has_ended_badly_is_tried_again,
    a_job_whose_place_is_taken_stays_dead,
    all_dead_jobs_are_tried_again_together,
    staff_may_retry_and_the_requester_may_stop,
    what_is_worked_on_is_stopped_by_its_worker,
    nothing_of_a_paused_lane_is_begun,
];

fn operator() -> ViewerScope {
    ViewerScope::system("a story")
}

fn code<T, C: Copy>(outcome: Result<T, Problem<C>>) -> Option<C> {
    match outcome {
        Err(Problem::Refused(refused)) => Some(refused.code),
        _ => None,
    }
}

fn counts(job: &Model) -> (JobState, i32, i32) {
    (job.state, job.failures, job.attempt)
}

/// The kinds of a job's events, in order.
async fn told(world: &World, job: i64) -> Vec<String> {
    let stream = entity::job::event::Stream::Job(job);
    let events = entity::job::event::after(world.db().read(), stream, 0, 100).await.expect("events");
    assert!(events.is_sorted_by(|one, next| one.position < next.position), "{events:?}");
    events.into_iter().map(|event| event.kind).collect()
}

async fn a_dead_job_is_tried_again_as_if_for_the_first_time(backend: Backend) {
    let (world, stage) = (World::new(backend).await, Stage::default());
    let job = world.enqueue(stage.play("it", &[Act::GiveUp, Act::Done])).await;
    assert_eq!(counts(&world.ended(job).await), (JobState::Dead, 1, 1));
    let queued = retry_job(world.deps(), &operator(), job).await.expect("retried");
    assert_eq!((queued.id, queued.failures, queued.losses), (job, 0, 0));
    let done = world.job_when(job, |job| job.state == JobState::Done).await;
    assert_eq!((counts(&done), done.error), ((JobState::Done, 0, 2), None));
    assert_eq!(told(&world, job).await, ["queued", "leased", "dead", "queued", "leased", "done"]);
    let by = "SELECT count(*) FROM job_history WHERE kind = 'queued' AND CAST(data AS TEXT) LIKE '%operator%'";
    assert_eq!(world.numbers(by).await, [1]);
    // What it said when it was given up is its own to take back; a play keeps it.
    assert_eq!(world.end().await, ["it", "it given up: it will never do"]);
}

async fn only_what_has_ended_badly_is_tried_again(backend: Backend) {
    let (world, stage) = (World::new(backend).await, Stage::default());
    let job = world.enqueue(stage.play("it", &[Act::Done])).await;
    world.ended(job).await;
    assert_eq!(code(retry_job(world.deps(), &operator(), job).await), Some(RetryCode::NotGivenUp));
    assert_eq!(code(retry_job(world.deps(), &operator(), job + 1).await), Some(RetryCode::JobUnknown));
    world.execute("UPDATE job SET state = 'dead', kind = 'of.yesterday'", []).await;
    assert_eq!(code(retry_job(world.deps(), &operator(), job).await), Some(RetryCode::KindUnknown));
    world.end().await;
}

async fn a_job_whose_place_is_taken_stays_dead(backend: Backend) {
    let (world, stage) = (World::new(backend).await, Stage::default());
    let first = world.enqueue(stage.keyed("key", "first", &[Act::GiveUp, Act::Done])).await;
    world.ended(first).await;
    pause_lane(world.deps(), &operator(), LANE, "").await.expect("paused");
    let second = world.enqueue(stage.keyed("key", "second", &[Act::Done])).await;
    assert_eq!(code(retry_job(world.deps(), &operator(), first).await), Some(RetryCode::Superseded));
    let all = retry_jobs(world.deps(), &operator(), &Which::default(), false).await.expect("an answer");
    assert_eq!((all.retried, all.skipped, all.more), (0, 1, false));
    resume_lane(world.deps(), &operator(), LANE).await.expect("resumed");
    assert_eq!(world.ended(second).await.state, JobState::Done);
    assert_eq!(world.job(first).await.state, JobState::Dead);
    world.end().await;
}

async fn all_dead_jobs_are_tried_again_together(backend: Backend) {
    let (world, stage) = (World::new(backend).await, Stage::default());
    let mut jobs = Vec::new();
    for number in 0..5 {
        jobs.push(world.enqueue(stage.play(&format!("job {number}"), &[Act::GiveUp, Act::Done])).await);
    }
    for job in &jobs {
        world.ended(*job).await;
    }
    let other = Which { kind: Some("mail.deliver".to_owned()), ..Which::default() };
    assert_eq!(retry_jobs(world.deps(), &operator(), &other, false).await.expect("an answer").retried, 0);
    let lane = Which { lane: Some(LANE.to_owned()), ..Which::default() };
    assert_eq!(retry_jobs(world.deps(), &operator(), &lane, true).await.expect("an answer").retried, 5);
    assert_eq!(world.job(jobs[0]).await.state, JobState::Dead, "a dry run changes nothing");
    assert_eq!(retry_jobs(world.deps(), &operator(), &lane, false).await.expect("an answer").retried, 5);
    for job in jobs {
        assert_eq!(world.job_when(job, |job| job.state == JobState::Done).await.attempt, 2);
    }
    let nowhere = Which { lane: Some("nowhere".to_owned()), ..Which::default() };
    assert!(code(retry_jobs(world.deps(), &operator(), &nowhere, false).await).is_some());
    world.end().await;
}

async fn staff_may_retry_and_the_requester_may_stop(backend: Backend) {
    let (world, stage) = (World::idle(backend).await, Stage::default());
    let (home, away) = (campus::course(&world, "home").await, campus::course(&world, "away").await);
    let student = campus::person(&world, "student").await;
    let of = |role, course| ViewerScope::person(1_000, false, 0, [(course, role)]);
    let requester = ViewerScope::person(student, false, 0, [(home, Role::Student)]);
    let job = NewJob { course: Some(home), requester: Some(student), ..stage.play("it", &[Act::Done]) };
    let job = world.enqueue(job).await;
    assert!(code(cancel_job(world.deps(), &of(Role::Instructor, away), job).await).is_some());
    assert!(code(cancel_job(world.deps(), &of(Role::Student, home), job).await).is_some());
    let cancelled = cancel_job(world.deps(), &requester, job).await.expect("stopped");
    assert_eq!(cancelled.state, JobState::Cancelled);
    assert_eq!(told(&world, job).await, ["queued", "stopping", "cancelled"]);
    assert_eq!(code(retry_job(world.deps(), &requester, job).await), Some(RetryCode::NotAllowed));
    let elsewhere = of(Role::Instructor, away);
    assert_eq!(code(retry_job(world.deps(), &elsewhere, job).await), Some(RetryCode::JobUnknown));
    let all = Which { course: Some(home), ..Which::default() };
    assert!(code(retry_jobs(world.deps(), &elsewhere, &all, false).await).is_some());
    assert!(code(retry_jobs(world.deps(), &of(Role::Grader, home), &Which::default(), false).await).is_some());
    let queued = retry_job(world.deps(), &of(Role::Grader, home), job).await.expect("retried");
    assert_eq!((queued.state, queued.stop_at), (JobState::Queued, None));
    world.stop().await;
}

async fn what_is_worked_on_is_stopped_by_its_worker(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let job = world.enqueue(stage.play("it", &[Act::Wait])).await;
    stage.entrance().await;
    let asked = cancel_job(world.deps(), &operator(), job).await.expect("asked");
    assert!(asked.stop_at.is_some());
    // It would wait for ever; who works on it drops it.
    assert_eq!(world.ended(job).await.state, JobState::Cancelled);
    assert_eq!(told(&world, job).await, ["queued", "leased", "stopping", "cancelled"]);
    assert_eq!(world.end().await, ["it cancelled"]);
}

async fn nothing_of_a_paused_lane_is_begun(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    let running = world.enqueue(stage.play("running", &[Act::Wait])).await;
    stage.entrance().await;
    pause_lane(world.deps(), &operator(), LANE, "a deploy").await.expect("paused");
    let waiting = world.enqueue(stage.play("waiting", &[Act::Done])).await;
    stage.cue(1);
    world.ended(running).await;
    // Its slot came free, and the lane has looked.
    let looked = world.kernel.lane(LANE).expect("the lane").ask(actors::lane::Inspect(Box::new(|_| ()))).await;
    assert!(looked.is_ok());
    let lanes = world.deps().sight.look(world.deps()).await.expect("the lanes");
    let job = world.job(waiting).await;
    let reason = entity::job::reason::reason(&job, &lanes.around(&job, None), true);
    assert!(reason.contains("paused since") && reason.ends_with(": a deploy."), "{reason}");
    assert_eq!((job.state, lanes.estimate(&job, 0, &lanes.around(&job, None))), (JobState::Queued, None));
    assert!(resume_lane(world.deps(), &operator(), LANE).await.expect("resumed"));
    assert_eq!(world.ended(waiting).await.state, JobState::Done);
    assert!(!resume_lane(world.deps(), &operator(), LANE).await.expect("an answer"));
    assert!(code(pause_lane(world.deps(), &operator(), "nowhere", "").await).is_some());
    assert!(code(pause_lane(world.deps(), &ViewerScope::person(1, false, 0, []), LANE, "").await).is_some());
    world.end().await;
}
