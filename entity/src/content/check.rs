//! What the last sync said about a mission or an assignment, stored or not.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DbErr, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait,
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
