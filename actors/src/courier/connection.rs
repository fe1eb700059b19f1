//! The connection to Redis: made again whenever it breaks, and what goes through it in both directions.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use entity::job::cancel;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, IntoConnectionInfo as _, ProtocolVersion, PushInfo, PushKind, RedisError, Value,
};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Post;
use super::parcel::Parcel;
use crate::deps::Deps;
use crate::live::{Early, Missed, Rang, Told, Topic};
use crate::runner::new_token;

/// How long Redis may take to answer before it counts as away.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is asked whether it is there.
const PING: Duration = Duration::from_secs(1);
/// Every how many pings the topics are announced anew.
const ANNOUNCE: u32 = 5;
/// Topics in one announcement, and channels in one command.
const TOPICS: usize = 500;
/// The wait before the first attempt to connect again, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Why a connection has ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("{0}")]
    Redis(#[from] RedisError),
    #[error("it does not answer")]
    Silent,
    #[error("it has closed the connection")]
    Closed,
}

pub(super) struct Connection {
    pub url: String,
    pub post: Post,
    pub deps: Deps,
}

impl Connection {
    /// Keeps a connection, for ever.
    pub async fn keep(self) {
        let mut failures: u32 = 0;
        loop {
            let ended = self.once(&mut failures).await;
            self.post.0.connected.store(false, Ordering::SeqCst);
            self.post.0.outbox.drop_copies();
            let Err(ended) = ended else { continue };
            failures = failures.saturating_add(1);
            if failures == 1 {
                tracing::warn!(error = %ended, "Redis is away: other processes are heard of once a second until it is back");
            } else {
                tracing::debug!(error = %ended, failures, "Redis is still away");
            }
            sleep(pause(failures)).await;
        }
    }

    /// Connects, and works until the connection ends.
    async fn once(&self, failures: &mut u32) -> Result<(), Ended> {
        let gone = CancellationToken::new();
        let mut redis = self.connect(gone.clone()).await?;
        let mut listening = HashSet::new();
        self.listen(&mut redis, &mut listening).await?;
        if std::mem::take(failures) > 0 {
            tracing::info!("Redis is back");
        }
        self.post.0.connected.store(true, Ordering::SeqCst);
        self.publish_parcel(&mut redis, &Parcel::WhoFollows).await?;
        self.publish(&mut redis).await?;
        // Whatever was said while nobody listened is in the rows.
        self.deps.bell.wake_all();
        self.deps.sign_ins.forget();
        self.deps.live.tell(Missed(None));
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pings: u32 = 0;
        loop {
            tokio::select! {
                () = self.post.0.outbox.changed() => self.publish(&mut redis).await?,
                () = self.post.0.followed.changed() => self.listen(&mut redis, &mut listening).await?,
                () = gone.cancelled() => return Err(Ended::Closed),
                _ = ping.tick() => {
                    redis::cmd("PING").exec_async(&mut redis).await?;
                    for spent in self.deps.budgets.untold() {
                        self.publish_parcel(&mut redis, &Parcel::Spent(spent)).await?;
                    }
                    pings = pings.wrapping_add(1);
                    if pings.is_multiple_of(ANNOUNCE) {
                        self.post.0.elsewhere.tidy();
                        self.announce(&mut redis, listening.iter().copied().collect()).await?;
                    }
                }
            }
        }
    }

    async fn connect(&self, gone: CancellationToken) -> Result<MultiplexedConnection, Ended> {
        let info = self.url.as_str().into_connection_info()?;
        // One connection for both directions, so that its pings speak for both.
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(info.set_redis_settings(settings))?;
        let inbox = Arc::new(Inbox { post: self.post.clone(), deps: self.deps.clone(), gone });
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_push_sender(move |push| {
                inbox.take(push);
                Ok::<(), ()>(())
            });
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        let mut redis = timeout(PATIENCE * 2, connecting).await.map_err(|_| Ended::Silent)??;
        redis.subscribe(self.post.0.seal.everybody()).await?;
        Ok(redis)
    }

    /// Listens for what is followed and for nothing else.
    async fn listen(
        &self,
        redis: &mut MultiplexedConnection,
        listening: &mut HashSet<Topic>,
    ) -> Result<(), RedisError> {
        let followed = self.post.0.followed.all();
        let old: Vec<Topic> = listening.difference(&followed).copied().collect();
        let new: Vec<Topic> = followed.difference(listening).copied().collect();
        let channels = |topics: &[Topic]| topics.iter().map(|topic| self.post.0.seal.channel(*topic)).collect();
        for topics in old.chunks(TOPICS) {
            let channels: Vec<String> = channels(topics);
            redis.unsubscribe(channels).await?;
        }
        for topics in new.chunks(TOPICS) {
            let channels: Vec<String> = channels(topics);
            redis.subscribe(channels).await?;
        }
        *listening = followed;
        let unheard = if self.post.0.followed.was_asked() { listening.iter().copied().collect() } else { new.clone() };
        self.announce(redis, unheard).await?;
        for topic in new {
            // It may have been told between the reader's look at the rows and now.
            self.deps.live.tell(Missed(Some(topic)));
        }
        Ok(())
    }

