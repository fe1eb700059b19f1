//! Files: bytes that are kept once, by what they are.
//!
//! Student bytes are bytes: they may hold NUL, control characters and broken UTF-8, so they never travel in a text or JSON column.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, Set,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The name of some bytes: their SHA-256, in lower-case hexadecimal.
pub type Digest = String;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blob")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Digest,
    /// Bytes.
    pub size: i64,
    pub bytes: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A named file of a backup, a template or a mission, as JSON columns hold it. The bytes lie in the table of blobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
pub struct Entry {
    pub name: String,
    pub digest: Digest,
    pub size: i64,
}

/// The entries of a JSON column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct Entries(pub Vec<Entry>);

/// The name of these bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> Digest {
    hex::encode(sha256(bytes))
}

/// The same as bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The bytes of a name; zeros for what is none.
#[must_use]
pub fn bytes_of(digest: &Digest) -> [u8; 32] {
    let mut bytes = [0; 32];
    hex::decode_to_slice(digest, &mut bytes).map_or([0; 32], |()| bytes)
}

impl Entry {
    /// The entry for these bytes under that name.
    #[must_use]
    pub fn of(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self { name: name.into(), digest: digest(bytes), size: i64::try_from(bytes.len()).unwrap_or(i64::MAX) }
    }
}

/// Keeps the bytes; what is there already stays as it is.
///
/// # Errors
/// When the database does not answer.
pub async fn keep(tx: &impl ConnectionTrait, blobs: Vec<Vec<u8>>) -> Result<(), DbErr> {
    // In the order of their names, so that two transactions with the same blobs wait for each other instead of deadlocking.
    let sorted: std::collections::BTreeMap<Digest, Vec<u8>> =
        blobs.into_iter().map(|bytes| (digest(&bytes), bytes)).collect();
    let rows: Vec<ActiveModel> = sorted
        .into_iter()
        .map(|(digest, bytes)| ActiveModel {
            digest: Set(digest),
            size: Set(i64::try_from(bytes.len()).unwrap_or(i64::MAX)),
            bytes: Set(bytes),
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let there = OnConflict::column(Column::Digest).do_nothing().to_owned();
    Entity::insert_many(rows).on_conflict(there).exec_without_returning(tx).await.map(drop)
}

/// The bytes of these entries, in their order. One that is missing is an error: rows name only what is durable.
///
/// # Errors
/// When the database does not answer or a blob is missing.
pub async fn read(db: &impl ConnectionTrait, entries: &[Entry]) -> Result<Vec<Vec<u8>>, DbErr> {
    let names = entries.iter().map(|entry| entry.digest.clone());
    let rows = Entity::find().filter(Column::Digest.is_in(names)).all(db).await?;
    let found: std::collections::HashMap<Digest, Vec<u8>> =
        rows.into_iter().map(|row| (row.digest, row.bytes)).collect();
    entries
        .iter()
        .map(|entry| {
            found.get(&entry.digest).cloned().ok_or_else(|| DbErr::RecordNotFound(format!("blob {}", entry.digest)))
        })
        .collect()
}
