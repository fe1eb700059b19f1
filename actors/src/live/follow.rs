//! Following a stream or a run from any place on: every record once, in order, whatever was missed in between.
//!
//! The rows are the truth; what [`Live`](super::Live) tells is a copy that comes sooner, or a hint to look. Every door that
//! shows something live reads from here.

use std::time::Duration;

use entity::execution::record::{self, Place, RecordKind};
use entity::execution::run::{self, RunState};
use entity::job::event::{self, Event, Stream};
use futures_util::Stream as FutureStream;
use sea_orm::{DbErr, EntityTrait};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::timeout;

use super::{Follow, News, Recent, Topic};
use crate::deps::Deps;

/// How long a reader of a run waits for a hint before it looks all the same.
const LOOK: Duration = Duration::from_secs(1);
/// The same for a stream. Its readers are told once a second how far it goes; this is for when nobody is there to tell.
const STREAM_LOOK: Duration = Duration::from_secs(10);
/// Events that are read at once.
const PAGE: u64 = 200;
/// Records of a run that are read at once. Each may have 32 KiB, and a reader that does not read keeps a page of them.
const RECORDS: u64 = 8;

/// The news of a topic; heals itself when the actor behind it is replaced.
struct Ear<'d> {
    deps: &'d Deps,
    topic: Topic,
    news: Option<broadcast::Receiver<News>>,
}

impl<'d> Ear<'d> {
    async fn on(deps: &'d Deps, topic: Topic) -> Self {
        let news = deps.live.ask(Follow(topic)).await.ok();
        Self { deps, topic, news }
    }

    /// The next news, or a reason to look: something was missed, or it is time.
    async fn hear(&mut self) -> News {
        let Some(news) = &mut self.news else {
            tokio::time::sleep(LOOK).await;
            self.follow_anew().await;
            return News::Look;
        };
        let patience = if matches!(self.topic, Topic::Stream(_)) { STREAM_LOOK } else { LOOK };
        match timeout(patience, news.recv()).await {
            Ok(Ok(news)) => news,
            Ok(Err(RecvError::Lagged(_))) => News::Look,
            // Who told may be stuck, and somebody else be in its place.
            Err(_) | Ok(Err(RecvError::Closed)) => {
                self.follow_anew().await;
                News::Look
            }
        }
    }

    async fn follow_anew(&mut self) {
        self.news = self.deps.live.ask(Follow(self.topic)).await.ok();
    }
}

/// The events of a stream behind a position, for ever. Who asks must have been allowed to follow it.
pub fn stream(deps: Deps, stream: Stream, after: i64) -> impl FutureStream<Item = Result<Event, DbErr>> + Send {
    async_stream::try_stream! {
        let _counted = deps.tally.follower();
        let mut position = after;
        let mut ear = Ear::on(&deps, Topic::Stream(stream)).await;
        loop {
            let events = event::after(deps.db.read(), stream, position, PAGE).await?;
            let more = events.len() as u64 == PAGE;
            for event in events {
                position = event.position;
                yield event;
            }
            if more {
                continue;
            }
            // Copies that fit go out at once; at the first that does not, the rows are read.
            loop {
                match ear.hear().await {
                    News::Events(events) => {
                        let Some(next) = behind(&events, position) else { break };
                        for event in next {
                            position = event.position;
                            yield event.clone();
                        }
                    }
                    News::Head(head) if head <= position => {}
                    _ => break,
                }
            }
        }
    }
}

/// Those of some events that lie behind a position; none if others are missing before them.
fn behind(events: &[Event], position: i64) -> Option<&[Event]> {
    let known = events.iter().take_while(|event| event.position <= position).count();
    let rest = events.get(known..).unwrap_or_default();
    rest.first().is_none_or(|next| next.position == position + 1).then_some(rest)
}

/// What there is to tell about a run.
#[derive(Clone, Debug)]
pub enum RunNews {
    /// Something was written.
    Record(record::Model),
    /// What was shown so far is void: the run begins anew with this attempt.
    Restarted(Place),
    /// It has a verdict. Nothing comes after this.
    Finished(Box<run::Model>, Place),
}

/// The log of a run behind a place, to its end. Who asks must have been allowed to see the run.
pub fn run(deps: Deps, run: i64, after: Place) -> impl FutureStream<Item = Result<RunNews, DbErr>> + Send {
    async_stream::try_stream! {
        let mut place = after;
        let mut ear = Ear::on(&deps, Topic::Run(run)).await;
        loop {
            // In this order: when it is done, all its records are in the rows.
            let mut done = finished(&deps, run).await?;
            loop {
                let records = record::after(deps.db.read(), run, place, RECORDS).await?;
                let more = records.len() as u64 == RECORDS;
                for record in records {
                    if begins_anew(place, &record) {
                        yield RunNews::Restarted(Place { attempt: record.attempt, position: 0 });
                    }
                    place = record.place();
                    if record.kind == RecordKind::End {
                        // It came in between.
                        done = finished(&deps, run).await?;
                    } else {
                        yield RunNews::Record(record);
                    }
                }
                if !more {
                    break;
                }
            }
            if let Some(done) = done {
                yield RunNews::Finished(Box::new(done), place);
                return;
            }
            // What was told before this reader listened, or while it looked at the rows, is not told again.
            let recent = deps.live.ask(Recent(run)).await.unwrap_or_default();
            for news in continued(&mut place, &recent).0 {
                yield news;
            }
            // Copies that fit go out at once; at the first that does not, the rows are read.
            while let News::Records(records) = ear.hear().await {
                let (told, gap) = continued(&mut place, &records);
                for news in told {
                    yield news;
                }
                if gap {
                    break;
                }
            }
        }
    }
}

/// The early copies that come next behind a place, which moves along, and whether something is missing before the others.
fn continued(place: &mut Place, records: &[record::Model]) -> (Vec<RunNews>, bool) {
    let mut news = Vec::new();
    for record in records {
        if record.place() <= *place {
            continue;
        }
        if !fits(*place, record) {
            return (news, true);
        }
        if begins_anew(*place, record) {
            news.push(RunNews::Restarted(Place { attempt: record.attempt, position: 0 }));
        }
        *place = record.place();
        news.push(RunNews::Record(record.clone()));
    }
    (news, false)
}

async fn finished(deps: &Deps, run: i64) -> Result<Option<run::Model>, DbErr> {
    Ok(run::Entity::find_by_id(run).one(deps.db.read()).await?.filter(|run| run.state == RunState::Done))
}

fn begins_anew(place: Place, record: &record::Model) -> bool {
    place.attempt != 0 && record.attempt != place.attempt
}

/// Whether the record is the one that comes next: in the same attempt, or as the first of a later one.
fn fits(place: Place, record: &record::Model) -> bool {
    match record.attempt == place.attempt {
        true => record.position == place.position + 1,
        false => record.attempt > place.attempt && record.position == 1,
    }
}
