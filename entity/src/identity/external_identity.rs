//! Who somebody is at a provider at which they sign in: what it calls them belongs to one account here, and never changes there
//! (OpenID Connect Core §2, `iss` and `sub`). An address does change, and is given to somebody else later; so it is not what counts.

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PaginatorTrait as _, PrimaryKeyTrait, QueryFilter, Set,
};

use crate::clock::Timestamp;
use crate::identity::user::Person;
use crate::viewer::ViewerScope;
use crate::visible::{Arm, Viewable, arms, own};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "external_identity")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    /// The provider, by its address.
    pub issuer: String,
    /// What it calls the person.
    pub subject: String,
    /// When it was connected with the account.
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    /// When the connection was ended. The row stays: whoever is known by it shows a password before they are again.
    pub ended_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, {
    id: Id,
    user_id: UserId,
    issuer: Issuer,
    subject: Subject,
    created_at: CreatedAt,
    last_used_at: LastUsedAt,
    ended_at: EndedAt,
});

crate::to_one! {
    /// From one to whose it is.
    Of: Model => Person, UserId |row| Some(row.user_id)
}

/// One's own; by a token, none.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        if scope.is_unlimited() { arms(scope, [own(Column::UserId, scope)]) } else { Vec::new() }
    }
}

/// The one that a provider calls so.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &impl ConnectionTrait, issuer: &str, subject: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Issuer.eq(issuer)).filter(Column::Subject.eq(subject)).one(db).await
}

/// Whether an account is, or was, connected with somebody of that provider, but for who is connected as that subject now.
///
/// # Errors
/// When the database does not answer.
pub async fn had_another(db: &impl ConnectionTrait, user: i64, issuer: &str, subject: &str) -> Result<bool, DbErr> {
    let another = Column::Subject.ne(subject).or(Column::EndedAt.is_not_null());
    let theirs = Entity::find().filter(Column::UserId.eq(user)).filter(Column::Issuer.eq(issuer));
    Ok(theirs.filter(another).count(db).await? > 0)
}

/// Notes that they have come by it; false when it was ended meanwhile.
///
/// # Errors
/// When the database does not answer.
pub async fn touch(tx: &impl ConnectionTrait, id: i64, now: Timestamp) -> Result<bool, DbErr> {
    let used = Entity::update_many().col_expr(Column::LastUsedAt, Expr::value(now)).filter(Column::Id.eq(id));
    Ok(used.filter(Column::EndedAt.is_null()).exec(tx).await?.rows_affected == 1)
}

/// Connects it with an account, if it has never been connected; with which account it is now, and whether by this.
///
/// # Errors
/// When the database does not answer.
pub async fn connect(
    tx: &impl ConnectionTrait,
    user: i64,
    issuer: &str,
    subject: &str,
    now: Timestamp,
) -> Result<(Model, bool), DbErr> {
    let row = ActiveModel {
        user_id: Set(user),
        issuer: Set(issuer.to_owned()),
        subject: Set(subject.to_owned()),
        created_at: Set(now),
        last_used_at: Set(now),
        ended_at: Set(None),
        ..Default::default()
    };
    let first_wins = OnConflict::columns([Column::Issuer, Column::Subject]).do_nothing().to_owned();
    let made = Entity::insert(row).on_conflict(first_wins).exec_without_returning(tx).await?;
    let there = find(tx, issuer, subject).await?.ok_or(DbErr::RecordNotInserted)?;
    Ok((there, made == 1))
}

/// Connects one whose connection was ended once more, perhaps with another account.
///
/// # Errors
/// When the database does not answer.
pub async fn reconnect(tx: &impl ConnectionTrait, id: i64, user: i64, now: Timestamp) -> Result<bool, DbErr> {
    let ended = Entity::update_many()
        .col_expr(Column::UserId, Expr::value(user))
        .col_expr(Column::CreatedAt, Expr::value(now))
        .col_expr(Column::LastUsedAt, Expr::value(now))
        .col_expr(Column::EndedAt, Expr::value(None::<Timestamp>))
        .filter(Column::Id.eq(id))
        .filter(Column::EndedAt.is_not_null());
    Ok(ended.exec(tx).await?.rows_affected == 1)
}

/// Ends one; false when it has ended already.
///
/// # Errors
/// When the database does not answer.
pub async fn end(tx: &impl ConnectionTrait, id: i64, now: Timestamp) -> Result<bool, DbErr> {
    let ended = Entity::update_many().col_expr(Column::EndedAt, Expr::value(now)).filter(Column::Id.eq(id));
    Ok(ended.filter(Column::EndedAt.is_null()).exec(tx).await?.rows_affected == 1)
}

/// Ends all of an account.
///
/// # Errors
/// When the database does not answer.
pub async fn end_all(tx: &impl ConnectionTrait, user: i64, now: Timestamp) -> Result<(), DbErr> {
    let ended = Entity::update_many().col_expr(Column::EndedAt, Expr::value(now)).filter(Column::UserId.eq(user));
    ended.filter(Column::EndedAt.is_null()).exec(tx).await.map(drop)
}

/// Forgets all of an account.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(tx: &impl ConnectionTrait, user: i64) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(tx).await.map(drop)
}
