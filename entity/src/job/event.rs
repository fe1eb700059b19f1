//! What happened, in streams that can be followed from any place without loss or double.
//!
//! A stream's head is advanced by the transaction that appends, as the last lock that it takes. So positions are given in the
//! order of commits, from 1, without gaps, on both databases; a reader that has seen position n waits for n + 1 and nothing else.

use std::collections::BTreeMap;
use std::fmt;

use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};

use crate::clock::Timestamp;
use crate::statement::Rows;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub stream: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// What happened: `leased`, `progress`, `submission.received`.
    pub kind: String,
    /// The particulars; only what we wrote ourselves, never a student's text.
    #[sea_orm(column_type = "Json")]
    pub data: serde_json::Value,
    pub at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A stream of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// What happens to one job.
    Job(i64),
    /// What happens in one course; for its staff.
    Course(i64),
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(job) => write!(f, "job/{job}"),
            Self::Course(course) => write!(f, "course/{course}"),
        }
    }
}

/// An event to be appended.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub stream: Stream,
    pub kind: &'static str,
    pub data: serde_json::Value,
}

/// Appends the events, in their order within each stream. To be called last in a transaction: it takes the streams' locks.
///
/// # Errors
/// When the database does not answer.
pub async fn append(tx: &impl ConnectionTrait, events: &[NewEvent], now: Timestamp) -> Result<(), DbErr> {
    if events.is_empty() {
        return Ok(());
    }
    let mut next = advance(tx, events).await?;
    let mut rows = Rows::default();
    for event in events {
        let name = event.stream.to_string();
        let position = next.entry(name.clone()).and_modify(|position| *position += 1).or_default();
        rows.push([Value::from(name), (*position).into(), event.kind.into(), event.data.clone().into(), now.into()]);
    }
    let text = "INSERT INTO event (stream, position, kind, data, at) VALUES {rows}";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}

/// Moves the heads on; the positions behind which the new events go.
async fn advance(tx: &impl ConnectionTrait, events: &[NewEvent]) -> Result<BTreeMap<String, i64>, DbErr> {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for event in events {
        *counts.entry(event.stream.to_string()).or_default() += 1;
    }
    let rows: Rows = counts.iter().map(|(name, count)| [Value::from(name), (*count).into()]).collect();
    let text = "INSERT INTO stream (name, head) VALUES {rows} \
         ON CONFLICT (name) DO UPDATE SET head = stream.head + excluded.head RETURNING name, head";
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
    let mut starts = BTreeMap::new();
    for row in found {
        let (name, head): (String, i64) = (row.try_get("", "name")?, row.try_get("", "head")?);
        let count = counts.get(&name).copied().unwrap_or(0);
        starts.insert(name, head - count);
    }
    Ok(starts)
}

/// Up to `limit` events of a stream behind a position, in order. Who asks must have been allowed to follow the stream.
///
/// # Errors
/// When the database does not answer.
pub async fn after(db: &impl ConnectionTrait, stream: Stream, position: i64, limit: u64) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::Stream.eq(stream.to_string()))
        .filter(Column::Position.gt(position))
        .order_by_asc(Column::Position)
        .limit(limit)
        .all(db)
        .await
}
