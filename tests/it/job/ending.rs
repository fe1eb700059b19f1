//! How a job ends: well, after failures, or given up; with all its effects or none.

use entity::job::{JobState, Model};
use tests::backend::Backend;
use tests::stage::{Act, MAX_FAILURES, Stage};
use tests::stories;
use tests::world::World;

stories![
    a_failure_is_tried_again,
    the_last_failure_is_the_end,
    what_will_never_do_is_not_tried_again,
    a_release_counts_as_nothing,
    a_panic_is_a_failure_with_its_words,
    an_effect_that_is_refused_is_the_jobs_failure,
    an_effect_that_panics_is_the_jobs_failure,
    giving_up_and_its_effects_are_one,
];

async fn play(backend: Backend, acts: &[Act]) -> (World, Stage, Model) {
    let (world, stage) = (World::new(backend).await, Stage::default());
    let job = world.enqueue(stage.play("it", acts)).await;
    let job = world.ended(job).await;
    (world, stage, job)
}

fn counts(job: &Model) -> (JobState, i32, i32, i32) {
    (job.state, job.attempt, job.failures, job.losses)
}

async fn a_failure_is_tried_again(backend: Backend) {
    let (world, _, job) = play(backend, &[Act::Retry, Act::Retry, Act::Done]).await;
    assert_eq!(counts(&job), (JobState::Done, 3, 2, 0));
    assert_eq!(job.error.as_deref(), Some("attempt 2 failed"));
    assert_eq!(world.marks().await, ["it"]);
    let kinds = "SELECT count(*) FROM job_history WHERE kind = ";
    for (kind, times) in [("'queued'", 3), ("'leased'", 3), ("'done'", 1)] {
        assert_eq!(world.numbers(&format!("{kinds}{kind}")).await, [times], "{kind}");
    }
    world.end().await;
}

async fn the_last_failure_is_the_end(backend: Backend) {
    let (world, _, job) = play(backend, &[Act::Retry]).await;
    assert_eq!(counts(&job), (JobState::Dead, MAX_FAILURES, MAX_FAILURES, 0));
    assert_eq!(job.error.as_deref(), Some("attempt 3 failed"));
    assert_eq!(world.marks().await, ["it given up: attempt 3 failed"]);
    world.end().await;
}

async fn what_will_never_do_is_not_tried_again(backend: Backend) {
    let (world, _, job) = play(backend, &[Act::GiveUp]).await;
    assert_eq!(counts(&job), (JobState::Dead, 1, 1, 0));
    assert_eq!(world.marks().await, ["it given up: it will never do"]);
    world.end().await;
}

async fn a_release_counts_as_nothing(backend: Backend) {
    let (world, _, job) = play(backend, &[Act::Release, Act::Release, Act::Done]).await;
    assert_eq!(counts(&job), (JobState::Done, 3, 0, 0));
    world.end().await;
}

async fn a_panic_is_a_failure_with_its_words(backend: Backend) {
    let (world, stage, job) = play(backend, &[Act::Panic, Act::Done]).await;
    assert_eq!(counts(&job), (JobState::Done, 2, 1, 0));
    assert_eq!(job.error.as_deref(), Some("panicked: it stumbled"));
    let next = world.enqueue(stage.play("next", &[Act::Done])).await;
    assert_eq!(world.ended(next).await.state, JobState::Done);
    assert_eq!(world.kernel.wellbeing.rebuilds(tests::stage::LANE), 0);
    world.end().await;
}

async fn an_effect_that_is_refused_is_the_jobs_failure(backend: Backend) {
    let (world, _, job) = play(backend, &[Act::BadEffect]).await;
    assert_eq!(counts(&job), (JobState::Dead, MAX_FAILURES, MAX_FAILURES, 0));
    let error = job.error.expect("a reason");
    assert!(error.starts_with("its effects were refused: "), "{error}");
    // The good half of its effects did not happen either.
    assert_eq!(world.marks().await, [format!("it given up: {error}")]);
    world.end().await;
}

async fn an_effect_that_panics_is_the_jobs_failure(backend: Backend) {
    let (world, _, job) = play(backend, &[Act::PanickingEffect]).await;
    assert_eq!(counts(&job), (JobState::Dead, MAX_FAILURES, MAX_FAILURES, 0));
    let error = job.error.expect("a reason");
    assert!(error.contains("an effect stumbled"), "{error}");
    assert_eq!(world.marks().await, [format!("it given up: {error}")]);
    world.end().await;
}

async fn giving_up_and_its_effects_are_one(backend: Backend) {
    let (world, mut stage) = (World::new(backend).await, Stage::default());
    // Its last words cannot be written, so it cannot be dead yet: nobody may be left waiting for them.
    world.execute("INSERT INTO mark (name) VALUES ('it given up: it will never do')", []).await;
    let id = world.enqueue(stage.play("it", &[Act::GiveUp])).await;
    stage.entrance().await;
    let held = world.job_when(id, |job| job.state == JobState::Leased).await;
    assert_eq!((held.failures, held.finished_at), (0, None));
    world.execute("DELETE FROM mark", []).await;
    assert_eq!(counts(&world.ended(id).await), (JobState::Dead, 1, 1, 0));
    assert_eq!(world.marks().await, ["it given up: it will never do"]);
    world.end().await;
}
