//! How the lanes are: what waits in them and for how long, who works them, whether somebody has paused them.
//!
//! Everybody in the process who asks within a second gets the same answer, so that many who look cost the database no more
//! than one. None of its statements reads a job that has ended well. Of this process it is known how it is now; the others have told it
//! some seconds ago.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use entity::clock::{Timestamp, read_database_clock};
use entity::identity::user;
use entity::job::claim::SUSPECT_LOSSES;
use entity::job::control::{self, Pause};
use entity::job::lane::NO_COURSE;
use entity::job::reason::Around;
use entity::job::waiting::{self, Depth, Histogram, Waited, Worked};
use entity::job::worker::{self, Worker};
use entity::job::{JobState, Model, place};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::lane_names;
use crate::deps::Deps;

/// For how long an answer is good.
const FRESH: Duration = Duration::from_secs(1);

/// What was seen last. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Sight(Arc<Mutex<Option<Seen>>>);

/// What came of looking, and when.
type Seen = (Instant, Result<Arc<Lanes>, DbErr>);

impl Sight {
    /// How the lanes are, at most a second ago. Those who wait for a database that does not answer wait for it together, not one
    /// after the other.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn look(&self, deps: &Deps) -> Result<Arc<Lanes>, DbErr> {
        let mut last = self.0.lock().await;
        if let Some((_, seen)) = last.as_ref().filter(|(when, _)| when.elapsed() < FRESH) {
            return seen.clone();
        }
        let seen = Lanes::read(deps).await.map(Arc::new);
        *last = Some((Instant::now(), seen.clone()));
        seen
    }

    /// How the lanes are now, for the few who steer by it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn look_now(&self, deps: &Deps) -> Result<Arc<Lanes>, DbErr> {
        self.forget().await;
        self.look(deps).await
    }

    /// Somebody has changed something: who looks next sees it.
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

/// All lanes at one moment.
#[derive(Clone, Debug)]
pub struct Lanes {
    /// The database's time when they were read, and when that was.
    now: Timestamp,
    read_at: Instant,
    names: BTreeSet<String>,
    pauses: BTreeMap<String, Pause>,
    /// The names of those who paused.
    pausers: HashMap<i64, String>,
    depths: BTreeMap<(String, i64), Depth>,
    waits: BTreeMap<(String, i64), Histogram>,
    work: BTreeMap<String, Worked>,
    pub workers: Vec<Worker>,
}

/// What this process knows of itself and has not told yet.
fn add_own(
    deps: &Deps,
    workers: &mut [Worker],
    waits: &mut BTreeMap<(String, i64), Histogram>,
    work: &mut BTreeMap<String, Worked>,
) {
    if let Some(told) = workers.iter_mut().find(|worker| worker.holder == deps.pulse.holder) {
        told.lanes = deps.pulse.worker().lanes;
    }
    let (waited, worked) = deps.tally.untold();
    for Waited { lane, course, bucket, jobs } in waited {
        waits.entry((lane, course)).or_default().add(bucket, jobs);
    }
    for Worked { lane, jobs, micros } in worked {
        let told = work.entry(lane.clone()).or_insert(Worked { lane, ..Worked::default() });
        (told.jobs, told.micros) = (told.jobs + jobs, told.micros + micros);
    }
}

/// One lane, for the whole site or for one course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    pub name: String,
    pub pause: Option<Pause>,
    /// The slots of all processes that work it.
    pub slots: i64,
    /// How many of them are taken, by any course.
    pub busy: i64,
    pub depth: Depth,
    /// How long half of those waited that were begun in the last minutes, in microseconds.
    pub p50: Option<i64>,
    /// How long nearly all of them waited at most, in microseconds.
    pub p99: Option<i64>,
    /// How many were begun in the last minutes.
    pub begun: i64,
    /// The processes that work it.
    pub workers: Vec<Worker>,
}

