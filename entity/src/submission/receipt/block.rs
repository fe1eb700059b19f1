//! A block: the receipts of one transaction in one course, below one signature. It names the block before it, so none can be changed,
//! removed or put in without changing all that follow.

use sea_orm::{
    ActiveModelBehavior, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

use super::encoding::{Hash, Record};
use super::hash_of;
use crate::clock::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt_block")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub course_id: i64,
    /// From 1, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// Where people reached the site.
    pub site: String,
    /// The key of the course.
    pub course: String,
    /// The hash of the block before; of the first, zeros.
    pub previous: Vec<u8>,
    /// The root of the tree over its leaves.
    pub root: Vec<u8>,
    pub leaves: i64,
    /// Which life of the site it was; see [`crate::site`].
    pub incarnation: String,
    /// When the transaction was about to commit.
    pub issued_at: Timestamp,
    /// The key that has signed it.
    pub kid: String,
    pub signature: Vec<u8>,
    #[sea_orm(unique)]
    pub hash: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A block as a receipt has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub site: String,
    pub course: String,
    pub position: i64,
    pub previous: Hash,
    pub root: Hash,
    pub leaves: i64,
    pub incarnation: String,
    pub issued_at: Timestamp,
    pub kid: String,
    pub signature: Vec<u8>,
}

impl Block {
    /// What is hashed and signed.
    #[must_use]
    pub fn record(&self) -> Record {
        Record::named("lectern receipt block 1")
            .text(&self.site)
            .text(&self.course)
            .number(self.position)
            .bytes(&self.previous)
            .bytes(&self.root)
            .number(self.leaves)
            .text(&self.incarnation)
            .number(self.issued_at.0)
            .text(&self.kid)
    }

    /// What the next block names.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.record().hash()
    }
}

impl TryFrom<Model> for Block {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        Ok(Self {
            previous: hash_of(&row.previous)?,
            root: hash_of(&row.root)?,
            site: row.site,
            course: row.course,
            position: row.position,
            leaves: row.leaves,
            incarnation: row.incarnation,
            issued_at: row.issued_at,
            kid: row.kid,
            signature: row.signature,
        })
    }
}
