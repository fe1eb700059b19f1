//! One sign-in of one person. A token carries its key, so that it can be ended before it expires.

use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, QueryResult, Statement,
};

use crate::clock::Timestamp;
use crate::course::enrollment::Role;
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

/// A sign-in by its key and its person's, with a row for each course of theirs.
const BEARER: &str = "SELECT s.created_at, s.expires_at, s.revoked_at, u.admin, u.rights_version, e.course_id, e.role \
     FROM session AS s INNER JOIN \"user\" AS u ON u.id = s.user_id LEFT JOIN enrollment AS e ON e.user_id = s.user_id \
     WHERE s.id = $1 AND s.user_id = $2";

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
    let backend = db.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, BEARER, [session.into(), person.into()]);
    let rows = db.query_all_raw(statement).await?;
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
