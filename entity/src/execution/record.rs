//! What a run wrote, as a numbered, append-only log. The number counts from 1 in each attempt.

use sea_orm::sea_query::{ExprTrait, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey,
    DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::statement::Rows;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "run_record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub attempt: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    pub kind: RecordKind,
    /// Index of the step that it belongs to, from 0.
    pub step: i32,
    /// The number of the lab's case that wrote it, if it is one's.
    pub case_number: Option<i64>,
    pub bytes: Vec<u8>,
    pub at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Where the bytes of a record come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum RecordKind {
    /// What the platform says: the command that starts, the test that passed.
    #[sea_orm(string_value = "console")]
    Console,
    #[sea_orm(string_value = "stdout")]
    Stdout,
    #[sea_orm(string_value = "stderr")]
    Stderr,
    /// What the platform says to staff only: why the sandbox did not work.
    #[sea_orm(string_value = "internal")]
    Internal,
    /// How a lab went: JSON, once, after everything that its cases wrote.
    #[sea_orm(string_value = "lab")]
    Lab,
    /// Why a program of somebody's own was not run, or not to its end; for who started it.
    #[sea_orm(string_value = "fault")]
    Fault,
    /// The end of the run: the last record, without bytes, written with the verdict.
    #[sea_orm(string_value = "end")]
    End,
}

/// A place in the log of a run: the attempt, and the number of the record in it. Ordered as the log is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub attempt: i32,
    pub position: i64,
}

impl Model {
    #[must_use]
    pub fn place(&self) -> Place {
        Place { attempt: self.attempt, position: self.position }
    }
}

/// Some records of a run, written under the lease of its job.
#[derive(Clone, Debug)]
pub struct Chunk {
    pub job: i64,
    pub lease_token: i64,
    pub records: Vec<Model>,
}

/// Appends the records of those chunks whose lease still holds; tells for each chunk whether it did. A record that is there stays.
///
/// # Errors
/// When the database does not answer.
pub async fn append(tx: &impl ConnectionTrait, chunks: &[Chunk]) -> Result<Vec<bool>, DbErr> {
    let leases: Vec<_> = chunks.iter().map(|chunk| (chunk.job, chunk.lease_token)).collect();
    let held = crate::job::lease::held(tx, &leases).await?;
    let kept: Vec<bool> = chunks.iter().map(|chunk| held.contains(&(chunk.job, chunk.lease_token))).collect();
    let records = chunks.iter().zip(&kept).filter(|(_, kept)| **kept).flat_map(|(chunk, _)| &chunk.records);
    let rows: Rows = records.map(row).collect();
    if !rows.is_empty() {
        let text = "INSERT INTO run_record (run_id, attempt, position, kind, step, case_number, bytes, at) SELECT * FROM {rows} AS v WHERE true \
             ON CONFLICT DO NOTHING";
        tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await?;
    }
    Ok(kept)
}

fn row(record: &Model) -> Vec<Value> {
    vec![
        record.run_id.into(),
        record.attempt.into(),
        record.position.into(),
        record.kind.into(),
        record.step.into(),
        record.case_number.into(),
        record.bytes.clone().into(),
        record.at.into(),
    ]
}

/// Appends to the end of the latest attempt, in the transaction that ends the run: nobody else writes there any more.
///
/// # Errors
/// When the database does not answer.
pub async fn conclude(
    tx: &impl ConnectionTrait,
    run: i64,
    last: &[(RecordKind, Vec<u8>)],
    now: Timestamp,
) -> Result<(), DbErr> {
    let latest = Entity::find()
        .filter(Column::RunId.eq(run))
        .order_by_desc(Column::Attempt)
        .order_by_desc(Column::Position)
        .limit(1)
        .one(tx)
        .await?;
    let (attempt, position, step) = latest.map_or((1, 0, 0), |record| (record.attempt, record.position, record.step));
    let rows: Rows = (position + 1..)
        .zip(last)
        .map(|(position, (kind, bytes))| {
            row(&Model {
                run_id: run,
                attempt,
                position,
                kind: *kind,
                step,
                case_number: None,
                bytes: bytes.clone(),
                at: now,
            })
        })
        .collect();
    let text = "INSERT INTO run_record (run_id, attempt, position, kind, step, case_number, bytes, at) SELECT * FROM {rows} AS v WHERE true";
    if !rows.is_empty() {
        tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await?;
    }
    Ok(())
}

/// Throws away what runs wrote.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(tx: &impl ConnectionTrait, runs: impl IntoIterator<Item = i64>) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::RunId.is_in(runs)).exec(tx).await.map(drop)
}

/// What a run wrote in its latest attempt behind a position: up to `limit` records in order, the end among them only when it is the next.
///
/// # Errors
/// When the database does not answer.
pub async fn latest(db: &impl ConnectionTrait, run: i64, position: i64, limit: u64) -> Result<Vec<Model>, DbErr> {
    let attempts = Query::select().expr(Column::Attempt.max()).from(Entity).and_where(Column::RunId.eq(run)).to_owned();
    Entity::find()
        .filter(Column::RunId.eq(run))
        .filter(Column::Attempt.in_subquery(attempts))
        .filter(Column::Position.gt(position).or(Column::Kind.eq(RecordKind::End)))
        .order_by_asc(Column::Position)
        .limit(limit)
        .all(db)
        .await
}

/// Up to `limit` records of a run that lie behind a place, in order. Who asks must have been allowed to see the run.
///
/// # Errors
/// When the database does not answer.
pub async fn after(db: &impl ConnectionTrait, run: i64, place: Place, limit: u64) -> Result<Vec<Model>, DbErr> {
    let later = Column::Attempt
        .gt(place.attempt)
        .or(Column::Attempt.eq(place.attempt).and(Column::Position.gt(place.position)));
    Entity::find()
        .filter(Column::RunId.eq(run))
        .filter(later)
        .order_by_asc(Column::Attempt)
        .order_by_asc(Column::Position)
        .limit(limit)
        .all(db)
        .await
}
