//! The public halves of the keys that sign receipts. They are never removed: a receipt is good for as long as somebody keeps it.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, IntoActiveModel as _, PrimaryKeyTrait, QueryOrder,
};

use crate::clock::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt_key")]
pub struct Model {
    /// The name of the key in a block.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    /// The 32 bytes of an Ed25519 key.
    pub public: Vec<u8>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Keeps them; one that is there stays as it is.
///
/// # Errors
/// When the database does not answer.
pub async fn keep(tx: &impl ConnectionTrait, keys: Vec<Model>) -> Result<(), DbErr> {
    if keys.is_empty() {
        return Ok(());
    }
    let there = OnConflict::column(Column::Kid).do_nothing().to_owned();
    let rows = keys.into_iter().map(Model::into_active_model);
    Entity::insert_many(rows).on_conflict(there).exec_without_returning(tx).await.map(drop)
}

/// All of them, the oldest first. They are for everybody.
///
/// # Errors
/// When the database does not answer.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::CreatedAt).order_by_asc(Column::Kid).all(db).await
}
