//! A code by which students put themselves on the roster of a course. Whoever has it may join, so only its digest is kept.

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter,
};

use crate::clock::Timestamp;
use crate::course;
use crate::identity::user::Person;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "join_code")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub course_id: i64,
    /// The SHA-256 of the code.
    #[sea_orm(unique)]
    pub digest: Vec<u8>,
    /// The lab section of whoever joins by it.
    pub lab_section: Option<String>,
    /// Nobody joins by it from then on.
    pub expires_at: Option<Timestamp>,
    /// So many may join by it.
    pub max_uses: Option<i32>,
    /// So many have.
    pub uses: i32,
    pub creator_id: Option<i64>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinCode").field("id", &self.id).field("course_id", &self.course_id).finish_non_exhaustive()
    }
}

impl Model {
    /// Whether somebody may join by it.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none()
            && self.expires_at.is_none_or(|end| now < end)
            && self.max_uses.is_none_or(|most| self.uses < most)
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    course_id: CourseId,
    digest: Digest,
    lab_section: LabSection,
    expires_at: ExpiresAt,
    max_uses: MaxUses,
    uses: Uses,
    creator_id: CreatorId,
    created_at: CreatedAt,
    revoked_at: RevokedAt,
});

/// For those who may change the roster.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(scope, [in_courses(Column::CourseId, scope.courses(Permission::ManageRoster))])
    }
}

/// The code with that digest.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &impl ConnectionTrait, digest: &[u8]) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Digest.eq(digest)).one(db).await
}

/// Counts one more who joins; whether there was room. Of two who take the last place, one is told yes.
///
/// # Errors
/// When the database does not answer.
pub async fn use_up(tx: &impl ConnectionTrait, code: i64, now: Timestamp) -> Result<bool, DbErr> {
    let counted = Entity::update_many()
        .col_expr(Column::Uses, Expr::col(Column::Uses).add(1))
        .filter(Column::Id.eq(code))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.is_null().or(Column::ExpiresAt.gt(now)))
        .filter(Column::MaxUses.is_null().or(Expr::col(Column::Uses).lt(Expr::col(Column::MaxUses))))
        .exec(tx)
        .await?;
    Ok(counted.rows_affected == 1)
}

/// Ends a code; whether it had not ended so before.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke(tx: &impl ConnectionTrait, code: i64, now: Timestamp) -> Result<bool, DbErr> {
    let ended = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .filter(Column::Id.eq(code))
        .filter(Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(ended.rows_affected == 1)
}

crate::to_many! {
    /// From a course to the codes by which people join it.
    OfCourse: course::Model => Model, same_course, CourseId |row| row.course_id, Id |row| row.id
}

crate::to_one! {
    /// From a code to its course.
    In: Model => course::Model, CourseId |row| Some(row.course_id)
}

crate::to_one! {
    /// From a code to who made it.
    By: Model => Person, CreatorId |row| row.creator_id
}

#[cfg(test)]
mod tests {
    use super::Model;
    use crate::clock::Timestamp;

    #[test]
    fn a_code_is_good_until_something_ends_it() {
        let code = Model {
            id: 1,
            course_id: 1,
            digest: Vec::new(),
            lab_section: None,
            expires_at: None,
            max_uses: None,
            uses: 7,
            creator_id: None,
            created_at: Timestamp(0),
            revoked_at: None,
        };
        let now = Timestamp(10);
        for (good, code) in [
            (true, code.clone()),
            (true, Model { expires_at: Some(Timestamp(11)), ..code.clone() }),
            (false, Model { expires_at: Some(now), ..code.clone() }),
            (true, Model { max_uses: Some(8), ..code.clone() }),
            (false, Model { max_uses: Some(7), ..code.clone() }),
            (false, Model { revoked_at: Some(Timestamp(1)), ..code.clone() }),
        ] {
            assert_eq!(code.is_good(now), good, "{:?} {:?} {:?}", code.expires_at, code.max_uses, code.revoked_at);
        }
    }
}
