//! Others write into the same Redis: bytes that are nothing, and messages of ours that were said before.

use futures_util::StreamExt as _;
use redis::aio::PubSub;
use tests::redis::Redis;
use tests::stage::{Act, Stage};
use tests::world::Plan;
use tokio::time::{Duration, timeout};

use super::{Pair, comes, follow, told, unwritten};

told!(garbage_does_no_harm);

/// Listens to everything from now on.
async fn ear(redis: &Redis) -> PubSub {
    let client = redis::Client::open(redis.url()).expect("a URL");
    let mut ear = client.get_async_pubsub().await.expect("it answers");
    ear.psubscribe("lectern:*").await.expect("it answers");
    ear
}

/// What comes to be said at least: three events, and that there is a job.
const SAID: usize = 4;

/// What was said until the mark came, and all that had to be was heard.
async fn overhear(mut ear: PubSub, until: tokio::sync::oneshot::Receiver<()>) -> Vec<(String, Vec<u8>)> {
    let mut heard = Vec::new();
    let mut messages = ear.on_message();
    tokio::pin!(until);
    loop {
        tokio::select! {
            message = messages.next() => {
                let message = message.expect("it goes on");
                heard.push((message.get_channel_name().to_owned(), message.get_payload_bytes().to_vec()));
            }
            _ = &mut until, if heard.len() >= SAID => return heard,
        }
    }
}

async fn garbage_does_no_harm() {
    let mut stage = Stage::default();
    let pair = Pair::new(Plan::default()).await;
    let (done, until) = tokio::sync::oneshot::channel();
    let ear = ear(&pair.redis).await;
    let talk = async {
        let mut events = follow(&pair.serving);
        for position in 1..=3 {
            comes(&pair.working, unwritten(position), &mut events).await;
        }
        pair.serving.enqueue(stage.play("first", &[Act::Done])).await;
        stage.entrance().await;
        let _ = done.send(());
        events
    };
    let (heard, mut events) = tokio::join!(overhear(ear, until), talk);
    let channels = pair.redis.channels().await;
    let before = pair.serving.deps().bell.courier().expect("a courier");
    for channel in &channels {
        let long = vec![b'1'; 3 << 20];
        for bytes in [&b""[..], b"1", b"\xFF\xFE\x00", b"{\"from\":1,\"parcel\":{\"wake\":[\"stage\"]}}", &long] {
            pair.redis.publish(channel, bytes).await;
        }
        for (_, bytes) in &heard {
            let (mut cut, mut bent) = (bytes.clone(), bytes.clone());
            cut.truncate(bytes.len() / 2);
            let last = bent.len() - 3;
            bent[last] ^= 1;
            // As it was, on whatever channel; in part; and changed.
            for bytes in [bytes, &cut, &bent] {
                pair.redis.publish(channel, bytes).await;
            }
        }
    }
    // What was said before is not told again, and what comes next comes.
    assert!(timeout(Duration::from_millis(300), events.next()).await.is_err());
    comes(&pair.working, unwritten(4), &mut events).await;
    pair.serving.enqueue(stage.play("second", &[Act::Done])).await;
    stage.entrance().await;
    assert_eq!(pair.serving.deps().bell.courier(), Some(before), "the connection is the same");
    pair.end().await;
}
