//! A transaction with what follows from it: events that go to their streams just before the commit, bells that ring just after.

use std::collections::{BTreeMap, BTreeSet};

use entity::clock::Timestamp;
use entity::id::{self, Kind};
use entity::job::event::{self, Event, NewEvent, Reserved, Stream};
use entity::job::lane::Shares;
use entity::job::queue::{self, Enqueued, NewJob, Repeat};
use entity::job::{self, cancel};
use sea_orm::{DbErr, EntityTrait, RuntimeErr};
use serde_json::json;

use crate::bell::Bell;
use crate::database::{Database, Promise, Transaction, Turn};
use crate::deps::Deps;
use crate::kinds::{self, Known};
use crate::lane::AtOnce;
use crate::writer::announce;

/// An open transaction. Dropped without [`commit`](Self::commit), nothing of it has happened.
#[derive(Debug)]
pub struct Write {
    pub(crate) turn: Turn,
    kinds: Known,
    bell: Bell,
    /// The time that all rows of this transaction carry.
    pub now: Timestamp,
    events: Vec<NewEvent>,
    reserved: Reserved,
    /// Events that have their places already.
    placed: Vec<Event>,
    pub(crate) shares: Shares,
    lanes: BTreeSet<String>,
    /// Jobs without a key that were enqueued, by lane.
    keyless: BTreeMap<String, Vec<i64>>,
    runs: BTreeSet<i64>,
    stops: Vec<(String, i64)>,
    rights: bool,
    db: Database,
    runtime: tokio::runtime::Handle,
}