impl Lanes {
    async fn read(deps: &Deps) -> Result<Self, DbErr> {
        let db = deps.db.read();
        let mut workers = worker::here(db).await?;
        let (pauses, depths) = (control::pauses(db).await?, waiting::depths(db).await?);
        let (mut waits, mut work) = (waiting::waits(db).await?, waiting::work(db).await?);
        add_own(deps, &mut workers, &mut waits, &mut work);
        let people: BTreeSet<i64> = pauses.values().filter_map(|pause| pause.by).collect();
        let pausers = match people.is_empty() {
            true => Vec::new(),
            false => user::Entity::find().filter(user::Column::Id.is_in(people)).all(db).await?,
        };
        let now = read_database_clock(db).await?;
        let seen = depths.keys().map(|(lane, _)| lane.as_str()).chain(pauses.keys().map(String::as_str));
        let worked = workers.iter().flat_map(|worker| worker.lanes.iter().map(|lane| lane.name.as_str()));
        let names = seen.chain(worked).chain(lane_names(deps)).map(str::to_owned).collect();
        let pausers = pausers.into_iter().map(|user| (user.id, user.name)).collect();
        let read_at = Instant::now();
        Ok(Self { now, read_at, names, pauses, pausers, depths, waits, work, workers })
    }

    /// Every lane; what waits and has waited in it of the whole site, or of one course.
    #[must_use]
    pub fn of(&self, course: Option<i64>) -> Vec<Lane> {
        self.names.iter().map(|name| self.lane(name, course)).collect()
    }

    /// The database's time, as far as it is known.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now + self.read_at.elapsed()
    }

    fn lane(&self, name: &str, course: Option<i64>) -> Lane {
        let is_wanted = |key: &(String, i64)| key.0 == name && course.is_none_or(|course| key.1 == course);
        let (mut depth, mut waits) = (Depth::default(), Histogram::default());
        self.depths.iter().filter(|(key, _)| is_wanted(key)).for_each(|(_, part)| depth.merge(part));
        self.waits.iter().filter(|(key, _)| is_wanted(key)).for_each(|(_, part)| waits.merge(part));
        let workers: Vec<Worker> = self.workers.iter().filter(|worker| worker.at(name).is_some()).cloned().collect();
        let at = || workers.iter().filter_map(|worker| worker.at(name));
        Lane {
            name: name.to_owned(),
            pause: self.pauses.get(name).cloned(),
            slots: at().map(|lane| lane.slots).sum(),
            busy: at().map(|lane| lane.busy).sum(),
            depth,
            p50: waits.percentile(50),
            p99: waits.percentile(99),
            begun: waits.jobs(),
            workers,
        }
    }

    /// The waiting times of the last minutes, by lane and course.
    pub fn waits(&self) -> impl Iterator<Item = (&str, Option<i64>, &Histogram)> {
        let course = |course: i64| (course != NO_COURSE).then_some(course);
        self.waits.iter().map(move |((lane, key), waited)| (lane.as_str(), course(*key), waited))
    }

    /// The name of who paused a lane, if a person did.
    #[must_use]
    pub fn pauser(&self, pause: &Pause) -> Option<&String> {
        pause.by.and_then(|by| self.pausers.get(&by))
    }

    /// What is around a job, but for the one with its key.
    #[must_use]
    pub fn around(&self, job: &Model, twin: Option<i64>) -> Around {
        let at = || self.workers.iter().filter_map(|worker| worker.at(&job.lane));
        let well = at().any(|lane| lane.broken.is_none());
        let paused = self.pauses.get(&job.lane).cloned();
        Around {
            now: self.now(),
            paused_by: paused.as_ref().and_then(|pause| self.pauser(pause)).cloned(),
            paused,
            worked: at().any(|lane| !lane.draining),
            known: self.workers.iter().any(|worker| worker.works(&job.lane, &job.kind, job.version)),
            broken: at().find_map(|lane| lane.broken.clone()).filter(|_| !well),
            twin,
        }
    }

    /// When a job that waits is likely to begin, given how many go before it: by how long bodies took in the last minutes, and
    /// how many slots there are. None when nobody can tell.
    #[must_use]
    pub fn estimate(&self, job: &Model, ahead: i64, around: &Around) -> Option<Timestamp> {
        let stands = around.paused.is_some() || !around.known || around.twin.is_some();
        if job.state != JobState::Queued || stands || ahead >= place::FAR || job.losses >= SUSPECT_LOSSES {
            return None;
        }
        let lane = self.lane(&job.lane, None);
        let now = self.now();
        let due = job.run_at.max(now);
        if ahead + lane.busy < lane.slots {
            return Some(due);
        }
        let work = self.work.get(&job.lane).filter(|work| work.jobs > 0)?;
        let mean = work.micros / work.jobs;
        // Of those that run, the average is half done.
        let wait = mean.saturating_mul(2 * ahead + 1) / (2 * lane.slots.max(1));
        Some(due.max(Timestamp(now.0.saturating_add(wait))))
    }
}
