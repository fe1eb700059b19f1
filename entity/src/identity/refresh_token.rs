//! What renews an access token, once: the answer brings the next one. One that is shown twice has been copied, and ends its sign-in.

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel,
    DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, Set, sea_query::Expr,
};

use crate::clock::Timestamp;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub session_id: i64,
    /// The SHA-256 of the token.
    #[sea_orm(unique)]
    pub digest: Vec<u8>,
    pub created_at: Timestamp,
    /// When it was used. Never, where the other side keeps the one that it has.
    pub used_at: Option<Timestamp>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshToken").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Notes one for a sign-in.
///
/// # Errors
/// When the database does not answer.
pub async fn issue(tx: &impl ConnectionTrait, session: i64, digest: Vec<u8>, now: Timestamp) -> Result<(), DbErr> {
    let row = ActiveModel {
        session_id: Set(session),
        digest: Set(digest),
        created_at: Set(now),
        used_at: Set(None),
        ..Default::default()
    };
    row.insert(tx).await.map(drop)
}

/// Uses one up; whether it was fresh. Of two that show it at once, one is told yes.
///
/// # Errors
/// When the database does not answer.
pub async fn use_up(tx: &impl ConnectionTrait, token: i64, now: Timestamp) -> Result<bool, DbErr> {
    let used = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::Id.eq(token))
        .filter(Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    Ok(used.rows_affected == 1)
}
