//! The submissions that count, of an assignment or a whole course, one after the other.
//!
//! Three things go on at once, since a download waits for whichever of them it does alone: the next heads are read, the next files are read
//! for heads that are there, and somebody sends what was read. So what is held is three pages of heads and four windows of files, whatever a
//! course has:
//!
//! ```text
//! page of heads ─▶ window: heads and files of few bytes together ─▶ window with its bytes ─▶ Piece, Piece, Piece …
//! ```

use std::collections::HashMap;

use async_stream::try_stream;
use entity::assignment;
use entity::file::{self, Digest, Entry};
use entity::submission::finals::{self, Choice, Final};
use entity::viewer::{Permission, ViewerScope};
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use tokio::task::JoinHandle;

use crate::database::Database;

/// How many heads are read at once.
const PAGE: u32 = 250;
/// Bytes of files that are read together, unless one alone has more.
const TOGETHER: i64 = 512 << 10;
/// What a head counts for, in bytes: who hands in nothing is held as well.
const HEAD: i64 = 512;
/// How many windows are read at the same time, by a connection each.
const AT_ONCE: usize = 2;

/// What counts of a student's work, and for which assignment, by its name in addresses.
#[derive(Clone, Debug)]
pub struct Exported {
    pub assignment: String,
    pub work: Final,
}

/// A piece of an export: first whose work comes, then its files in their order.
#[derive(Debug)]
pub enum Piece {
    Work(Box<Exported>),
    File(Entry, Vec<u8>),
}

/// Begins to read the finals of a course, or of one of its assignments. None for who may not see all of its work and people, and where
/// there is no such assignment.
///
/// # Errors
/// When the database does not answer. The pieces end with an error when it stops answering, or a file is not there.
pub async fn export_finals(
    db: &Database,
    viewer: &ViewerScope,
    course: i64,
    endpoint: Option<&str>,
    choice: Choice,
) -> Result<Option<impl Stream<Item = Result<Piece, DbErr>> + Send + use<>>, DbErr> {
    if !viewer.may(Permission::ReviewWork, course) || !viewer.may(Permission::SeeRoster, course) {
        return Ok(None);
    }
    let mut wanted = assignment::Entity::find().filter(assignment::Column::CourseId.eq(course));
    if let Some(endpoint) = endpoint {
        wanted = wanted.filter(assignment::Column::Endpoint.eq(endpoint));
    }
    let rows = wanted.order_by_asc(assignment::Column::Id).all(db.read()).await?;
    if endpoint.is_some() && rows.is_empty() {
        return Ok(None);
    }
    let assignments = rows.into_iter().map(|row| (row.id, row.endpoint)).collect();
    let (db, heads) = (db.clone(), heads(db.clone(), assignments, choice));
    let read = windows(heads).map_ok(move |window| window.read(db.clone())).try_buffered(AT_ONCE);
    Ok(Some(read.map_ok(|pieces| stream::iter(pieces).map(Ok)).try_flatten()))
}

/// The heads in pages. While one is used, the next is read.
fn heads(
    db: Database,
    assignments: Vec<(i64, String)>,
    choice: Choice,
) -> impl Stream<Item = Result<Exported, DbErr>> + Send {
    let page = move |assignment: i64, after: i64| {
        let (db, choice) = (db.clone(), choice.clone());
        tokio::spawn(async move { finals::page(db.read(), assignment, &choice, after, PAGE).await })
    };
    try_stream! {
        let mut left = assignments.into_iter();
        let mut now = left.next().map(|(id, endpoint)| (page(id, 0), id, endpoint));
        while let Some((read, id, endpoint)) = now {
            let heads = done(read).await?;
            let last = heads.last().filter(|_| heads.len() == PAGE as usize);
            now = match last {
                Some(last) => Some((page(id, last.owner), id, endpoint.clone())),
                None => left.next().map(|(id, endpoint)| (page(id, 0), id, endpoint)),
            };
            for work in heads {
                yield Exported { assignment: endpoint.clone(), work };
            }
        }
    }
}

/// Heads and the files that come with them, whose bytes are read together.
#[derive(Debug, Default)]
struct Window {
    wanted: Vec<Wanted>,
    bytes: i64,
}

#[derive(Debug)]
enum Wanted {
    Work(Box<Exported>),
    File(Entry),
}

impl Window {
    /// Puts something of that many bytes into it. What was in it before, where that would be too much together.
    fn push(&mut self, wanted: Wanted, bytes: i64) -> Option<Self> {
        let full = (self.bytes > 0 && self.bytes + bytes > TOGETHER).then(|| std::mem::take(self));
        self.bytes += bytes;
        self.wanted.push(wanted);
        full
    }

    /// Its pieces. They are being read from now on, whether somebody waits for them or not.
    fn read(self, db: Database) -> impl Future<Output = Result<Vec<Piece>, DbErr>> + Send {
        done(tokio::spawn(async move {
            let names = self.wanted.iter().filter_map(|wanted| match wanted {
                Wanted::File(entry) => Some(entry.digest.clone()),
                Wanted::Work(_) => None,
            });
            let mut found = Found::of(names);
            found.read(&db).await?;
            self.wanted.into_iter().map(|wanted| found.piece(wanted)).collect()
        }))
    }
}

/// The bytes of a window, each with how often it comes.
struct Found {
    times: HashMap<Digest, usize>,
    bytes: HashMap<Digest, Vec<u8>>,
}

impl Found {
    fn of(names: impl Iterator<Item = Digest>) -> Self {
        let mut times = HashMap::new();
        for name in names {
            *times.entry(name).or_default() += 1;
        }
        Self { times, bytes: HashMap::new() }
    }

    async fn read(&mut self, db: &Database) -> Result<(), DbErr> {
        if !self.times.is_empty() {
            self.bytes = file::find(db.read(), self.times.keys().cloned()).await?;
        }
        Ok(())
    }

    /// Few files come twice, so the bytes are handed on and not copied where it is their last time.
    fn piece(&mut self, wanted: Wanted) -> Result<Piece, DbErr> {
        let entry = match wanted {
            Wanted::Work(work) => return Ok(Piece::Work(work)),
            Wanted::File(entry) => entry,
        };
        let times = self.times.entry(entry.digest.clone()).or_default();
        *times = times.saturating_sub(1);
        let bytes = match *times {
            0 => self.bytes.remove(&entry.digest),
            _ => self.bytes.get(&entry.digest).cloned(),
        };
        let bytes = bytes.ok_or_else(|| file::missing(&entry))?;
        Ok(Piece::File(entry, bytes))
    }
}

/// Heads, cut so that the files of a window are few bytes together.
fn windows(
    heads: impl Stream<Item = Result<Exported, DbErr>> + Send,
) -> impl Stream<Item = Result<Window, DbErr>> + Send {
    try_stream! {
        let mut window = Window::default();
        for await head in heads {
            let head = head?;
            let files = head.work.files.0.clone();
            let head = (Wanted::Work(Box::new(head)), HEAD);
            let files = files.into_iter().map(|entry| { let size = entry.size; (Wanted::File(entry), size) });
            for (wanted, bytes) in std::iter::once(head).chain(files) {
                if let Some(full) = window.push(wanted, bytes) {
                    yield full;
                }
            }
        }
        yield window;
    }
}

/// What a task has read.
async fn done<T>(task: JoinHandle<Result<T, DbErr>>) -> Result<T, DbErr> {
    task.await.map_err(|gone| DbErr::Custom(gone.to_string()))?
}
