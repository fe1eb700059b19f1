//! Live: the readers of this process that follow a stream or a run, and what they are told before the database can tell them.
//!
//! Owns the subscribers. What is sent here may be lost: it is a copy, or a hint to look. A reader that missed something (its
//! receiver says so) reads the rows. The streams that are followed are looked at here, once for all of their readers.

pub mod follow;
mod streams;
mod tails;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, MessageResult, WrapFuture};
use entity::execution::record;
use entity::job::event::{Event, Stream};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::courier::Followed;
use crate::deps::Deps;
use crate::guardian::Ping;
use streams::{Streams, look};
use tails::Tails;

/// Early copies that a slow reader may fall behind before it has to read the rows.
const BACKLOG: usize = 256;
/// Nudges that may wait. A dropped one is made up for by looking.
const MAILBOX: usize = 4096;
/// How often the followed streams are looked at, whatever is told.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is seen to who does not read any more.
const TIDY: Duration = Duration::from_secs(10);

/// What can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    Stream(Stream),
    Run(i64),
}

/// What a reader is told.
#[derive(Clone, Debug)]
pub enum News {
    /// There is something new in the rows.
    Look,
    /// The rows of the stream go up to this position, and what comes next is told.
    Head(i64),
    /// These events of the stream are in the rows; they follow each other without gaps.
    Events(Arc<Vec<Event>>),
    /// These records of a run will be in the rows soon.
    Records(Arc<Vec<record::Model>>),
}

/// The actor that owns the readers.
#[derive(Debug)]
pub struct Live {
    deps: Deps,
    topics: HashMap<Topic, broadcast::Sender<News>>,
    streams: Streams,
    tails: Tails,
    /// Whether somebody is reading how far the streams go, and whether somebody wanted that meanwhile.
    looking: bool,
    look_again: bool,
}

impl Live {
    #[must_use]
    pub fn new(deps: Deps) -> Self {
        let (streams, tails) = (Streams::default(), Tails::default());
        Self { deps, topics: HashMap::new(), streams, tails, looking: false, look_again: false }
    }

    fn followed(&self) -> Option<&Followed> {
        self.deps.bell.followed()
    }

    fn tidy(&mut self) {
        let gone = self.topics.iter().filter(|(_, readers)| readers.receiver_count() == 0).map(|(topic, _)| *topic);
        for topic in gone.collect::<Vec<_>>() {
            self.forget(topic);
        }
        self.tails.tidy();
    }

    fn forget(&mut self, topic: Topic) {
        self.topics.remove(&topic);
        if let Topic::Stream(stream) = topic {
            self.streams.forget(stream);
        }
        if let Some(followed) = self.followed() {
            followed.remove(topic);
        }
    }

    fn send(&mut self, topic: Topic, news: News) {
        if let Some(readers) = self.topics.get(&topic)
            && readers.send(news).is_err()
        {
            self.forget(topic);
        }
    }

    fn tell_all(&mut self, stream: Stream, news: impl IntoIterator<Item = News>) {
        for news in news {
            self.send(Topic::Stream(stream), news);
        }
    }

    /// Looks where something may be missing; everywhere if `all`. One look at a time.
    fn look(&mut self, all: bool, ctx: &mut Context<Self>) {
        if self.looking {
            self.look_again = true;
            return;
        }
        let wanted = self.streams.wanted(all);
        if wanted.is_empty() {
            return;
        }
        self.looking = true;
        self.look_again = false;
        let db = self.deps.db.clone();
        let looked = self.deps.runtime.spawn(async move { look(&db, wanted).await });
        let done = looked.into_actor(self).map(|seen, live: &mut Self, ctx| {
            live.looking = false;
            match seen {
                Ok(Ok(seen)) => {
                    for seen in seen {
                        let stream = seen.stream;
                        let news = live.streams.saw(seen);
                        live.tell_all(stream, news);
                    }
                }
                // It is tried again at the next tick.
                Ok(Err(error)) => tracing::debug!(error = %error, "the followed streams could not be looked at"),
                Err(gone) => tracing::error!(error = %gone, "looking at the followed streams broke"),
            }
            if live.look_again {
                live.look(false, ctx);
            }
        });
        ctx.spawn(done);
    }
}

