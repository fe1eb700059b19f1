//! Leases: keeping jobs that were [claimed](super::claim), settling them, and rescuing those whose holder is gone.
//!
//! All times are the database's, read in the statement that uses them.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use super::JobState;
use crate::clock::{Timestamp, database_now, micros};
use crate::statement::Rows;

/// A job whose lease expired this often is dead: it may be what kills its process. So many that a bad night of restarts, which is
/// not the job's fault, does not end it.
pub const MAX_LOSSES: i32 = 10;

/// The longest lease.
pub const LONGEST: Duration = Duration::from_secs(600);

/// That a job is leased, for statements that come with leases: in these words PostgreSQL looks each up by its key, and does not go
/// through the index of all leases once for each.
const IS_LEASED: &str = "coalesce(job.state, '') = 'leased'";

/// A lease that somebody holds, or thinks to hold.
pub type Held = (i64, i64);

/// Those of the leases, given as job and token, that still hold; their rows are locked until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn held(tx: &impl ConnectionTrait, leases: &[Held]) -> Result<HashSet<Held>, DbErr> {
    Ok(told(tx, leases).await?.into_keys().collect())
}

/// The same, with the number of the last step that was told of each job.
///
/// # Errors
/// When the database does not answer.
pub async fn told(tx: &impl ConnectionTrait, leases: &[Held]) -> Result<HashMap<Held, i64>, DbErr> {
    let lock =
        if tx.get_database_backend() == DbBackend::Postgres { "ORDER BY job.id FOR NO KEY UPDATE OF job" } else { "" };
    holding(tx, leases, lock).await
}

/// Locks the rows of jobs in their order until the transaction ends. On SQLite there is one writer anyway.
///
/// # Errors
/// When the database does not answer.
pub async fn lock(tx: &impl ConnectionTrait, jobs: &[i64]) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    if jobs.is_empty() || backend != DbBackend::Postgres {
        return Ok(());
    }
    let text = "SELECT FROM job WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";
    tx.execute_raw(Statement::from_sql_and_values(backend, text, [jobs.to_vec().into()])).await.map(drop)
}

/// Those of the leases that hold now; they may be over a moment later.
///
/// # Errors
/// When the database does not answer.
pub async fn seen(db: &impl ConnectionTrait, leases: &[Held]) -> Result<HashSet<Held>, DbErr> {
    Ok(holding(db, leases, "").await?.into_keys().collect())
}

async fn holding(tx: &impl ConnectionTrait, leases: &[Held], lock: &str) -> Result<HashMap<Held, i64>, DbErr> {
    let text = format!(
        "SELECT job.id AS id, job.lease_token AS lease_token, job.told AS told FROM job JOIN {{rows}} AS v \
         ON job.id = v.column1 AND job.lease_token = v.column2 WHERE {IS_LEASED} {lock}"
    );
    let rows = query_leases(tx, leases, &text).await?;
    rows.iter().map(|row| Ok((held_in(row)?, row.try_get("", "told")?))).collect()
}

/// Notes the number of the last step that was told of each job.
///
/// # Errors
/// When the database does not answer.
pub async fn note_told(tx: &impl ConnectionTrait, steps: &HashMap<i64, i64>) -> Result<(), DbErr> {
    let sorted: std::collections::BTreeMap<i64, i64> = steps.iter().map(|(job, number)| (*job, *number)).collect();
    let rows: Rows = sorted.into_iter().map(|(job, number)| [Value::from(job), number.into()]).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let text = "UPDATE job SET told = v.column2 FROM {rows} AS v WHERE job.id = v.column1";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}

/// What a holder learns when it renews a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It is somebody else's, or over.
    Lost,
    Held,
    /// It holds, and somebody has asked for the job to be stopped.
    Stop,
}

/// Moves the deadlines of the leases; those that still hold.
///
/// # Errors
/// When the database does not answer.
pub async fn renew(
    tx: &impl ConnectionTrait,
    leases: &[Held],
    lease: Duration,
) -> Result<HashMap<Held, Renewal>, DbErr> {
    let text = format!(
        "UPDATE job SET lease_until = {now} + {lease} FROM {{rows}} AS v \
         WHERE job.id = v.column1 AND job.lease_token = v.column2 AND {IS_LEASED} \
         RETURNING job.id AS id, job.lease_token AS lease_token, job.stop_at IS NOT NULL AS stop",
        now = database_now(tx.get_database_backend()),
        lease = micros(lease),
    );
    let rows = query_leases(tx, leases, &text).await?;
    let renewed = |row: &QueryResult| {
        let stop = row.try_get::<bool>("", "stop")?;
        Ok((held_in(row)?, if stop { Renewal::Stop } else { Renewal::Held }))
    };
    rows.iter().map(renewed).collect()
}

fn held_in(row: &QueryResult) -> Result<Held, DbErr> {
    Ok((row.try_get("", "id")?, row.try_get("", "lease_token")?))
}

