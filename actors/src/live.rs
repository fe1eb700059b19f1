//! Live: the readers of this process that follow a stream or a run, and what they are told before the database can tell them.
//!
//! Owns the subscribers. What is sent here may be lost: it is a copy, or a hint to look. A reader that missed something (its
//! receiver says so) reads the rows.

pub mod follow;

use std::collections::HashMap;
use std::sync::Arc;

use actix::{Actor, AsyncContext, Context, Handler, Message, MessageResult};
use entity::execution::record;
use entity::job::event::Stream;
use tokio::sync::broadcast;

use crate::guardian::Ping;

/// Early copies that a slow reader may fall behind before it has to read the rows.
const BACKLOG: usize = 256;
/// Nudges that may wait. A dropped one is made up for by the readers' own looking.
const MAILBOX: usize = 4096;

/// What can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    Stream(Stream),
    Run(i64),
}

/// What a reader is told.
#[derive(Clone, Debug)]
pub enum News {
    /// There is something new in the rows.
    Look,
    /// These records of a run will be in the rows soon.
    Records(Arc<Vec<record::Model>>),
}

/// The actor that owns the readers.
#[derive(Debug, Default)]
pub struct Live {
    topics: HashMap<Topic, broadcast::Sender<News>>,
}

impl Actor for Live {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.run_interval(std::time::Duration::from_secs(10), |live, _| {
            live.topics.retain(|_, readers| readers.receiver_count() > 0);
        });
    }
}

/// Asks to be told about a topic. Subscribe before reading the rows, so that nothing falls between.
#[derive(Debug, Message)]
#[rtype(result = "broadcast::Receiver<News>")]
pub struct Follow(pub Topic);

impl Handler<Follow> for Live {
    type Result = MessageResult<Follow>;

    fn handle(&mut self, Follow(topic): Follow, _: &mut Context<Self>) -> Self::Result {
        let readers = self.topics.entry(topic).or_insert_with(|| broadcast::Sender::new(BACKLOG));
        MessageResult(readers.subscribe())
    }
}

/// The rows of a topic have something new.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Rang(pub Topic);

impl Handler<Rang> for Live {
    type Result = ();

    fn handle(&mut self, Rang(topic): Rang, _: &mut Context<Self>) {
        self.send(topic, News::Look);
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
        self.send(Topic::Run(early.run), News::Records(early.records));
    }
}

impl Handler<Ping> for Live {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}

impl Live {
    fn send(&mut self, topic: Topic, news: News) {
        if let Some(readers) = self.topics.get(&topic)
            && readers.send(news).is_err()
        {
            self.topics.remove(&topic);
        }
    }
}
