//! How far the readers of each followed stream were told, so that they are told everything once and in order.
//!
//! Copies may come in any order, twice, or not at all. What comes too early is kept until the rest is there; what is missing is read
//! from the rows, once for all readers. The positions of a stream have no gaps, so it is plain what is missing; the one that the end
//! of a job may leave out is looked for once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use entity::job::event::{self, Event, Stream};
use entity::job::head::heads;
use sea_orm::DbErr;

use super::News;
use crate::database::Database;

/// Events that are kept because one before them is missing.
const AHEAD: usize = 256;
/// Events that are read at once for all readers. If there are more, each reader reads them in its own pace.
const PAGE: u64 = 200;

/// The followed streams.
#[derive(Debug, Default)]
pub(super) struct Streams(HashMap<Stream, Progress>);

#[derive(Debug, Default)]
struct Progress {
    /// The last position that was told; none before it is known how far the stream goes.
    told: Option<i64>,
    /// What came too early.
    ahead: BTreeMap<i64, Event>,
    /// Whether somebody says that there is more.
    doubt: bool,
}

/// What the rows say about a stream.
#[derive(Debug)]
pub(super) struct Seen {
    pub stream: Stream,
    pub head: i64,
    pub events: Vec<Event>,
}

impl Progress {
    fn is_missing_something(&self) -> bool {
        self.told.is_none() || self.doubt || !self.ahead.is_empty()
    }

    fn keep(&mut self, event: Event) {
        if self.told.is_some_and(|told| event.position <= told) {
            return;
        }
        self.ahead.insert(event.position, event);
        if self.ahead.len() > AHEAD {
            // The nearest can be told soonest.
            self.ahead.pop_last();
        }
    }

    /// What can be told now.
    fn next(&mut self) -> Option<News> {
        let told = self.told.as_mut()?;
        let mut next = Vec::new();
        while let Some(event) = self.ahead.remove(&(*told + 1)) {
            *told += 1;
            next.push(event);
        }
        (!next.is_empty()).then(|| News::Events(Arc::new(next)))
    }
}

impl Streams {
    pub fn begin(&mut self, stream: Stream) {
        self.0.insert(stream, Progress::default());
    }

    pub fn forget(&mut self, stream: Stream) {
        self.0.remove(&stream);
    }

    pub fn doubt(&mut self, stream: Stream) {
        if let Some(progress) = self.0.get_mut(&stream) {
            progress.doubt = true;
        }
    }

    /// The streams to be looked at, each with the position that was told last.
    pub fn wanted(&self, all: bool) -> Vec<(Stream, Option<i64>)> {
        let wanted = self.0.iter().filter(|(_, progress)| all || progress.is_missing_something());
        wanted.map(|(stream, progress)| (*stream, progress.told)).collect()
    }

    /// Takes copies; what is to be told of them now, and whether something before them is missing.
    pub fn told(&mut self, events: Vec<Event>) -> (Vec<(Stream, News)>, bool) {
        let mut touched = Vec::new();
        for event in events {
            let stream = event.stream;
            if let Some(progress) = self.0.get_mut(&stream) {
                progress.keep(event);
                if !touched.contains(&stream) {
                    touched.push(stream);
                }
            }
        }
        let (mut news, mut missing) = (Vec::new(), false);
        for stream in touched {
            if let Some(progress) = self.0.get_mut(&stream) {
                news.extend(progress.next().map(|next| (stream, next)));
                missing |= progress.is_missing_something();
            }
        }
        (news, missing)
    }

    /// Takes what the rows say; what is to be told of it.
    pub fn saw(&mut self, seen: Seen) -> Vec<News> {
        let Some(progress) = self.0.get_mut(&seen.stream) else { return Vec::new() };
        progress.doubt = false;
        seen.events.into_iter().for_each(|event| progress.keep(event));
        let mut news = Vec::from_iter(progress.next());
        if progress.told.is_none_or(|told| told < seen.head) {
            progress.told = Some(seen.head);
            progress.ahead.retain(|position, _| *position > seen.head);
            news.push(News::Head(seen.head));
            news.extend(progress.next());
        }
        news
    }
}

