//! A submission: a mark on a backup that says "this is handed in". It shares the backup's key.

pub mod accept;
pub mod backup;
pub mod work;

use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::clock::Timestamp;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Viewable, arms, in_courses, own};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "submission")]
pub struct Model {
    /// The key of the backup that was handed in.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub assignment_id: i64,
    pub course_id: i64,
    pub submitter_id: i64,
    /// The instant that counts for lateness: when the request's head had been read.
    pub submitted_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One's own, and those of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Condition> {
        arms(
            scope,
            [own(Column::SubmitterId, scope), in_courses(Column::CourseId, &scope.courses(Permission::ReviewWork))],
        )
    }
}