async fn query_leases(tx: &impl ConnectionTrait, leases: &[Held], text: &str) -> Result<Vec<QueryResult>, DbErr> {
    let sorted: std::collections::BTreeSet<Held> = leases.iter().copied().collect();
    let rows: Rows = sorted.into_iter().map(|(job, token)| [Value::from(job), token.into()]).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await
}

/// How a lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    Done,
    /// The body failed, and is tried again after that long.
    Retry {
        error: String,
        delay: Duration,
    },
    /// The body failed for the last time.
    Dead {
        error: String,
    },
    /// Given back unharmed, to be done by somebody else after that long; counts as nothing.
    Release {
        reason: String,
        delay: Duration,
    },
    /// Somebody who may has stopped it.
    Cancelled {
        reason: String,
    },
}

impl Settlement {
    /// Where it leads, unless the job's key is taken in the queue to which it goes back.
    #[must_use]
    pub fn state(&self) -> JobState {
        match self {
            Self::Done => JobState::Done,
            Self::Retry { .. } | Self::Release { .. } => JobState::Queued,
            Self::Dead { .. } => JobState::Dead,
            Self::Cancelled { .. } => JobState::Cancelled,
        }
    }

    fn error(&self) -> Option<String> {
        // PostgreSQL's texts cannot hold U+0000, and an error may quote what a program wrote.
        let clean = |text: &String| Some(text.replace('\0', "\u{FFFD}"));
        match self {
            Self::Done => None,
            Self::Retry { error, .. } | Self::Dead { error } => clean(error),
            Self::Release { reason, .. } | Self::Cancelled { reason } => clean(reason),
        }
    }

    /// How much later the job is due again.
    #[must_use]
    pub fn delay(&self) -> Duration {
        match self {
            Self::Retry { delay, .. } | Self::Release { delay, .. } => *delay,
            _ => Duration::ZERO,
        }
    }

    /// How many failures of the body it counts as.
    #[must_use]
    pub fn failures(&self) -> i32 {
        i32::from(matches!(self, Self::Retry { .. } | Self::Dead { .. }))
    }
}

/// A job after it was settled or rescued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub id: i64,
    /// The position that is reserved for the event which says so.
    pub head: i64,
    pub state: JobState,
    pub lane: String,
    pub attempt: i32,
    pub error: Option<String>,
    /// When it ended, if it did.
    pub finished_at: Option<Timestamp>,
    /// Where in its stream, and when, it was claimed, if a lease ended and the job is not done: from now on that is an event of its own.
    pub claimed: Option<(i64, Timestamp)>,
}

/// Whether going back to the queue meets another job with the same key there; that one survives.
const SUPERSEDED: &str =
    "(job.key IS NOT NULL AND EXISTS (SELECT 1 FROM job AS twin WHERE twin.key = job.key AND twin.state = 'queued'))";

/// Ends the leases that still hold and tells which did; for the others nothing happens. Each lease is in the list once.
///
/// # Errors
/// When the database does not answer.
pub async fn settle(
    tx: &impl ConnectionTrait,
    settlements: &[(Held, Settlement)],
) -> Result<Vec<(Held, Moved)>, DbErr> {
    let mut sorted: Vec<&(Held, Settlement)> = settlements.iter().collect();
    sorted.sort_by_key(|(held, _)| *held);
    let rows: Rows = sorted.into_iter().map(|(held, settlement)| settle_row(*held, settlement)).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "UPDATE job SET \
           state = CASE WHEN v.column3 = 'queued' AND {SUPERSEDED} THEN 'cancelled' ELSE v.column3 END, \
           error = coalesce(v.column4, job.error), failures = job.failures + v.column5, run_at = {now} + v.column6, \
           postponed = v.column6 > 0, \
           finished_at = CASE WHEN v.column3 = 'queued' AND NOT {SUPERSEDED} THEN NULL ELSE {now} END, \
           lease_until = NULL, holder = NULL, head = job.head + 1 \
         FROM {{rows}} AS v \
         WHERE job.id = v.column1 AND job.lease_token = v.column2 AND {IS_LEASED} \
         RETURNING {ENDED}, job.lease_token AS lease_token",
        now = database_now(tx.get_database_backend()),
    );
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), &text)).await?;
    // The token stays in the row, to tell here whose settlement it was. It opens nothing: the job is not leased any more.
    found
        .iter()
        .map(|row| {
            let moved = ended(row)?;
            Ok(((moved.id, row.try_get("", "lease_token")?), moved))
        })
        .collect()
}

/// Those of the leases whose end was stored before, as the jobs are now: who asks again has not heard the answer.
///
/// # Errors
/// When the database does not answer.
pub async fn settled(tx: &impl ConnectionTrait, leases: &[Held]) -> Result<Vec<(Held, Moved)>, DbErr> {
    let text = format!(
        "SELECT {ENDED}, job.lease_token AS lease_token FROM job JOIN {{rows}} AS v \
         ON job.id = v.column1 AND job.lease_token = v.column2 WHERE job.state <> 'leased'"
    );
    let rows = query_leases(tx, leases, &text).await?;
    rows.iter().map(|row| Ok((held_in(row)?, ended(row)?))).collect()
}

