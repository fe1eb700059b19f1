//! Whose turn it is: a course with much to do does not hold up one with little.

use actors::lane::claiming;
use entity::job::Model;
use entity::job::queue::{Class, NewJob};
use tests::backend::Backend;
use tests::campus;
use tests::hand::{LANE, by_hand, claim};
use tests::stage::Stage;
use tests::stories;
use tests::world::World;

stories![a_crowd_does_not_hold_up_a_single_one, who_was_idle_has_no_credit, who_is_looked_at_goes_first];

async fn enqueue(world: &World, course: i64, jobs: usize) {
    let job = NewJob { course: Some(course), ..by_hand(Stage::default().play("job", &[])) };
    for _ in 0..jobs {
        world.enqueue(job.clone()).await;
    }
}

/// The courses whose turn is next.
async fn next(world: &World, jobs: u64) -> Vec<i64> {
    let claimed = claiming::claim(world.deps(), &claim(LANE, jobs, 1)).await.expect("claimed");
    if let Some(highest) = claimed.iter().map(|job| job.rank).max() {
        claiming::note_floor(world.deps(), LANE, highest).await.expect("noted");
    }
    claimed.iter().filter_map(|job: &Model| job.course_id).collect()
}

async fn a_crowd_does_not_hold_up_a_single_one(backend: Backend) {
    let world = World::idle(backend).await;
    let (crowd, single) = (campus::course(&world, "crowd").await, campus::course(&world, "single").await);
    enqueue(&world, crowd, 100).await;
    enqueue(&world, single, 1).await;
    assert_eq!(next(&world, 2).await, [crowd, single]);
    assert_eq!(next(&world, 40).await, [crowd; 40]);
    enqueue(&world, single, 2).await;
    // Turns are taken one by one.
    assert_eq!(next(&world, 4).await, [crowd, single, crowd, single]);
    world.stop().await;
}

async fn who_was_idle_has_no_credit(backend: Backend) {
    let world = World::idle(backend).await;
    let (busy, idle) = (campus::course(&world, "busy").await, campus::course(&world, "idle").await);
    enqueue(&world, busy, 50).await;
    next(&world, 50).await;
    enqueue(&world, busy, 3).await;
    enqueue(&world, idle, 3).await;
    assert_eq!(next(&world, 6).await, [busy, idle, busy, idle, busy, idle]);
    world.stop().await;
}

async fn who_is_looked_at_goes_first(backend: Backend) {
    let world = World::idle(backend).await;
    let (batch, person) = (campus::course(&world, "batch").await, campus::course(&world, "person").await);
    enqueue(&world, batch, 3).await;
    let job = NewJob { course: Some(person), class: Class::Interactive, ..by_hand(Stage::default().play("job", &[])) };
    world.enqueue(job).await;
    assert_eq!(next(&world, 2).await, [person, batch]);
    world.stop().await;
}
