//! Whose turn it is within a lane: virtual time, so that courses share a lane however much one of them enqueues.
//!
//! A job's rank is the larger of the lane's floor and the last rank of its course, plus its cost. The floor is the highest
//! rank that was ever claimed, so that a course that was idle neither saves up a privilege nor pays for the past.
//!
//! Ranks are given from what can be read, and the courses' shares move on at the end of the transaction: no lock is held while
//! other work is done. Two transactions at the same time may give the same ranks; the shares count both.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

use crate::statement::Rows;

/// What one job costs its course in virtual time.
const COST: i64 = 1_000;
/// Jobs without a course share as one.
pub const NO_COURSE: i64 = 0;

/// What a transaction has enqueued: virtual time by lane and course.
#[derive(Clone, Debug, Default)]
pub struct Shares(BTreeMap<(&'static str, i64), i64>);

impl Shares {
    /// The ranks of new jobs, given as lane and course, in their order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ranks(
        &mut self,
        tx: &impl ConnectionTrait,
        jobs: impl IntoIterator<Item = (&'static str, Option<i64>)>,
    ) -> Result<Vec<i64>, DbErr> {
        let jobs: Vec<(&str, i64)> =
            jobs.into_iter().map(|(lane, course)| (lane, course.unwrap_or(NO_COURSE))).collect();
        let starts = starts(tx, &jobs).await?;
        let mut ranks = Vec::with_capacity(jobs.len());
        for share in jobs {
            let taken = self.0.entry(share).or_default();
            *taken += COST;
            ranks.push(starts.get(&share).copied().unwrap_or(0) + *taken);
        }
        Ok(ranks)
    }

    /// Moves the shares on by what was enqueued, in the order of their keys. To be called when nothing else is to be locked but
    /// the streams.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn advance(&self, tx: &impl ConnectionTrait) -> Result<(), DbErr> {
        let rows: Rows = self
            .0
            .iter()
            .map(|((lane, course), taken)| [Value::from(*lane), (*course).into(), (*taken).into()])
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        let floor = "coalesce((SELECT floor FROM lane WHERE lane.name = excluded.lane), 0)";
        let text = format!(
            "INSERT INTO lane_share (lane, course_id, last) \
             SELECT v.column1, v.column2, v.column3 + coalesce((SELECT floor FROM lane WHERE lane.name = v.column1), 0) \
               FROM {{rows}} AS v WHERE true \
             ON CONFLICT (lane, course_id) DO UPDATE SET last = \
               CASE WHEN lane_share.last < {floor} THEN excluded.last ELSE excluded.last - {floor} + lane_share.last END"
        );
        tx.execute_raw(rows.statement(tx.get_database_backend(), &text)).await.map(drop)
    }
}

/// The virtual times at which the shares stand.
async fn starts(
    tx: &impl ConnectionTrait,
    shares: &[(&'static str, i64)],
) -> Result<BTreeMap<(&'static str, i64), i64>, DbErr> {
    let wanted: BTreeMap<(&str, i64), &(&'static str, i64)> = shares.iter().map(|share| (*share, share)).collect();
    let rows: Rows = wanted.keys().map(|(lane, course)| [Value::from(*lane), (*course).into()]).collect();
    if rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let text = "SELECT v.column1 AS lane, v.column2 AS course_id, lane_share.last AS last, lane.floor AS floor \
         FROM {rows} AS v LEFT JOIN lane ON lane.name = v.column1 \
         LEFT JOIN lane_share ON lane_share.lane = v.column1 AND lane_share.course_id = v.column2";
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
    let mut starts = BTreeMap::new();
    for row in found {
        let (lane, course): (String, i64) = (row.try_get("", "lane")?, row.try_get("", "course_id")?);
        let (last, floor): (Option<i64>, Option<i64>) = (row.try_get("", "last")?, row.try_get("", "floor")?);
        if let Some(share) = wanted.get(&(lane.as_str(), course)) {
            starts.insert(**share, last.unwrap_or(0).max(floor.unwrap_or(0)));
        }
    }
    Ok(starts)
}

/// Raises the floor of a lane to the highest rank that was claimed. If another process is doing so at this moment, it is left to it.
///
/// # Errors
/// When the database does not answer.
pub async fn raise_floor(tx: &impl ConnectionTrait, lane: &str, claimed: i64) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    let values = || [Value::from(lane), claimed.into()];
    let skip_locked = if backend == DbBackend::Postgres { "FOR NO KEY UPDATE SKIP LOCKED" } else { "" };
    let raise = format!(
        "UPDATE lane SET floor = $2 WHERE name = (SELECT name FROM lane WHERE name = $1 AND floor < $2 {skip_locked})"
    );
    let raised = tx.execute_raw(Statement::from_sql_and_values(backend, raise, values())).await?;
    if raised.rows_affected() == 0 {
        let first = "INSERT INTO lane (name, floor) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        tx.execute_raw(Statement::from_sql_and_values(backend, first, values())).await?;
    }
    Ok(())
}