fn settle_row((job, token): Held, settlement: &Settlement) -> Vec<Value> {
    vec![
        job.into(),
        token.into(),
        settlement.state().word().into(),
        settlement.error().into(),
        settlement.failures().into(),
        micros(settlement.delay()).into(),
    ]
}

/// What a job's row says after a statement that ended its lease.
const ENDED: &str = "job.id AS id, job.state AS state, job.lane AS lane, job.attempt AS attempt, job.error AS error, \
     job.head AS head, job.finished_at AS finished_at, job.claim_head AS claim_head, job.started_at AS started_at";

fn ended(row: &QueryResult) -> Result<Moved, DbErr> {
    let position: Option<i64> = row.try_get("", "claim_head")?;
    let at: Option<Timestamp> = row.try_get("", "started_at")?;
    let moved = moved(row)?;
    let claimed = position.zip(at).filter(|_| moved.state != JobState::Done);
    Ok(Moved { finished_at: row.try_get("", "finished_at")?, claimed, ..moved })
}

pub(super) fn moved(row: &QueryResult) -> Result<Moved, DbErr> {
    Ok(Moved {
        id: row.try_get("", "id")?,
        head: row.try_get("", "head")?,
        state: row.try_get("", "state")?,
        lane: row.try_get("", "lane")?,
        attempt: row.try_get("", "attempt")?,
        error: row.try_get("", "error")?,
        finished_at: None,
        claimed: None,
    })
}

/// Whose leases are to be taken away.
#[derive(Clone, Debug)]
pub enum Rescue {
    /// Those whose deadline has passed, or is further away than any lease is long: then the clock has stepped back since.
    Expired,
    /// Those of every process but this one. Only for a process that knows that it is the only one.
    AllBut(String),
}

impl Rescue {
    fn condition(&self, backend: DbBackend) -> (String, Vec<Value>) {
        match self {
            Self::Expired => {
                let now = database_now(backend);
                let expired = format!("(job.lease_until < {now} OR job.lease_until > {now} + {})", micros(LONGEST));
                (expired, Vec::new())
            }
            Self::AllBut(holder) => ("job.holder <> $1".to_owned(), vec![holder.clone().into()]),
        }
    }
}

/// The jobs whose leases are to be taken away.
///
/// # Errors
/// When the database does not answer.
pub async fn gone(db: &impl ConnectionTrait, whose: &Rescue) -> Result<Vec<i64>, DbErr> {
    let (gone, values) = whose.condition(db.get_database_backend());
    let text = format!("SELECT job.id AS id FROM job WHERE job.state = 'leased' AND {gone} ORDER BY job.id");
    let rows = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), text, values)).await?;
    rows.iter().map(|row| row.try_get("", "id")).collect()
}

/// Takes back the leases of holders that are gone, of all jobs or of one. A job that was lost [`MAX_LOSSES`] times is dead.
///
/// # Errors
/// When the database does not answer.
pub async fn rescue(tx: &impl ConnectionTrait, whose: &Rescue, only: Option<i64>) -> Result<Vec<Moved>, DbErr> {
    let backend = tx.get_database_backend();
    let now = database_now(backend);
    let (gone, values) = whose.condition(backend);
    let only = only.map_or(String::new(), |job| format!("AND job.id = {job}"));
    let text = format!(
        "UPDATE job SET losses = job.losses + 1, run_at = {now}, postponed = FALSE, lease_token = NULL, lease_until = NULL, holder = NULL, \
           head = job.head + 1, error = 'the process that worked on it ended or did not answer', \
           state = CASE WHEN job.losses + 1 >= {MAX_LOSSES} THEN 'dead' WHEN {SUPERSEDED} THEN 'cancelled' ELSE 'queued' END, \
           finished_at = CASE WHEN job.losses + 1 >= {MAX_LOSSES} OR {SUPERSEDED} THEN {now} ELSE NULL END \
         WHERE job.state = 'leased' AND {gone} {only} \
         RETURNING {ENDED}",
    );
    let found = tx.query_all_raw(Statement::from_sql_and_values(backend, text, values)).await?;
    found.iter().map(ended).collect()
}

/// Has all leases run out, and forgets that any were lost: their holders are those of another life, which was not the jobs' fault.
///
/// # Errors
/// When the database does not answer.
pub async fn end_all(tx: &impl ConnectionTrait) -> Result<(), DbErr> {
    let text = "UPDATE job SET lease_until = 0, losses = 0 WHERE state = 'leased'";
    tx.execute_raw(Statement::from_string(tx.get_database_backend(), text)).await.map(drop)
}
