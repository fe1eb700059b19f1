//! Live: the readers of this process that follow a stream or a run, and what they are told before the database can tell them.
//!
//! Owns the subscribers. What is sent here may be lost: it is a copy, or a hint to look. A reader that missed something (its
//! receiver says so) reads the rows.

pub mod follow;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use actix::{Actor, AsyncContext, Context, Handler, Message, MessageResult};
use entity::execution::record;
use entity::job::event::Stream;
use tokio::sync::broadcast;

use crate::guardian::Ping;

/// Early copies that a slow reader may fall behind before it has to read the rows.
const BACKLOG: usize = 256;
/// Bytes of early copies of one run that are kept for who comes to look: more than a worker keeps before it writes the rows.
const TAIL: usize = 128 << 10;
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
    tails: HashMap<i64, Tail>,
}

/// The last records of a run, which may not be in the rows yet.
#[derive(Debug)]
struct Tail {
    records: VecDeque<Arc<Vec<record::Model>>>,
    bytes: usize,
    /// Whether something came since they were last looked through.
    fresh: bool,
}

fn size(records: &[record::Model]) -> usize {
    records.iter().map(|record| record.bytes.len() + size_of::<record::Model>()).sum()
}

impl Actor for Live {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.run_interval(std::time::Duration::from_secs(10), |live, _| {
            live.topics.retain(|_, readers| readers.receiver_count() > 0);
            // The rows have them by now.
            live.tails.retain(|_, tail| std::mem::take(&mut tail.fresh));
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
        if let Topic::Run(run) = topic {
            self.tails.remove(&run);
        }
        self.send(topic, News::Look);
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
        let tail = self.tails.get(&run).map(|tail| &tail.records);
        MessageResult(tail.into_iter().flatten().flat_map(|records| records.iter().cloned()).collect())
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
        self.keep(early.run, &early.records);
        self.send(Topic::Run(early.run), News::Records(early.records));
    }
}

impl Handler<Ping> for Live {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}

impl Live {
    fn keep(&mut self, run: i64, records: &Arc<Vec<record::Model>>) {
        let empty = || Tail { records: VecDeque::new(), bytes: 0, fresh: true };
        let tail = self.tails.entry(run).or_insert_with(empty);
        tail.fresh = true;
        tail.bytes += size(records);
        tail.records.push_back(Arc::clone(records));
        while tail.bytes > TAIL
            && let Some(oldest) = tail.records.pop_front()
        {
            tail.bytes -= size(&oldest);
        }
    }

    fn send(&mut self, topic: Topic, news: News) {
        if let Some(readers) = self.topics.get(&topic)
            && readers.send(news).is_err()
        {
            self.topics.remove(&topic);
        }
    }
}
