//! One sign-in of one person. A token carries its key, so that it can be ended before it expires.

use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryResult,
};

use super::user;
use crate::clock::Timestamp;
use crate::course::enrollment::{self, Role};
use crate::viewer::ViewerScope;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether a token of this session is still good.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// A sign-in of somebody, and their rights as they are now. None when there is no such sign-in of theirs. One statement, because every
/// request begins with it.
///
/// # Errors
/// When the database does not answer.
pub async fn bearer(
    db: &impl ConnectionTrait,
    session: i64,
    person: i64,
) -> Result<Option<(Model, ViewerScope)>, DbErr> {
    let statement = Query::select()
        .columns([Column::CreatedAt, Column::ExpiresAt, Column::RevokedAt].map(|column| column.as_column_ref()))
        .columns([user::Column::Admin, user::Column::RightsVersion].map(|column| column.as_column_ref()))
        .columns([enrollment::Column::CourseId, enrollment::Column::Role].map(|column| column.as_column_ref()))
        .from(Entity)
        .join(
            JoinType::InnerJoin,
            user::Entity,
            Expr::col(user::Column::Id.as_column_ref()).equals(Column::UserId.as_column_ref()),
        )
        .left_join(
            enrollment::Entity,
            Expr::col(enrollment::Column::UserId.as_column_ref()).equals(Column::UserId.as_column_ref()),
        )
        .and_where(Column::Id.eq(session))
        .and_where(Column::UserId.eq(person))
        .to_owned();
    let rows = db.query_all_raw(db.get_database_backend().build(&statement)).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let found = Model {
        id: session,
        user_id: person,
        created_at: first.try_get_by_index(0)?,
        expires_at: first.try_get_by_index(1)?,
        revoked_at: first.try_get_by_index(2)?,
    };
    let roles = rows.iter().filter_map(|row| role(row).transpose()).collect::<Result<Vec<_>, _>>()?;
    let scope = ViewerScope::person(person, first.try_get_by_index(3)?, first.try_get_by_index(4)?, roles);
    Ok(Some((found, scope)))
}

fn role(row: &QueryResult) -> Result<Option<(i64, Role)>, DbErr> {
    let course: Option<i64> = row.try_get_by_index(5)?;
    course.map(|course| Ok((course, row.try_get_by_index(6)?))).transpose()
}
