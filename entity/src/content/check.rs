//! What the last sync said about a mission or an assignment, stored or not.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey,
    DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter,
};

use crate::clock::Timestamp;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "content_check")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What was checked: `mission/204` or `assignment/word-counts`.
    #[sea_orm(unique)]
    pub subject: String,
    /// None as long as it has never been stored in a course.
    pub course_id: Option<i64>,
    pub outcome: CheckOutcome,
    /// The diagnostics as JSON: texts from the folder, so bytes.
    pub diagnostics: Vec<u8>,
    pub checked_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum CheckOutcome {
    /// What the folder holds is now what students see.
    #[sea_orm(string_value = "stored")]
    Stored,
    /// The folder holds what was stored before.
    #[sea_orm(string_value = "unchanged")]
    Unchanged,
    /// There are errors; what was stored before stays.
    #[sea_orm(string_value = "failed")]
    Failed,
}

/// Those who manage the content; what was never stored, the site's staff.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(scope, [in_courses(Column::CourseId, scope.courses(Permission::ManageContent))])
    }
}

/// Replaces what was said about these subjects.
///
/// # Errors
/// When the database does not answer.
pub async fn record(tx: &impl ConnectionTrait, check: ActiveModel) -> Result<(), DbErr> {
    let again = OnConflict::column(Column::Subject)
        .update_columns([Column::CourseId, Column::Outcome, Column::Diagnostics, Column::CheckedAt])
        .to_owned();
    Entity::insert(check).on_conflict(again).exec_without_returning(tx).await.map(drop)
}

/// Keeps that these subjects are stored as the folder has them, where the last check did not fail: what was said about them when they were stored
/// still holds. How many there were.
///
/// # Errors
/// When the database does not answer.
pub async fn still_stored(tx: &impl ConnectionTrait, subjects: &[String], now: Timestamp) -> Result<u64, DbErr> {
    let mut touched = 0;
    // Few enough for either database at once.
    for subjects in subjects.chunks(500) {
        let done = Entity::update_many()
            .col_expr(Column::Outcome, Expr::value(CheckOutcome::Unchanged))
            .col_expr(Column::CheckedAt, Expr::value(now))
            .filter(Column::Subject.is_in(subjects))
            .filter(Column::Outcome.ne(CheckOutcome::Failed))
            .exec(tx)
            .await?;
        touched += done.rows_affected;
    }
    Ok(touched)
}
