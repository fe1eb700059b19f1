//! The processes that work or serve, as they were heard of last.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};
use serde::{Deserialize, Serialize};

use crate::clock::{Timestamp, database_now, micros};

/// The longest time between two signs of life of a process.
const LONGEST: Duration = Duration::from_secs(5);
/// After so many of them that were not heard a process counts as gone.
const MISSED: u32 = 3;
/// Microseconds of silence after which a process counts as gone that does not say how often it is to be heard of, being older.
const UNTOLD: i64 = 20_000_000;
/// Microseconds after which its row is forgotten.
const FORGOTTEN: i64 = 3_600_000_000;

/// How often a process is to be heard of. It says so itself, since not all need have the same settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// Between two signs of life.
    pub beat: Duration,
    /// The silence after which it counts as gone.
    pub silence: Duration,
}

impl Rhythm {
    /// That of a process with such leases: it counts as gone when its leases end, or after 15 s if they are longer.
    #[must_use]
    pub fn of(lease: Duration) -> Self {
        let silence = lease.min(LONGEST * MISSED);
        Self { beat: silence / MISSED, silence }
    }
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// Its name in the rows of jobs.
    pub holder: String,
    pub host: String,
    pub pid: i64,
    /// What it is for: `serve`, `work`, `command`.
    pub role: String,
    /// Of Lectern.
    pub version: String,
    pub lanes: Vec<WorkedLane>,
    pub kinds: Vec<KnownKind>,
    pub started_at: Timestamp,
    /// When it was heard of last, by the database's time.
    pub seen_at: Timestamp,
    /// After how long a silence it counts as gone.
    pub silence: Duration,
}

/// A lane as one process works it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkedLane {
    pub name: String,
    pub slots: i64,
    pub busy: i64,
    /// It claims nothing any more: its process stops.
    pub draining: bool,
    /// Why the process cannot work it, if so.
    pub broken: Option<String>,
}

/// A kind of job that a process can work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownKind {
    pub name: String,
    pub version: i32,
    pub lane: String,
}

impl Worker {
    /// Whether it works jobs of this kind and version there, now.
    #[must_use]
    pub fn works(&self, lane: &str, kind: &str, version: i32) -> bool {
        let known = |known: &KnownKind| known.lane == lane && known.name == kind && known.version == version;
        self.at(lane).is_some_and(|at| !at.draining && at.broken.is_none()) && self.kinds.iter().any(known)
    }

    /// How it works that lane, if it does.
    #[must_use]
    pub fn at(&self, lane: &str) -> Option<&WorkedLane> {
        self.lanes.iter().find(|at| at.name == lane)
    }
}

/// Says that a process is there, and how. The database's time, in microseconds.
///
/// # Errors
/// When the database does not answer.
pub async fn beat(tx: &impl ConnectionTrait, worker: &Worker) -> Result<i64, DbErr> {
    let backend = tx.get_database_backend();
    let text = format!(
        "INSERT INTO worker (holder, host, pid, role, version, lanes, kinds, started_at, silence, seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, {now}) \
         ON CONFLICT (holder) DO UPDATE SET lanes = excluded.lanes, kinds = excluded.kinds, seen_at = excluded.seen_at \
         RETURNING seen_at",
        now = database_now(backend)
    );
    let values = [
        worker.holder.clone().into(),
        worker.host.clone().into(),
        worker.pid.into(),
        worker.role.clone().into(),
        worker.version.clone().into(),
        json(&worker.lanes)?.into(),
        json(&worker.kinds)?.into(),
        worker.started_at.into(),
        micros(worker.silence).into(),
    ];
    let row = tx.query_one_raw(Statement::from_sql_and_values(backend, text, values)).await?;
    row.ok_or_else(|| DbErr::RecordNotInserted)?.try_get("", "seen_at")
}

fn json(value: &impl Serialize) -> Result<serde_json::Value, DbErr> {
    serde_json::to_value(value).map_err(|error| DbErr::Json(error.to_string()))
}

/// Forgets a process that has ended in order.
///
/// # Errors
/// When the database does not answer.
pub async fn leave(tx: &impl ConnectionTrait, holder: &str) -> Result<(), DbErr> {
    let statement = "DELETE FROM worker WHERE holder = $1";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), statement, [holder.into()]);
    tx.execute_raw(statement).await.map(drop)
}

/// The processes that are there, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn here(db: &impl ConnectionTrait) -> Result<Vec<Worker>, DbErr> {
    let backend = db.get_database_backend();
    let text = format!(
        "SELECT * FROM worker WHERE seen_at > {} - coalesce(silence, {UNTOLD}) ORDER BY started_at, holder",
        database_now(backend)
    );
    db.query_all_raw(Statement::from_string(backend, text)).await?.iter().map(worker).collect()
}

fn worker(row: &QueryResult) -> Result<Worker, DbErr> {
    // What a newer version writes there and this one cannot read counts as nothing.
    let list = |column: &str| row.try_get::<serde_json::Value>("", column);
    let silence: Option<i64> = row.try_get("", "silence")?;
    Ok(Worker {
        holder: row.try_get("", "holder")?,
        host: row.try_get("", "host")?,
        pid: row.try_get("", "pid")?,
        role: row.try_get("", "role")?,
        version: row.try_get("", "version")?,
        lanes: serde_json::from_value(list("lanes")?).unwrap_or_default(),
        kinds: serde_json::from_value(list("kinds")?).unwrap_or_default(),
        started_at: row.try_get("", "started_at")?,
        seen_at: row.try_get("", "seen_at")?,
        silence: Duration::from_micros(silence.unwrap_or(UNTOLD).unsigned_abs()),
    })
}

/// Forgets all, as in a database that was copied: none of them is there.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_all(tx: &impl ConnectionTrait) -> Result<(), DbErr> {
    tx.execute_raw(Statement::from_string(tx.get_database_backend(), "DELETE FROM worker")).await.map(drop)
}

/// Forgets those that have not been heard of for an hour.
///
/// # Errors
/// When the database does not answer.
pub async fn prune(tx: &impl ConnectionTrait) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    let text = format!("DELETE FROM worker WHERE seen_at < {} - {FORGOTTEN}", database_now(backend));
    tx.execute_raw(Statement::from_string(backend, text)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::{Duration, Rhythm};

    #[test]
    fn a_process_counts_as_gone_when_its_leases_end() {
        let silence = |lease| Rhythm::of(Duration::from_secs(lease)).silence.as_secs();
        assert_eq!([2, 15, 600].map(silence), [2, 15, 15]);
        assert_eq!(Rhythm::of(Duration::from_secs(3)).beat, Duration::from_secs(1));
    }
}
