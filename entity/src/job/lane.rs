//! Whose turn it is within a lane: virtual time, so that courses share a lane however much one of them enqueues.
//!
//! A job's rank is the larger of the lane's floor and the last rank of its course, plus its cost. The floor is the highest
//! rank that was ever claimed, so that a course that was idle neither saves up a privilege nor pays for the past.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::statement::Rows;

/// What one job costs its course in virtual time.
const COST: i64 = 1_000;
/// Jobs without a course share as one.
const NO_COURSE: i64 = 0;

/// The ranks of new jobs, given as lane and course, in their order. Locks the shares in the order of their keys.
///
/// # Errors
/// When the database does not answer.
pub async fn stamp(tx: &impl ConnectionTrait, jobs: Vec<(&'static str, Option<i64>)>) -> Result<Vec<i64>, DbErr> {
    let jobs: Vec<(&str, i64)> = jobs.into_iter().map(|(lane, course)| (lane, course.unwrap_or(NO_COURSE))).collect();
    let mut counts: BTreeMap<(&str, i64), i64> = BTreeMap::new();
    for share in &jobs {
        *counts.entry(*share).or_default() += 1;
    }
    let mut next = advance(tx, &counts).await?;
    let mut rank = |share: &(&str, i64)| {
        let rank = next.get_mut(&(share.0.to_owned(), share.1));
        rank.map_or(0, |rank| {
            *rank += COST;
            *rank
        })
    };
    Ok(jobs.iter().map(&mut rank).collect())
}

/// Moves the shares on by what was enqueued; the ranks from which to count.
async fn advance(
    tx: &impl ConnectionTrait,
    counts: &BTreeMap<(&str, i64), i64>,
) -> Result<BTreeMap<(String, i64), i64>, DbErr> {
    let rows: Rows = counts
        .iter()
        .map(|((lane, course), count)| -> Vec<Value> { vec![(*lane).into(), (*course).into(), (count * COST).into()] })
        .collect();
    let text = "INSERT INTO lane_share (lane, course_id, last) \
         SELECT v.column1, v.column2, v.column3 + coalesce((SELECT floor FROM lane WHERE lane.name = v.column1), 0) \
           FROM (VALUES {rows}) AS v WHERE true \
         ON CONFLICT (lane, course_id) DO UPDATE SET last = CASE \
           WHEN lane_share.last < coalesce((SELECT floor FROM lane WHERE lane.name = excluded.lane), 0) THEN excluded.last \
           ELSE excluded.last - coalesce((SELECT floor FROM lane WHERE lane.name = excluded.lane), 0) + lane_share.last END \
         RETURNING lane, course_id, last";
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
    let mut starts = BTreeMap::new();
    for row in found {
        let (lane, course): (String, i64) = (row.try_get("", "lane")?, row.try_get("", "course_id")?);
        let last: i64 = row.try_get("", "last")?;
        let count = counts.get(&(lane.as_str(), course)).copied().unwrap_or(0);
        starts.insert((lane, course), last - count * COST);
    }
    Ok(starts)
}

/// Raises the floor of a lane to the highest rank that was claimed.
///
/// # Errors
/// When the database does not answer.
pub async fn raise_floor(tx: &impl ConnectionTrait, lane: &str, claimed: i64) -> Result<(), DbErr> {
    let text = "INSERT INTO lane (name, floor) VALUES {rows} \
         ON CONFLICT (name) DO UPDATE SET floor = excluded.floor WHERE lane.floor < excluded.floor";
    let rows: Rows = [vec![Value::from(lane), claimed.into()]].into_iter().collect();
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}
