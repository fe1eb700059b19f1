//! Which version of a program is out, and where it can be had: what the `ok` client asks after each run.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, QueryOrder, Set,
};

use crate::clock::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_version")]
pub struct Model {
    /// What the program is called: `ok-client`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub current_version: String,
    pub download_link: String,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// All that was said.
///
/// # Errors
/// When the database does not answer.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Name).all(db).await
}

/// Says which one is out from now on.
///
/// # Errors
/// When the database does not answer.
pub async fn set(tx: &impl ConnectionTrait, version: Model) -> Result<(), DbErr> {
    let row = ActiveModel {
        name: Set(version.name),
        current_version: Set(version.current_version),
        download_link: Set(version.download_link),
        updated_at: Set(version.updated_at),
    };
    let again = OnConflict::column(Column::Name)
        .update_columns([Column::CurrentVersion, Column::DownloadLink, Column::UpdatedAt])
        .to_owned();
    Entity::insert(row).on_conflict(again).exec_without_returning(tx).await.map(drop)
}
