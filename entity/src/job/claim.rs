//! Claiming: which queued jobs of a lane are whose turn, and leasing them.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait, Statement, Value};

use super::Model;
use crate::clock::{database_now, micros};

/// A job that was lost this often is worked on alone, so that it takes nobody with it if it is what kills its process.
pub const SUSPECT_LOSSES: i32 = 2;

/// What is to be claimed.
#[derive(Clone, Debug)]
pub struct Claim {
    pub lane: &'static str,
    /// The kinds that the claiming process knows, with their versions.
    pub kinds: Vec<(&'static str, i32)>,
    pub which: Which,
    pub holder: String,
    pub lease_token: i64,
    pub lease: Duration,
}

/// Which jobs of a lane are to be claimed, and how many at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The best, but of those that nobody waits for only so many.
    Best { slots: u64, batch: u64 },
    /// The same, but only of these, if they have no key and nobody waits before them.
    Own { jobs: Vec<i64>, slots: u64, batch: u64 },
    /// Only such that nobody waits for.
    Batch { slots: u64 },
    /// One of those that are to be worked on [alone](SUSPECT_LOSSES).
    Suspect,
}

/// Leases up to so many jobs of a lane, best first. A job waits while another with its key is leased.
///
/// One statement, so that a job is begun as soon as can be: the event that says so is in the job's row until the lease ends, and
/// the lane's floor is for the caller to [raise](super::lane::raise_floor) when the jobs have begun.
///
/// # Errors
/// When the database does not answer.
pub async fn claim(tx: &impl ConnectionTrait, claim: &Claim) -> Result<Vec<Model>, DbErr> {
    let statement = claim_statement(tx.get_database_backend(), claim);
    let mut jobs = super::Entity::find().from_raw_sql(statement).all(tx).await?;
    jobs.sort_by_key(|job| (job.class, job.rank, job.id));
    Ok(jobs)
}

/// Moves jobs of a lane whose time has come among those that are claimed. How many there were.
///
/// # Errors
/// When the database does not answer.
pub async fn due(tx: &impl ConnectionTrait, lane: &str) -> Result<u64, DbErr> {
    let backend = tx.get_database_backend();
    // Who holds one of them may be frozen: the lane does not wait for it.
    let skip_locked = if backend == DbBackend::Postgres { "ORDER BY id FOR UPDATE SKIP LOCKED" } else { "" };
    let text = format!(
        "UPDATE job SET postponed = FALSE WHERE id IN (SELECT id FROM job \
           WHERE lane = $1 AND state = 'queued' AND postponed AND run_at <= {now} {skip_locked})",
        now = database_now(backend),
    );
    Ok(tx.execute_raw(Statement::from_sql_and_values(backend, text, [lane.into()])).await?.rows_affected())
}

/// The statement that claims. To be seen by those who ask for its plan.
#[must_use]
pub fn claim_statement(backend: DbBackend, claim: &Claim) -> Statement {
    let mut values: Vec<Value> =
        vec![claim.lane.into(), claim.holder.clone().into(), claim.lease_token.into(), micros(claim.lease).into()];
    let skip_locked = if backend == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    // PostgreSQL need not look for a row again that it has just locked. One that somebody changed in between is at another place
    // then, and is left for the next claim.
    let (name, chosen) = match backend {
        DbBackend::Postgres => ("ctid", "ctid = ANY(ARRAY(SELECT ctid FROM best))"),
        _ => ("id", "id IN (SELECT id FROM best)"),
    };
    let candidates = candidates(backend, claim, name, skip_locked, &mut values);
    let limit = |limit: u64| i64::try_from(limit).unwrap_or(i64::MAX).into();
    let place = values.len() + 1;
    // Materialized: a plan that ran the inner part again would lease more than was asked for.
    let best = match &claim.which {
        Which::Best { slots, batch } | Which::Own { slots, batch, .. } if batch < slots => {
            values.extend([limit(*slots), limit(*batch)]);
            let first = candidates("AND candidate.class = 0", &format!("${place}"));
            let rest = format!("${place} - (SELECT count(*) FROM first)");
            let fewer = format!("CASE WHEN {rest} < ${batch} THEN {rest} ELSE ${batch} END", batch = place + 1);
            let then = candidates("AND candidate.class > 0", &fewer);
            format!(
                "WITH first AS MATERIALIZED ({first}), rest AS MATERIALIZED ({then}), \
                   best AS (SELECT {name} FROM first UNION ALL SELECT {name} FROM rest)"
            )
        }
        Which::Best { slots, .. } | Which::Own { slots, .. } => {
            values.push(limit(*slots));
            format!("WITH best AS MATERIALIZED ({})", candidates("", &format!("${place}")))
        }
        Which::Batch { slots } => {
            values.push(limit(*slots));
            format!("WITH best AS MATERIALIZED ({})", candidates("AND candidate.class > 0", &format!("${place}")))
        }
        Which::Suspect => format!("WITH best AS MATERIALIZED ({})", candidates("", "1")),
    };
    let text = format!(
        "{best} UPDATE job SET state = 'leased', holder = $2, lease_token = $3, lease_until = {now} + $4, attempt = attempt + 1, \
           started_at = {now}, waited = CASE WHEN run_at < {now} THEN {now} - run_at ELSE 0 END, head = head + 1, claim_head = head + 1 \
         WHERE {chosen} RETURNING *",
        now = database_now(backend),
    );
    Statement::from_sql_and_values(backend, text, values)
}

