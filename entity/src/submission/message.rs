//! A message of a backup: what the `ok` client says about the work, of one kind. The bytes are the client's own JSON, kept as they came: there
//! are kinds that nobody here knows, and text that no JSON column takes (U+0000).

use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, QueryOrder, Value,
};

use crate::file::{self, Content};
use crate::statement::Rows;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub backup_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The blob that holds it.
    pub digest: file::Digest,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Of each backup its messages, by kind. Their bytes are kept already.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn keep<'m>(
    tx: &impl ConnectionTrait,
    messages: impl Iterator<Item = (i64, &'m [(String, Content)])>,
) -> Result<(), DbErr> {
    let rows: Rows = messages
        .flat_map(|(backup, messages)| messages.iter().map(move |message| (backup, message)))
        .map(|(backup, (kind, content))| [Value::from(backup), kind.clone().into(), content.digest().into()])
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let text = "INSERT INTO message (backup_id, kind, digest) SELECT * FROM {rows} AS v WHERE true";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}

/// The messages of a backup, by kind, with their bytes. Whether somebody may see them, the backup says.
///
/// # Errors
/// When the database does not answer.
pub async fn of_backup(db: &impl ConnectionTrait, backup: i64) -> Result<Vec<(String, Vec<u8>)>, DbErr> {
    let rows = Entity::find().filter(Column::BackupId.eq(backup)).order_by_asc(Column::Kind).all(db).await?;
    let digests = rows.iter().map(|row| row.digest.clone());
    let blobs = file::Entity::find().filter(file::Column::Digest.is_in(digests)).all(db).await?;
    rows.into_iter()
        .map(|row| {
            let blob = blobs.iter().find(|blob| blob.digest == row.digest);
            let blob = blob.ok_or_else(|| DbErr::RecordNotFound(format!("blob {}", row.digest)))?;
            Ok((row.kind, blob.bytes.clone()))
        })
        .collect()
}
