//! Slots that are kept for who waits: a crowd that nobody waits for does not hold up a click, and clicks do not starve the crowd.

use entity::job::JobState;
use entity::job::queue::{Class, NewJob};
use tests::backend::Backend;
use tests::stage::{Act, LANE, Stage};
use tests::stories;
use tests::world::{Plan, World};

stories![a_click_begins_while_a_crowd_is_at_work, clicks_do_not_starve_the_others];

/// A lane of two slots with one more for clicks.
async fn world(backend: Backend) -> World {
    World::with(backend, Plan { lanes: vec![(LANE, 2)], express: 1, ..Plan::default() }).await
}

fn click(job: NewJob) -> NewJob {
    NewJob { class: Class::Interactive, ..job }
}

async fn a_click_begins_while_a_crowd_is_at_work(backend: Backend) {
    let (world, mut stage) = (world(backend).await, Stage::default());
    let mut crowd = Vec::new();
    for number in 0..20 {
        crowd.push(world.enqueue(stage.play(&format!("crowd {number:02}"), &[Act::Wait])).await);
    }
    stage.entrances(2).await;
    let clicked = world.enqueue(click(stage.play("click", &[Act::Done]))).await;
    // None of the crowd has ended, and none has begun in the place of the click.
    assert_eq!(world.ended(clicked).await.state, JobState::Done);
    assert_eq!(world.numbers("SELECT count(*) FROM job WHERE state = 'leased'").await, [2]);
    assert_eq!(world.numbers("SELECT count(*) FROM job WHERE state = 'done'").await, [1]);
    stage.cue(20);
    for job in crowd {
        world.ended(job).await;
    }
    assert_eq!(world.end().await.len(), 21);
}

async fn clicks_do_not_starve_the_others(backend: Backend) {
    let (world, mut stage) = (world(backend).await, Stage::default());
    let mut clicks = Vec::new();
    for number in 0..20 {
        clicks.push(world.enqueue(click(stage.play(&format!("click {number:02}"), &[Act::Wait]))).await);
    }
    stage.entrances(3).await;
    let patient = world.enqueue(stage.play("patient", &[Act::Done])).await;
    // The next slot that comes free is the patient's, though many clicks wait.
    stage.cue(1);
    assert_eq!(world.ended(patient).await.state, JobState::Done);
    let clicked = world.numbers("SELECT count(*) FROM job WHERE class = 0 AND state = 'done'").await[0];
    assert_eq!(clicked, 1);
    stage.cue(19);
    for job in clicks {
        world.ended(job).await;
    }
    assert_eq!(world.end().await.len(), 21);
}
