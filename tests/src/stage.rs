//! A kind of job whose every attempt is written in the test, and which the test can watch and hold.
//!
//! A job that ends well leaves a mark, a row with a unique name, as its effect; so does one that is given up. Two marks of one
//! name cannot be: a job that had its effects twice fails its test.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use actors::database::Database;
use actors::effect::{Effect, Effects};
use actors::job::{BodyFault, Job, JobKind, Policy, Work};
use actors::kinds::Known;
use actors::write::Write;
use entity::job::Model;
use entity::job::queue::{Class, NewJob, Repeat};
use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, Statement};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore, mpsc};

/// The lane that works the plays.
pub const LANE: &str = "stage";
pub const KINDS: Known = &[&[JobKind::of::<Play>()]];
/// How often a play may fail.
pub const MAX_FAILURES: i32 = 3;

/// What an attempt does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    Done,
    /// Waits until the test says so, then is done.
    Wait,
    Retry,
    GiveUp,
    Release,
    Panic,
    /// Is done, with an effect that the database refuses.
    BadEffect,
    /// Is done, with an effect that panics.
    PanickingEffect,
}

/// A job with a name; the acts of its attempts, of which the last is repeated.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Play {
    stage: u64,
    name: String,
    acts: Vec<Act>,
}

impl Job for Play {
    const KIND: &'static str = "stage.play";
    const LANE: &'static str = LANE;
    const POLICY: Policy = Policy {
        class: Class::Batch,
        max_failures: MAX_FAILURES,
        backoff: Duration::from_millis(50),
        timeout: Duration::from_secs(60),
        repeat: Repeat::Keep,
    };

    async fn run(self, work: Work) -> Result<Effects, BodyFault> {
        let attempt = usize::try_from(work.job.attempt).expect("attempts are counted from 1");
        let act = self.acts.get(attempt - 1).or(self.acts.last()).copied().unwrap_or(Act::Done);
        let theatre = theatre(self.stage);
        let _ = theatre.entrances.send(Entrance { name: self.name.clone(), job: work.job.clone() });
        let done = Effects::none().and(Mark(self.name.clone()));
        match act {
            Act::Done => Ok(done),
            Act::Wait => {
                theatre.cues.acquire().await.expect("never closed").forget();
                Ok(done)
            }
            Act::Retry => Err(BodyFault::Retry(format!("attempt {attempt} failed"))),
            Act::GiveUp => Err(BodyFault::GiveUp("it will never do".to_owned())),
            Act::Release => Err(BodyFault::Release("its tools are elsewhere".to_owned())),
            Act::Panic => panic!("{} stumbled", self.name),
            // The second of a name is refused.
            Act::BadEffect => Ok(done.and(Mark(self.name))),
            Act::PanickingEffect => Ok(done.and(Stumble)),
        }
    }

    fn cancelled(self, _: &Model) -> Effects {
        Effects::none().and(Mark(format!("{} cancelled", self.name)))
    }

    fn given_up(self, _: &Model, reason: &str) -> Effects {
        Effects::none().and(Mark(format!("{} given up: {reason}", self.name)))
    }
}

/// An attempt that has begun.
#[derive(Clone, Debug)]
pub struct Entrance {
    pub name: String,
    /// The job as it was claimed.
    pub job: Model,
}

struct Theatre {
    entrances: mpsc::UnboundedSender<Entrance>,
    cues: Semaphore,
}

static THEATRES: LazyLock<Mutex<HashMap<u64, Arc<Theatre>>>> = LazyLock::new(Mutex::default);

fn theatre(stage: u64) -> Arc<Theatre> {
    let theatres = THEATRES.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(theatres.get(&stage).expect("the stage outlives its plays"))
}

/// Where the plays of one test are watched.
pub struct Stage {
    number: u64,
    theatre: Arc<Theatre>,
    entrances: mpsc::UnboundedReceiver<Entrance>,
}

impl Default for Stage {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (sender, entrances) = mpsc::unbounded_channel();
        let theatre = Arc::new(Theatre { entrances: sender, cues: Semaphore::new(0) });
        THEATRES.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(&theatre));
        Self { number, theatre, entrances }
    }
}

impl Stage {
    /// A play to be enqueued.
    #[must_use]
    pub fn play(&self, name: &str, acts: &[Act]) -> NewJob {
        Play { stage: self.number, name: name.to_owned(), acts: acts.to_vec() }.new()
    }

    /// One that is named by a key.
    #[must_use]
    pub fn keyed(&self, key: &str, name: &str, acts: &[Act]) -> NewJob {
        NewJob { key: Some(key.to_owned()), ..self.play(name, acts) }
    }

    /// Waits for the next attempt to begin.
    pub async fn entrance(&mut self) -> Entrance {
        self.entrances.recv().await.expect("the stage holds a sender")
    }

    /// Waits for so many attempts; their names, sorted.
    pub async fn entrances(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        while names.len() < count {
            names.push(self.entrance().await.name);
        }
        names.sort();
        names
    }

    /// The attempts that have begun and were not told yet.
    pub fn begun(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.entrances.try_recv().ok()).map(|entrance| entrance.name).collect()
    }

    /// Lets so many that wait, now or later, go on.
    pub fn cue(&self, count: usize) {
        self.theatre.cues.add_permits(count);
    }
}

/// A row with a unique name.
#[derive(Debug)]
pub struct Mark(pub String);

impl Effect for Mark {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            let backend = write.tx().get_database_backend();
            let text = "INSERT INTO mark (name) VALUES ($1)";
            write
                .tx()
                .execute_raw(Statement::from_sql_and_values(backend, text, [self.0.clone().into()]))
                .await
                .map(drop)
        })
    }
}

#[derive(Debug)]
struct Stumble;

impl Effect for Stumble {
    fn apply<'w>(&'w self, _: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async { panic!("an effect stumbled") })
    }
}

pub(crate) async fn set_up(db: &Database) -> Result<(), DbErr> {
    db.write_connection().execute_unprepared("CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY)").await.map(drop)
}

/// The names of all marks, sorted.
pub async fn marks(db: &Database) -> Vec<String> {
    let backend = db.read().get_database_backend();
    let statement = Statement::from_string(backend, "SELECT name FROM mark ORDER BY name");
    let rows = db.read().query_all_raw(statement).await.expect("the database answers");
    rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
}

/// An effect that holds its transaction, and so the writer, until it is let go.
#[derive(Clone, Debug, Default)]
pub struct Hold {
    entered: Arc<Notify>,
    go: Arc<Notify>,
}

impl Effect for Hold {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async {
            if write.tx().get_database_backend() == DbBackend::Postgres {
                // Claims wait too, as they do on SQLite, where one writes at a time.
                write.tx().execute_unprepared("LOCK TABLE job IN EXCLUSIVE MODE").await?;
            }
            self.entered.notify_one();
            self.go.notified().await;
            Ok(())
        })
    }
}

impl Hold {
    /// Waits until the transaction is held.
    pub async fn entered(&self) {
        self.entered.notified().await;
    }

    pub fn let_go(&self) {
        self.go.notify_one();
    }
}
