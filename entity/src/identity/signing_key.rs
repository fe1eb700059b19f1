//! The keys that sign what people carry, sealed with the site's secret. One key of each purpose is current; older ones verify.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::clock::Timestamp;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_key")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The name of the key in the head of a token.
    #[sea_orm(unique)]
    pub kid: String,
    /// What it is for: `access`, `ticket`, `seal` or `receipt`.
    pub purpose: String,
    /// The key, encrypted: 12 bytes of nonce, then the sealed bytes and their tag.
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    /// No new signatures from then on.
    pub retired_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The material is sealed, but it still has no place in a log.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("purpose", &self.purpose).finish_non_exhaustive()
    }
}
