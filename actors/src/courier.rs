//! The courier: carries the bell and early copies between the processes of a site, through Redis.
//!
//! Owns the one connection to Redis, which publishes and listens. Redis holds nothing: what is lost on the way is found in the rows, by
//! the ticks of lanes and readers. So nobody waits for the courier. What it is given goes into a bounded [outbox], which
//! drops copies when Redis is slow or away; and when Redis comes back, it says that something may have been missed.
//!
//! Not here: what is carried ([`parcel`]) and what is done with it ([`Bell`](crate::bell::Bell)).

mod connection;
pub mod interest;
pub mod outbox;
pub mod parcel;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix::{Actor, ActorContext as _, AsyncContext, Context, Handler};
use tokio::task::JoinHandle;

use crate::database::Database;
use crate::deps::Deps;
use crate::guardian::{Ping, Visit};
use crate::line::Line;
use crate::live::Topic;
use connection::Connection;
pub use connection::try_out;
use interest::Elsewhere;
pub use interest::Followed;
use outbox::Outbox;
use parcel::{Parcel, Seal};
use sea_orm::DbErr;

/// How often the courier looks after its connection.
const TICK: Duration = Duration::from_secs(1);

/// Where Redis is, and what seals what goes through it.
#[derive(Clone)]
pub struct CourierConfig {
    /// `redis:`, `rediss:` or `redis+unix:`. May hold a password.
    pub url: String,
    /// What only the processes of this site know.
    pub secret: String,
}

impl fmt::Debug for CourierConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CourierConfig(secret)")
    }
}

/// Whether Redis can be used under this URL.
#[must_use]
pub fn is_redis_url(url: &str) -> bool {
    let known = ["redis://", "rediss://", "redis+unix://"].iter().any(|scheme| url.starts_with(scheme));
    known && redis::parse_redis_url(url).is_some()
}

/// How it goes, for whoever wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Whether Redis answers.
    pub connected: bool,
    /// Messages that were given up since the process started.
    pub dropped: u64,
}

/// What is given to the courier and what it is told to listen for. Outlives the actor. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Post(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    seal: Seal,
    outbox: Outbox,
    followed: Followed,
    elsewhere: Elsewhere,
    connected: AtomicBool,
}

impl Post {
    /// For the site with this secret in this database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn new(config: &CourierConfig, db: &Database) -> Result<Self, DbErr> {
        let seal = Seal::new(&config.secret, &db.identity().await?);
        let (outbox, followed, elsewhere) = Default::default();
        Ok(Self(Arc::new(Shared { seal, outbox, followed, elsewhere, connected: AtomicBool::new(false) })))
    }

    /// The topics that somebody in this process follows.
    #[must_use]
    pub fn followed(&self) -> &Followed {
        &self.0.followed
    }

    #[must_use]
    pub fn condition(&self) -> Condition {
        Condition { connected: self.0.connected.load(Ordering::SeqCst), dropped: self.0.outbox.dropped() }
    }

    /// Wakes a lane in the other processes.
    pub fn wake(&self, lane: &str) {
        self.0.outbox.wake(lane);
    }

    /// Tells the other processes that a job is to be stopped.
    pub fn stop(&self, lane: &str, job: i64) {
        self.0.outbox.stop(lane, job);
    }

    /// Tells the other processes that somebody's rights have changed.
    pub fn rights_changed(&self) {
        self.0.outbox.rights_changed();
    }

    /// Whether anybody in another process follows this topic.
    #[must_use]
    pub fn is_followed_elsewhere(&self, topic: Topic) -> bool {
        self.0.elsewhere.has(topic)
    }

    /// Sends something to the other processes that follow a topic. Lost if Redis is slow or away.
    pub fn send(&self, topic: Topic, parcel: &Parcel) {
        if !self.0.connected.load(Ordering::SeqCst) {
            self.0.outbox.drop_one();
            return;
        }
        let channel = self.0.seal.channel(topic);
        match self.0.seal.close(&channel, parcel) {
            Ok(bytes) => self.0.outbox.push(channel, bytes),
            Err(error) => tracing::error!(error = %error, "something cannot be sent to the other processes"),
        }
    }
}

/// The actor that keeps the connection.
#[derive(Debug)]
pub struct Courier {
    url: String,
    post: Post,
    line: Line<Self>,
    deps: Deps,
    /// What works the connection, on the runtime of the process.
    working: Option<JoinHandle<()>>,
}

impl Courier {
    #[must_use]
    pub fn new(url: String, post: Post, line: Line<Self>, deps: Deps) -> Self {
        Self { url, post, line, deps, working: None }
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        if let Some(working) = &self.working {
            working.abort();
        }
    }
}

impl Actor for Courier {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        let connection = Connection { url: self.url.clone(), post: self.post.clone(), deps: self.deps.clone() };
        self.working = Some(self.deps.runtime.spawn(connection.keep()));
        ctx.run_interval(TICK, |courier, ctx| {
            let ended = courier.working.as_ref().is_none_or(JoinHandle::is_finished);
            // The guardian makes a new one, or has done so already because this one was stuck.
            if ended || !courier.line.leads_to(&ctx.address()) {
                ctx.stop();
            }
        });
    }
}

impl Handler<Ping> for Courier {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}

impl Handler<Visit> for Courier {
    type Result = ();

    fn handle(&mut self, Visit(look): Visit, _: &mut Context<Self>) {
        look();
    }
}
