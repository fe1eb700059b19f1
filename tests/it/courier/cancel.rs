//! What another process works on is stopped.

use std::time::Duration;

use actors::write::Write;
use entity::job::JobState;
use tests::stage::{Act, Stage};
use tests::world::Plan;

use super::{Pair, told};

told!(what_another_process_works_on_is_stopped_at_once);

async fn what_another_process_works_on_is_stopped_at_once() {
    let mut stage = Stage::default();
    // Longer than the story may take: the holder has no other way to learn of it.
    let pair = Pair::new(Plan { lease: Duration::from_secs(600), ..Plan::default() }).await;
    let job = pair.serving.enqueue(stage.play("endless", &[Act::Wait])).await;
    stage.entrance().await;
    // Without a mark in its row it goes on, whatever is said: that may have been said long ago.
    let lane = pair.working.job(job).await.lane;
    pair.serving.deps().bell.stop(&lane, job);
    let mut write = Write::begin(pair.serving.deps()).await.expect("a transaction");
    let other = write.enqueue(stage.play("other", &[Act::Done])).await.expect("enqueued");
    write.commit().await.expect("committed");
    pair.serving.ended(other).await;
    assert_eq!(pair.working.job(job).await.state, JobState::Leased);
    let mut write = Write::begin(pair.serving.deps()).await.expect("a transaction");
    assert_eq!(write.stop(job, "not wanted").await.expect("the database answers"), Some(false));
    write.commit().await.expect("committed");
    assert_eq!(pair.serving.ended(job).await.state, JobState::Cancelled);
    pair.end().await;
}
