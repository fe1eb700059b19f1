//! Lanes of other processes are woken.

use tests::stage::{Act, Stage};
use tests::world::Plan;
use tokio::time::Instant;

use super::{Pair, told};

told!(a_job_starts_in_the_other_process_at_once);

/// Jobs, one after the other.
const JOBS: u64 = 30;

async fn a_job_starts_in_the_other_process_at_once() {
    let mut stage = Stage::default();
    let pair = Pair::new(Plan::default()).await;
    let begun = Instant::now();
    for number in 0..JOBS {
        let name = format!("job {number}");
        pair.serving.enqueue(stage.play(&name, &[Act::Done])).await;
        assert_eq!(stage.entrance().await.name, name);
    }
    // A lane looks by itself once a second, and each look can have found one job at most.
    let looks = begun.elapsed().as_secs() + 1;
    assert!(looks < JOBS / 2, "{JOBS} jobs started in the time of {looks} looks");
    pair.end().await;
}
