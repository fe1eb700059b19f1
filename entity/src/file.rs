//! Files: bytes that are kept once, by what they are.
//!
//! Student bytes are bytes: they may hold NUL, control characters and broken UTF-8, so they never travel in a text or JSON column.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, Value,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::statement::Rows;

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

impl Entries {
    /// Whether the others are the same files, in whatever order.
    #[must_use]
    pub fn is_same(&self, others: &Self) -> bool {
        let named = |entries: &Self| -> BTreeMap<String, Digest> {
            entries.0.iter().map(|entry| (entry.name.clone(), entry.digest.clone())).collect()
        };
        named(self) == named(others)
    }
}

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

/// Bytes with their hash, which is worked out once.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    bytes: Vec<u8>,
    hash: [u8; 32],
}

impl Content {
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Their SHA-256.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The same as a name.
    #[must_use]
    pub fn digest(&self) -> Digest {
        hex::encode(self.hash)
    }

    /// The entry for these bytes under that name.
    #[must_use]
    pub fn entry(&self, name: impl Into<String>) -> Entry {
        Entry { name: name.into(), digest: self.digest(), size: size(&self.bytes) }
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        let hash = sha256(&bytes);
        Self { bytes, hash }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, {}", self.bytes.len(), self.digest())
    }
}

impl Entry {
    /// The entry for these bytes under that name.
    #[must_use]
    pub fn of(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self { name: name.into(), digest: digest(bytes), size: size(bytes) }
    }
}

fn size(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

/// Keeps the bytes; what is there already stays as it is.
///
/// # Errors
/// When the database does not answer.
pub async fn keep(tx: &impl ConnectionTrait, blobs: Vec<Vec<u8>>) -> Result<(), DbErr> {
    let contents: Vec<Content> = blobs.into_iter().map(Content::from).collect();
    keep_all(tx, &contents.iter().collect::<Vec<_>>()).await
}

/// The same, of bytes that have their hashes.
///
/// # Errors
/// When the database does not answer.
pub async fn keep_all(tx: &impl ConnectionTrait, contents: &[&Content]) -> Result<(), DbErr> {
    // In the order of their names, so that two transactions with the same blobs wait for each other instead of deadlocking.
    let sorted: BTreeMap<[u8; 32], &Content> = contents.iter().map(|content| (content.hash, *content)).collect();
    let row =
        |content: &&Content| [Value::from(content.digest()), size(&content.bytes).into(), content.bytes.clone().into()];
    let rows: Rows = sorted.values().map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let text =
        "INSERT INTO blob (digest, size, bytes) SELECT * FROM {rows} AS v WHERE true ON CONFLICT (digest) DO NOTHING";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}

/// The bytes of these entries, in their order. One that is missing is an error: rows name only what is durable.
///
/// # Errors
/// When the database does not answer or a blob is missing.
pub async fn read(db: &impl ConnectionTrait, entries: &[Entry]) -> Result<Vec<Vec<u8>>, DbErr> {
    let found = find(db, entries.iter().map(|entry| entry.digest.clone())).await?;
    entries.iter().map(|entry| found.get(&entry.digest).cloned().ok_or_else(|| missing(entry))).collect()
}

/// The bytes of these names, as far as they are there.
///
/// # Errors
/// When the database does not answer.
pub async fn find(
    db: &impl ConnectionTrait,
    names: impl IntoIterator<Item = Digest>,
) -> Result<HashMap<Digest, Vec<u8>>, DbErr> {
    let rows = Entity::find().filter(Column::Digest.is_in(names)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.digest, row.bytes)).collect())
}

/// That the bytes of an entry are not there.
#[must_use]
pub fn missing(entry: &Entry) -> DbErr {
    DbErr::RecordNotFound(format!("blob {}", entry.digest))
}
