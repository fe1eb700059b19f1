//! A backup: a snapshot of somebody's work on an assignment.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::clock::Timestamp;
use crate::file;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, own_in};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "backup")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub assignment_id: i64,
    pub course_id: i64,
    pub submitter_id: i64,
    #[sea_orm(column_type = "Json")]
    pub files: file::Entries,
    /// What makes two requests the same hand-in; a repeat is answered with this row.
    #[sea_orm(unique)]
    pub operation_key: String,
    /// What the client's clock said.
    pub client_created_at: Option<Timestamp>,
    pub received_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One's own, and those of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                own_in(Column::SubmitterId, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::ReviewWork)),
            ],
        )
    }
}