    async fn announce(&self, redis: &mut MultiplexedConnection, topics: Vec<Topic>) -> Result<(), RedisError> {
        for topics in topics.chunks(TOPICS) {
            self.publish_parcel(redis, &Parcel::Following(topics.to_vec())).await?;
        }
        Ok(())
    }

    /// Says something to every process.
    async fn publish_parcel(&self, redis: &mut MultiplexedConnection, parcel: &Parcel) -> Result<(), RedisError> {
        let channel = self.post.0.seal.everybody();
        match self.post.0.seal.close(&channel, parcel) {
            Ok(bytes) => redis::cmd("PUBLISH").arg(channel).arg(bytes).exec_async(redis).await,
            Err(error) => {
                tracing::error!(error = %error, "something cannot be sent to the other processes");
                Ok(())
            }
        }
    }

    /// Publishes what waits.
    async fn publish(&self, redis: &mut MultiplexedConnection) -> Result<(), RedisError> {
        let batch = self.post.0.outbox.take();
        if batch.is_empty() {
            return Ok(());
        }
        let everybody = self.post.0.seal.everybody();
        let wake = (!batch.lanes.is_empty()).then(|| Parcel::Wake(batch.lanes.iter().cloned().collect()));
        let stops = batch.stops.iter().map(|(job, lane)| Parcel::Stop { lane: lane.clone(), job: *job });
        let mut pipeline = redis::pipe();
        let rights = batch.rights.then_some(Parcel::Rights);
        for parcel in wake.into_iter().chain(stops).chain(rights) {
            if let Ok(bytes) = self.post.0.seal.close(&everybody, &parcel) {
                pipeline.cmd("PUBLISH").arg(&everybody).arg(bytes).ignore();
            }
        }
        for (channel, bytes) in &batch.copies {
            pipeline.cmd("PUBLISH").arg(channel).arg(bytes).ignore();
        }
        let published = pipeline.exec_async(redis).await;
        if published.is_err() {
            self.post.0.outbox.put_back(batch);
        }
        published
    }
}

/// Whether Redis answers under this URL.
///
/// # Errors
/// In words, when it does not.
pub async fn try_out(url: &str) -> Result<(), String> {
    let answers = async {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
        let client = Client::open(url)?;
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        let mut redis = timeout(PATIENCE * 2, connecting).await.map_err(|_| Ended::Silent)??;
        Ok::<(), Ended>(redis::cmd("PING").exec_async(&mut redis).await?)
    };
    answers.await.map_err(|ended| ended.to_string())
}

/// A while that doubles with every failure, up to a bound, and is a little different for each process.
fn pause(failures: u32) -> Duration {
    let (first, longest) = BACKOFF;
    let whole = first.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(longest);
    let jitter = u32::try_from(new_token() & 0xFF).unwrap_or(0);
    whole / 2 + whole / 2 * jitter / 256
}

/// What happens to that which comes in. Never waits: it is called where the connection is read.
struct Inbox {
    post: Post,
    deps: Deps,
    gone: CancellationToken,
}

impl Inbox {
    fn take(&self, push: PushInfo) {
        match (push.kind, push.data.as_slice()) {
            (PushKind::Message, [Value::BulkString(channel), Value::BulkString(bytes)]) => {
                let parcel =
                    std::str::from_utf8(channel).ok().and_then(|channel| self.post.0.seal.open(channel, bytes));
                if let Some(parcel) = parcel {
                    self.deliver(parcel);
                }
            }
            (PushKind::Disconnection, _) => self.gone.cancel(),
            _ => {}
        }
    }

    fn deliver(&self, parcel: Parcel) {
        let Deps { bell, live, sign_ins, budgets, clock, .. } = &self.deps;
        match parcel {
            Parcel::Wake(lanes) => lanes.iter().for_each(|lane| bell.wake(lane)),
            Parcel::Stop { lane, job } => self.stop(lane, job),
            Parcel::Following(topics) => self.post.0.elsewhere.note(topics),
            Parcel::WhoFollows => self.post.0.followed.ask(),
            Parcel::Look(topic) => live.tell(Rang(topic)),
            Parcel::Events(events) => live.tell(Told(events)),
            Parcel::Rights => sign_ins.forget(),
            Parcel::Spent(spent) => budgets.hear(spent, clock.now()),
            Parcel::Records { run, records } => {
                let rows: Option<Vec<_>> = records.into_iter().map(|record| record.of_run(run)).collect();
                if let Some(rows) = rows {
                    live.tell(Early { run, records: Arc::new(rows) });
                }
            }
        }
    }

    /// Only if the row says so too: the message may be an old one, and the job have been tried anew since.
    fn stop(&self, lane: String, job: i64) {
        let deps = self.deps.clone();
        self.deps.runtime.spawn(async move {
            match cancel::is_wanted(deps.db.read(), job).await {
                Ok(true) => deps.bell.stop_here(&lane, job),
                Ok(false) => {}
                Err(error) => {
                    tracing::debug!(job.id = job, error = %error, "whether a job is to be stopped is not known yet")
                }
            }
        });
    }
}