/// Reads how far the streams go, and what was not told of them yet: a page at most of each.
pub(super) async fn look(db: &Database, wanted: Vec<(Stream, Option<i64>)>) -> Result<Vec<Seen>, DbErr> {
    let streams: Vec<Stream> = wanted.iter().map(|(stream, _)| *stream).collect();
    let heads: HashMap<Stream, i64> = heads(db.read(), &streams).await?.into_iter().collect();
    let mut seen = Vec::new();
    for (stream, told) in wanted {
        let head = heads.get(&stream).copied().unwrap_or(0);
        let events = match told {
            Some(told) if told < head => event::after(db.read(), stream, told, PAGE).await?,
            _ => Vec::new(),
        };
        seen.push(Seen { stream, head, events });
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use entity::clock::Timestamp;
    use entity::job::event::{Event, Stream};
    use serde_json::json;

    use super::{AHEAD, News, Seen, Streams};

    const STREAM: Stream = Stream::Course(1);

    fn event(position: i64) -> Event {
        Event { stream: STREAM, position, kind: "tick".to_owned(), data: json!({}), at: Timestamp(0) }
    }

    /// What is told of those copies, and whether something before them is missing.
    fn tell(streams: &mut Streams, positions: &[i64]) -> (Vec<i64>, bool) {
        let (told, missing) = streams.told(positions.iter().copied().map(event).collect());
        (told.into_iter().flat_map(|(_, news)| positions_of(news)).collect(), missing)
    }

    fn saw(streams: &mut Streams, head: i64, positions: &[i64]) -> Vec<i64> {
        let events = positions.iter().copied().map(event).collect();
        streams.saw(Seen { stream: STREAM, head, events }).into_iter().flat_map(positions_of).collect()
    }

    /// The positions of events; a head as its negative.
    fn positions_of(news: News) -> Vec<i64> {
        match news {
            News::Events(events) => events.iter().map(|event| event.position).collect(),
            News::Head(head) => vec![-head],
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn whatever_the_order_each_is_told_once_and_in_order() {
        let mut streams = Streams::default();
        streams.begin(STREAM);
        // Nobody knows yet what comes next.
        assert_eq!(tell(&mut streams, &[4]), (vec![], true));
        assert_eq!(saw(&mut streams, 3, &[]), [-3, 4]);
        assert_eq!(tell(&mut streams, &[5, 4, 3, 6]), (vec![5, 6], false));
        assert_eq!(tell(&mut streams, &[8]), (vec![], true));
        assert_eq!(streams.wanted(false), [(STREAM, Some(6))]);
        assert_eq!(tell(&mut streams, &[7]), (vec![7, 8], false));
        assert_eq!(streams.wanted(false), []);
        assert_eq!(tell(&mut streams, &[10]), (vec![], true));
        assert_eq!(saw(&mut streams, 10, &[9, 10]), [9, 10]);
        // An old look says nothing new.
        assert_eq!(saw(&mut streams, 8, &[8]), [0; 0]);
    }

    #[test]
    fn far_behind_every_reader_reads_the_rows() {
        let mut streams = Streams::default();
        streams.begin(STREAM);
        assert_eq!(saw(&mut streams, 0, &[]), [0]);
        let far: Vec<i64> = (2..).take(AHEAD + 50).collect();
        assert_eq!(tell(&mut streams, &far), (vec![], true));
        // The page that was read does not go to the end of what is missing.
        let told = saw(&mut streams, 1_000, &[1]);
        assert_eq!((told[0], told[told.len() - 1]), (1, -1_000));
        assert_eq!(tell(&mut streams, &[1_001]), (vec![1_001], false));
        streams.forget(STREAM);
        assert_eq!(tell(&mut streams, &[1_002]), (vec![], false));
    }
}
