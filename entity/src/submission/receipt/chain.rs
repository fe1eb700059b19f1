//! The head of a course's chain: the last block's position and hash. Whoever appends locks it until the end of the transaction, so that two
//! never follow the same block, whether in one process or in several.

use std::collections::BTreeMap;

use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Value,
};

use super::encoding::Hash;
use super::hash_of;
use crate::statement::Rows;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt_chain")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub course_id: i64,
    pub position: i64,
    pub hash: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What the first block of a chain names as the one before it.
pub const BEGINNING: Hash = [0; 32];

/// Locks the heads of these courses' chains, in their order, and moves them on by one: of each the new position, and the hash of the block
/// that was last.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn lock(
    tx: &impl ConnectionTrait,
    courses: impl Iterator<Item = i64>,
) -> Result<BTreeMap<i64, (i64, Hash)>, DbErr> {
    let rows: Rows = courses.map(|course| [Value::from(course), 1i64.into(), BEGINNING.to_vec().into()]).collect();
    let text = "INSERT INTO receipt_chain (course_id, position, hash) SELECT * FROM {rows} AS v WHERE true \
         ON CONFLICT (course_id) DO UPDATE SET position = receipt_chain.position + 1 RETURNING course_id, position, hash";
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
    let head = |row: &sea_orm::QueryResult| {
        let hash: Vec<u8> = row.try_get("", "hash")?;
        Ok((row.try_get("", "course_id")?, (row.try_get("", "position")?, hash_of(&hash)?)))
    };
    found.iter().map(head).collect()
}

/// Notes the hashes of the blocks that were appended.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn note(tx: &impl ConnectionTrait, hashes: impl Iterator<Item = (i64, Hash)>) -> Result<(), DbErr> {
    let rows: Rows = hashes.map(|(course, hash)| [Value::from(course), hash.to_vec().into()]).collect();
    let text = "UPDATE receipt_chain SET hash = v.column2 FROM {rows} AS v WHERE receipt_chain.course_id = v.column1";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}
