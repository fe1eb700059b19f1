//! Whose a receipt is: the address that they had, and the salt that shows it. Both go when they are forgotten.

use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter,
};

use super::encoding::Hash;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt_holder")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub backup_id: i64,
    pub user_id: i64,
    /// The address of then, whatever it is now.
    pub email: String,
    pub salt: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The salt opens a hash, so it has no place in a log.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceiptHolder").field("backup_id", &self.backup_id).finish_non_exhaustive()
    }
}

/// What its holder shows to be the one in the leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub email: String,
    pub salt: Hash,
}

/// Forgets whose the receipts of somebody are.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(tx: &impl ConnectionTrait, person: i64) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::UserId.eq(person)).exec(tx).await.map(drop)
}
