//! The code by which a program is let in: good for a few minutes, once. One that is shown again was copied, and ends what it opened.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter,
};

use crate::clock::Timestamp;

/// How long one is good for: somebody copies it by hand.
pub const LIFETIME: Duration = Duration::from_secs(300);

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_code")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The SHA-256 of the code.
    #[sea_orm(unique)]
    pub digest: Vec<u8>,
    /// The program that it is for.
    pub client: String,
    /// Who lets it in.
    pub user_id: i64,
    /// Where the answer went; the program says it again.
    pub redirect: String,
    pub scopes: String,
    /// What the program must prove that it knows (RFC 7636, S256).
    pub challenge: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    /// The session that it opened.
    pub session_id: Option<i64>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuthCode").field("id", &self.id).field("client", &self.client).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Uses one up; whether it was fresh. Of two who show it at once, one is told yes.
///
/// # Errors
/// When the database does not answer.
pub async fn use_up(tx: &impl ConnectionTrait, code: i64, now: Timestamp) -> Result<bool, DbErr> {
    let used = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::Id.eq(code))
        .filter(Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    Ok(used.rows_affected == 1)
}

/// Notes which session it has opened.
///
/// # Errors
/// When the database does not answer.
pub async fn opened(tx: &impl ConnectionTrait, code: i64, session: i64) -> Result<(), DbErr> {
    let note = Entity::update_many().col_expr(Column::SessionId, Expr::value(session)).filter(Column::Id.eq(code));
    note.exec(tx).await.map(drop)
}
