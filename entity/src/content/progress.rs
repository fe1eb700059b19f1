//! How far somebody is with a screen.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Set,
};

use crate::clock::Timestamp;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, own_in};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "screen_progress")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub screen_id: i64,
    pub course_id: i64,
    pub attempts: i32,
    /// When it was passed first; passing is never taken back by a later attempt.
    pub passed_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One's own, and that of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                own_in(Column::UserId, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::ReviewWork)),
            ],
        )
    }
}

/// Counts an attempt, and keeps the first time that one passed.
///
/// # Errors
/// When the database does not answer.
pub async fn record(
    tx: &impl ConnectionTrait,
    user: i64,
    screen: i64,
    course: i64,
    passed_at: Option<Timestamp>,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        user_id: Set(user),
        screen_id: Set(screen),
        course_id: Set(course),
        attempts: Set(1),
        passed_at: Set(passed_at),
        ..Default::default()
    };
    let again = OnConflict::columns([Column::UserId, Column::ScreenId])
        .value(Column::Attempts, Expr::col((Entity, Column::Attempts)).add(1))
        .value(Column::PassedAt, Expr::cust("coalesce(screen_progress.passed_at, excluded.passed_at)"))
        .to_owned();
    Entity::insert(row).on_conflict(again).exec_without_returning(tx).await.map(drop)
}
