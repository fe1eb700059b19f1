//! The site that a database holds: which life of it this is, and whether it has moved away. One row, made by the migration.
//!
//! A restore begins a new life: what happened after the backup is gone, and positions and keys are given anew. Whoever holds a
//! place in the old life must not go on from it in the new one, so places carry the incarnation.

use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Set,
};

use crate::clock::Timestamp;

/// The key of the one row.
const ONLY: i64 = 1;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "site")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Sixteen hexadecimal digits; others after each restore.
    pub incarnation: String,
    pub created_at: Timestamp,
    /// When this life began, if it began with a restore.
    pub restored_at: Option<Timestamp>,
    /// When the site was copied to another database, to go on there. Nobody may go on here.
    pub moved_at: Option<Timestamp>,
    /// Where to, without a password.
    pub moved_to: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The site.
///
/// # Errors
/// When the database does not answer, or has no such row: then it is no site's.
pub async fn find(db: &impl ConnectionTrait) -> Result<Model, DbErr> {
    let row = Entity::find_by_id(ONLY).one(db).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the table `site` is empty".to_owned()))
}

/// Begins a new life.
///
/// # Errors
/// When the database does not answer.
pub async fn begin(tx: &impl ConnectionTrait, incarnation: String, now: Timestamp) -> Result<(), DbErr> {
    let anew = ActiveModel {
        id: Set(ONLY),
        incarnation: Set(incarnation),
        restored_at: Set(Some(now)),
        moved_at: Set(None),
        moved_to: Set(None),
        ..Default::default()
    };
    Entity::update(anew).exec(tx).await.map(drop)
}

/// Notes that the site goes on elsewhere.
///
/// # Errors
/// When the database does not answer.
pub async fn moved(tx: &impl ConnectionTrait, to: String, now: Timestamp) -> Result<(), DbErr> {
    let away = ActiveModel { id: Set(ONLY), moved_at: Set(Some(now)), moved_to: Set(Some(to)), ..Default::default() };
    Entity::update(away).exec(tx).await.map(drop)
}