impl Write {
    /// Opens a transaction; on SQLite, when it is this one's turn to write.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin(deps: &Deps) -> Result<Self, DbErr> {
        Self::promising(deps, Promise::Durable).await
    }

    /// Opens a transaction whose commit promises that.
    pub(crate) async fn promising(deps: &Deps, promise: Promise) -> Result<Self, DbErr> {
        let turn = deps.db.begin(promise).await?;
        Ok(Self {
            turn,
            kinds: deps.site.kinds,
            bell: deps.bell.clone(),
            now: deps.clock.now(),
            events: Vec::new(),
            reserved: Reserved::default(),
            placed: Vec::new(),
            shares: Shares::default(),
            lanes: BTreeSet::new(),
            keyless: BTreeMap::new(),
            runs: BTreeSet::new(),
            stops: Vec::new(),
            rights: false,
            db: deps.db.clone(),
            runtime: deps.runtime.clone(),
        })
    }

    /// Where to run statements.
    #[must_use]
    pub fn tx(&self) -> &Transaction {
        &self.turn.tx
    }

    /// Appends an event when the transaction commits.
    pub fn emit(&mut self, stream: Stream, kind: &'static str, data: serde_json::Value) {
        self.events.push(NewEvent::new(stream, kind, data));
    }

    /// Appends the event that says where a statement of this transaction has moved a job, and its head by one.
    pub fn emit_moved(&mut self, job: i64, head: i64, kind: &'static str, data: serde_json::Value) {
        self.reserved.note(job, head);
        self.emit(Stream::Job(job), kind, data);
    }

    /// Has those who follow a job hear what its row says since then.
    pub(crate) fn tell_moved(
        &mut self,
        job: i64,
        head: i64,
        kind: &'static str,
        data: serde_json::Value,
        at: Timestamp,
    ) {
        self.reserved.note(job, head);
        self.events.push(NewEvent { in_row: Some(at), ..NewEvent::new(Stream::Job(job), kind, data) });
    }

    /// Stores an event that has its place already.
    pub(crate) fn keep(&mut self, event: Event) {
        self.placed.push(event);
    }

    /// Rings the bell of a lane when the transaction has committed.
    pub fn ring(&mut self, lane: impl Into<String>) {
        self.lanes.insert(lane.into());
    }

    /// Rings for the readers of a run when the transaction has committed.
    pub fn ring_run(&mut self, run: i64) {
        self.runs.insert(run);
    }

    /// Has everybody's rights looked at anew when the transaction has committed: somebody's are others now, or a sign-in has ended.
    pub fn rights_changed(&mut self) {
        self.rights = true;
    }

    /// Stops a job: cancelled when it returns true, stopped by who works on it soon when it returns false. None: it had ended.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn stop(&mut self, job: i64, reason: &str) -> Result<Option<bool>, DbErr> {
        let Some(moved) = cancel::cancel(&self.turn.tx, job, reason).await? else { return Ok(None) };
        let cancelled = moved.state.is_final();
        if cancelled {
            announce(self, &moved);
        } else {
            self.stops.push((moved.lane, job));
        }
        Ok(Some(cancelled))
    }

    /// Enqueues a job; answers its key, or that of the job that is queued under the same key already.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn enqueue(&mut self, job: NewJob) -> Result<i64, DbErr> {
        let lane = job.lane;
        let replaced = match job.key.as_deref().filter(|_| job.repeat == Repeat::Supersede) {
            Some(key) => cancel::supersede(self.tx(), key).await?,
            None => None,
        };
        let jobs = queue::enqueue(&self.turn.tx, &[job], &mut self.shares).await?;
        let id = jobs.first().map(|job| job.id).ok_or_else(|| DbErr::RecordNotInserted)?;
        self.enqueued(lane, &jobs);
        if let Some(replaced) = replaced {
            self.superseded(&replaced, id).await?;
        }
        Ok(id)
    }

    /// What follows for a job that was to go back and found its place taken. If the other is about the same, nothing does: it does the
    /// work of both.
    pub(crate) async fn gave_way(&mut self, job: i64) -> Result<(), DbErr> {
        let Some(job) = job::Entity::find_by_id(job).one(self.tx()).await? else { return Ok(()) };
        let Some(successor) = cancel::successor(self.tx(), &job).await? else { return Ok(()) };
        cancel::note_successor(self.tx(), job.id, successor.id).await?;
        match kinds::find(self.kinds, &job.kind) {
            Some(kind) if job.subject != successor.subject => (kind.cancelled)(&job).apply(self).await,
            _ => Ok(()),
        }
    }

    /// What follows for a job whose place another took.
    async fn superseded(&mut self, job: &job::Model, successor: i64) -> Result<(), DbErr> {
        cancel::note_successor(self.tx(), job.id, successor).await?;
        if let Some(kind) = kinds::find(self.kinds, &job.kind) {
            (kind.cancelled)(job).apply(self).await?;
        }
        let data = json!({ "attempt": job.attempt, "error": job.error, "successor": id::encode(Kind::Job, successor) });
        self.emit_moved(job.id, job.head, job.state.word(), data);
        Ok(())
    }

    /// Announces jobs that a statement has enqueued.
    pub fn enqueued(&mut self, lane: &str, jobs: &[Enqueued]) {
        for job in jobs {
            match job.head {
                1 => self.tell_moved(job.id, job.head, "queued", json!({}), job.created_at),
                _ => self.emit_moved(job.id, job.head, "queued", json!({})),
            }
        }
        let keyless: Vec<i64> = jobs.iter().filter(|job| job.key.is_none()).map(|job| job.id).collect();
        if !keyless.is_empty() {
            self.keyless.entry(lane.to_owned()).or_default().extend(keyless);
        }
        self.ring(lane);
    }

    /// Claims what can be begun here at once, commits, then begins it and rings.
    ///
    /// # Errors
    /// When the database does not answer. Whether the commit happened is unknown then.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.ready().await?.commit().await
    }

    /// Does all that comes before the commit but for what must be last of all.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn ready(self) -> Result<Ready, DbErr> {
        // What everybody locks, last and in one order.
        self.shares.advance(&self.turn.tx).await?;
        event::keep(&self.turn.tx, &self.placed).await?;
        let events = event::append(&self.turn.tx, &self.events, &self.reserved, self.now).await?;
        Ok(Ready { write: self, events })
    }

    async fn end(self, events: Vec<Event>, at_once: Vec<AtOnce>) -> Result<(), DbErr> {
        let committed = self.turn.commit().await;
        if self.rights {
            self.bell.rights_changed();
        }
        if let Err(error) = committed {
            for claimed in at_once {
                self.runtime.spawn(claimed.begin_if_committed(self.db.clone()));
            }
            return Err(error);
        }
        at_once.into_iter().for_each(AtOnce::begin);
        self.lanes.iter().for_each(|lane| self.bell.ring(lane));
        self.bell.show(events);
        self.runs.iter().for_each(|run| self.bell.ring_run(*run));
        for (lane, job) in &self.stops {
            self.bell.stop(lane, *job);
        }
        Ok(())
    }
}

/// A transaction that has locked what everybody locks.
#[derive(Debug)]
pub(crate) struct Ready {
    write: Write,
    events: Vec<Event>,
}

impl Ready {
    /// Where to run the statements that must be last of all.
    pub fn tx(&self) -> &Transaction {
        self.write.tx()
    }

    /// As [`Write::commit`].
    ///
    /// # Errors
    /// When the database does not answer. Whether the commit happened is unknown then.
    pub async fn commit(self) -> Result<(), DbErr> {
        let Self { write, mut events } = self;
        let mut at_once = Vec::new();
        for (lane, jobs) in &write.keyless {
            at_once.extend(write.bell.claim(&write.turn.tx, lane, jobs).await?);
        }
        events.extend(at_once.iter().flat_map(AtOnce::events));
        if at_once.is_empty() {
            return write.end(events, at_once).await;
        }
        // Of its own: a request that is given up now must not leave jobs that are leased and that nobody begins.
        let runtime = write.runtime.clone();
        let ended = runtime.spawn(write.end(events, at_once)).await;
        ended.unwrap_or_else(|gone| Err(DbErr::Conn(RuntimeErr::Internal(gone.to_string()))))
    }
}