/// The query for the names of the jobs that can be claimed, best first, given one more condition and a limit.
fn candidates(
    backend: DbBackend,
    claim: &Claim,
    name: &'static str,
    lock: &'static str,
    values: &mut Vec<Value>,
) -> impl Fn(&str, &str) -> String + use<> {
    // Plain comparisons, so that PostgreSQL knows that nearly all jobs of a lane match, and reads them in their order.
    let mut kinds = Vec::new();
    for (kind, version) in &claim.kinds {
        let place = values.len();
        kinds.push(format!("candidate.kind = ${} AND candidate.version = ${}", place + 1, place + 2));
        values.extend([Value::from(*kind), (*version).into()]);
    }
    let kinds = if kinds.is_empty() { "false".to_owned() } else { kinds.join(" OR ") };
    let suspects = if claim.which == Which::Suspect { ">=" } else { "<" };
    let turn = match &claim.which {
        Which::Own { jobs, .. } => {
            let own = own(backend, jobs, values);
            format!(
                "candidate.key IS NULL AND candidate.id {own} AND NOT EXISTS (SELECT 1 FROM job AS earlier \
                   WHERE earlier.lane = $1 AND earlier.state = 'queued' AND NOT earlier.postponed AND NOT earlier.id {own} \
                     AND (earlier.class, earlier.rank, earlier.id) < (candidate.class, candidate.rank, candidate.id))"
            )
        }
        _ => "(candidate.key IS NULL OR NOT EXISTS (SELECT 1 FROM job AS twin \
                WHERE twin.key = candidate.key AND twin.state = 'leased'))"
            .to_owned(),
    };
    let now = database_now(backend);
    move |condition, limit| {
        format!(
            "SELECT candidate.{name} FROM job AS candidate \
             WHERE candidate.lane = $1 AND candidate.state = 'queued' AND NOT candidate.postponed AND candidate.run_at <= {now} {condition} \
               AND ({kinds}) AND candidate.losses {suspects} {SUSPECT_LOSSES} \
               AND NOT EXISTS (SELECT 1 FROM lane WHERE lane.name = $1 AND lane.paused_at IS NOT NULL) \
               AND {turn} \
             ORDER BY candidate.class, candidate.rank, candidate.id LIMIT {limit} {lock}"
        )
    }
}

/// The condition that a key is one of these, in a text that is the same however many they are.
fn own(backend: DbBackend, jobs: &[i64], values: &mut Vec<Value>) -> String {
    let place = values.len() + 1;
    if backend == DbBackend::Postgres {
        values.push(jobs.to_vec().into());
        format!("= ANY(${place})")
    } else {
        values.push(serde_json::json!(jobs).to_string().into());
        format!("IN (SELECT value FROM json_each(${place}))")
    }
}

/// Whether such a claim would find a job now.
///
/// # Errors
/// When the database does not answer.
pub async fn would_find(db: &impl ConnectionTrait, claim: &Claim) -> Result<bool, DbErr> {
    let backend = db.get_database_backend();
    let mut values = vec![claim.lane.into()];
    let text = candidates(backend, claim, "id", "", &mut values)("", "1");
    Ok(db.query_one_raw(Statement::from_sql_and_values(backend, text, values)).await?.is_some())
}