impl Actor for Live {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(MAILBOX);
        // The readers of a predecessor ask again.
        if let Some(followed) = self.followed() {
            followed.clear();
        }
        ctx.run_interval(LOOK, |live, ctx| live.look(true, ctx));
        ctx.run_interval(TIDY, |live, _| live.tidy());
    }
}

/// Asks to be told about a topic. Subscribe before reading the rows, so that nothing falls between.
#[derive(Debug, Message)]
#[rtype(result = "broadcast::Receiver<News>")]
pub struct Follow(pub Topic);

impl Handler<Follow> for Live {
    type Result = MessageResult<Follow>;

    fn handle(&mut self, Follow(topic): Follow, ctx: &mut Context<Self>) -> Self::Result {
        if let Some(readers) = self.topics.get(&topic) {
            return MessageResult(readers.subscribe());
        }
        let (readers, news) = broadcast::channel(BACKLOG);
        self.topics.insert(topic, readers);
        if let Some(followed) = self.followed() {
            followed.insert(topic);
        }
        if let Topic::Stream(stream) = topic {
            self.streams.begin(stream);
            self.look(false, ctx);
        }
        MessageResult(news)
    }
}

/// Events that were just committed, in their order.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Told(pub Vec<Event>);

impl Handler<Told> for Live {
    type Result = ();

    fn handle(&mut self, Told(events): Told, ctx: &mut Context<Self>) {
        let (told, missing) = self.streams.told(events);
        for (stream, news) in told {
            self.send(Topic::Stream(stream), news);
        }
        if missing {
            self.look(false, ctx);
        }
    }
}

/// The rows of a topic have something new.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Rang(pub Topic);

impl Handler<Rang> for Live {
    type Result = ();

    fn handle(&mut self, Rang(topic): Rang, ctx: &mut Context<Self>) {
        match topic {
            Topic::Run(run) => {
                self.tails.forget(run);
                self.send(topic, News::Look);
            }
            Topic::Stream(stream) => {
                self.streams.doubt(stream);
                self.look(false, ctx);
            }
        }
    }
}

/// Something may have been missed of these topics; of all, if none is named.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Missed(pub Option<Topic>);

impl Handler<Missed> for Live {
    type Result = ();

    fn handle(&mut self, Missed(topic): Missed, ctx: &mut Context<Self>) {
        let topics: Vec<Topic> = topic.map_or_else(|| self.topics.keys().copied().collect(), |topic| vec![topic]);
        for topic in topics {
            match topic {
                Topic::Run(_) => self.send(topic, News::Look),
                Topic::Stream(stream) => self.streams.doubt(stream),
            }
        }
        self.look(false, ctx);
    }
}

/// Asks for the records of a run that were told last, in their order. They may be in the rows as well, or be told from another
/// process and not be here at all.
#[derive(Debug, Message)]
#[rtype(result = "Vec<record::Model>")]
pub struct Recent(pub i64);

impl Handler<Recent> for Live {
    type Result = MessageResult<Recent>;

    fn handle(&mut self, Recent(run): Recent, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.tails.of(run))
    }
}

/// Records that were just written by a run, ahead of their rows.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Early {
    pub run: i64,
    pub records: Arc<Vec<record::Model>>,
}

impl Handler<Early> for Live {
    type Result = ();

    fn handle(&mut self, early: Early, _: &mut Context<Self>) {
        self.tails.keep(early.run, &early.records);
        self.send(Topic::Run(early.run), News::Records(early.records));
    }
}

impl Handler<Ping> for Live {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}
