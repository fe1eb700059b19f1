//! Requests that change much and are done once: whoever sends one again under the same key is answered with what it led to. So a program
//! whose answer got lost asks again, and nothing happens twice.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, Statement,
};

use crate::clock::Timestamp;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bulk_request")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose it is.
    pub user_id: i64,
    /// What is asked for.
    pub kind: String,
    /// Their word for this request.
    pub key: String,
    /// The SHA-256 of all that it says.
    pub digest: String,
    /// What came of it; none until the transaction ends that does it.
    pub answer: Option<Vec<u8>>,
    pub created_at: Timestamp,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BulkRequest").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Whether a request is to be done.
#[derive(Debug)]
pub enum Begun {
    /// By this transaction, which keeps what comes of it in the row with this key.
    Fresh(i64),
    /// It was done before.
    Before(Model),
}

/// Begins a request. One of the same key that is being done at this moment is waited for.
///
/// # Errors
/// When the database does not answer.
pub async fn begin(
    tx: &impl ConnectionTrait,
    (user, kind, key): (i64, &str, &str),
    digest: &str,
    now: Timestamp,
) -> Result<Begun, DbErr> {
    let text = "INSERT INTO bulk_request (user_id, kind, key, digest, created_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (user_id, kind, key) DO NOTHING RETURNING id";
    let values = [user.into(), kind.into(), key.into(), digest.into(), now.into()];
    let fresh = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), text, values)).await?;
    if let Some(row) = fresh {
        return Ok(Begun::Fresh(row.try_get("", "id")?));
    }
    let there = Entity::find()
        .filter(Column::UserId.eq(user))
        .filter(Column::Kind.eq(kind))
        .filter(Column::Key.eq(key))
        .one(tx)
        .await?;
    there.map(Begun::Before).ok_or_else(|| DbErr::RecordNotFound("a request that was done before".to_owned()))
}

/// Keeps what came of a request.
///
/// # Errors
/// When the database does not answer.
pub async fn answered(tx: &impl ConnectionTrait, request: i64, answer: Vec<u8>) -> Result<(), DbErr> {
    let kept = Entity::update_many().col_expr(Column::Answer, Expr::value(answer)).filter(Column::Id.eq(request));
    kept.exec(tx).await.map(drop)
}

/// Forgets the requests from before then.
///
/// # Errors
/// When the database does not answer.
pub async fn prune(tx: &impl ConnectionTrait, before: Timestamp) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::CreatedAt.lt(before)).exec(tx).await.map(drop)
}

/// Forgets the requests of a person.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(tx: &impl ConnectionTrait, user: i64) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(tx).await.map(drop)
}
