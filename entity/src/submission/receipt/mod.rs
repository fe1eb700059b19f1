//! A receipt: proof that work was taken in, what it was and when, which holds without this site and also against it.
//!
//! | part | what it is |
//! |---|---|
//! | [`leaf`] | what is certain about one backup |
//! | [`merkle`] | the tree over the leaves of a transaction in a course |
//! | [`block`] | the tree's root, the block before and a signature |
//! | [`chain`] | the head of a course's blocks, where the next is appended |
//! | [`holder`] | the address and the salt behind the hash of a person; they can go |
//! | [`key`] | what verifies signatures, for ever |
//! | [`issue`] | making the receipts of a transaction |
//! | [`text`] | a receipt as its holder keeps it |
//! | [`walk`] | reading chains from their beginning |
//!
//! The rows of a receipt only come, never change. Its text is made of them each time, and so is the same each time.

pub mod block;
pub mod chain;
pub mod encoding;
pub mod holder;
pub mod issue;
pub mod key;
pub mod leaf;
pub mod merkle;
pub mod text;
pub mod walk;

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, Condition, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey,
    DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, QuerySelect as _,
};

use self::block::Block;
use self::encoding::Hash;
use self::holder::Holder;
use self::leaf::Leaf;
use crate::clock::Timestamp;
use crate::id::{self, Kind};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub backup_id: i64,
    pub course_id: i64,
    /// Its block.
    pub position: i64,
    /// Its leaf among those of the block, from 0.
    pub place: i64,
    /// The name of the assignment in addresses, as it was.
    pub assignment: String,
    pub handed_in: bool,
    pub received_at: Timestamp,
    pub files: Vec<u8>,
    pub messages: Vec<u8>,
    pub person: Vec<u8>,
    /// The hashes beside its way up the tree, one behind the other.
    pub path: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A receipt as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub leaf: Leaf,
    /// Whose it is, for who shows that; without it, it proves the rest.
    pub holder: Option<Holder>,
    /// The place of the leaf in the block.
    pub place: i64,
    pub path: Vec<Hash>,
    pub block: Block,
}

impl Receipt {
    /// The same for others than its holder.
    #[must_use]
    pub fn without_holder(self) -> Self {
        Self { holder: None, ..self }
    }

    /// Where the path of its leaf leads; the root of its block, if it is good.
    #[must_use]
    pub fn climb(&self) -> Option<Hash> {
        let (place, leaves) = (u64::try_from(self.place).ok()?, u64::try_from(self.block.leaves).ok()?);
        merkle::climb(&self.leaf.hash(), place, leaves, &self.path)
    }
}

impl Model {
    /// What it says.
    ///
    /// # Errors
    /// When a hash is none.
    pub fn leaf(&self) -> Result<Leaf, DbErr> {
        Ok(Leaf {
            assignment: self.assignment.clone(),
            backup: id::encode(Kind::Backup, self.backup_id),
            handed_in: self.handed_in,
            received_at: self.received_at,
            files: hash_of(&self.files)?,
            messages: hash_of(&self.messages)?,
            person: hash_of(&self.person)?,
        })
    }

    /// The hashes of its path.
    ///
    /// # Errors
    /// When they are none.
    pub fn hashes(&self) -> Result<Vec<Hash>, DbErr> {
        self.path.chunks(size_of::<Hash>()).map(hash_of).collect()
    }
}

/// The hash that these bytes are.
fn hash_of(bytes: &[u8]) -> Result<Hash, DbErr> {
    bytes.try_into().map_err(|_| DbErr::Custom(format!("a hash of a receipt has {} bytes", bytes.len())))
}

/// The receipts of these backups, by backup. Whether somebody may see them, the backup says. What was handed in before there were receipts
/// has none.
///
/// # Errors
/// When the database does not answer, or a row is damaged.
pub async fn of_backups(db: &impl ConnectionTrait, backups: &[i64]) -> Result<HashMap<i64, Receipt>, DbErr> {
    if backups.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find().filter(Column::BackupId.is_in(backups.iter().copied())).all(db).await?;
    let places: Vec<(i64, i64)> = rows.iter().map(|row| (row.course_id, row.position)).collect();
    let mut holders = HashMap::new();
    for row in holder::Entity::find().filter(holder::Column::BackupId.is_in(backups.iter().copied())).all(db).await? {
        holders.insert(row.backup_id, Holder { salt: hash_of(&row.salt)?, email: row.email });
    }
    let blocks = blocks(db, &places).await?;
    rows.into_iter()
        .map(|row| {
            let block = blocks.get(&(row.course_id, row.position)).cloned();
            let block = block.ok_or_else(|| DbErr::RecordNotFound(format!("the block of backup {}", row.backup_id)))?;
            let (leaf, path, place) = (row.leaf()?, row.hashes()?, row.place);
            let holder = holders.remove(&row.backup_id);
            Ok((row.backup_id, Receipt { leaf, holder, place, path, block }))
        })
        .collect()
}

async fn blocks(db: &impl ConnectionTrait, places: &[(i64, i64)]) -> Result<HashMap<(i64, i64), Block>, DbErr> {
    let mut by_course: HashMap<i64, Vec<i64>> = HashMap::new();
    for (course, position) in places {
        by_course.entry(*course).or_default().push(*position);
    }
    if by_course.is_empty() {
        return Ok(HashMap::new());
    }
    let mut wanted = Condition::any();
    for (course, positions) in by_course {
        let of_course = block::Column::CourseId.eq(course).and(block::Column::Position.is_in(positions));
        wanted = wanted.add(of_course);
    }
    let rows = block::Entity::find().filter(wanted).all(db).await?;
    rows.into_iter().map(|row| Ok(((row.course_id, row.position), row.try_into()?))).collect()
}

/// The backups whose receipts this person holds, the first one first.
///
/// # Errors
/// When the database does not answer.
pub async fn held_by(db: &impl ConnectionTrait, person: i64) -> Result<Vec<i64>, DbErr> {
    let mine = holder::Entity::find().filter(holder::Column::UserId.eq(person));
    let mut backups: Vec<i64> =
        mine.select_only().expr(Expr::col(holder::Column::BackupId)).into_tuple().all(db).await?;
    backups.sort_unstable();
    Ok(backups)
}
