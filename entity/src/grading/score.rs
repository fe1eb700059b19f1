//! A score: a kind, a value, and who gave it. One for each run and kind, however often the run's job was tried.

use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::clock::Timestamp;
use crate::points::Points;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Viewable, arms, in_courses, own};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "score")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub submission_id: i64,
    pub run_id: i64,
    pub course_id: i64,
    /// Whose work it is about.
    pub owner_id: i64,
    /// `total` for the sum of the tests.
    pub kind: String,
    pub value: Points,
    pub maximum: Points,
    /// The person who gave it; none for the platform's own tests.
    pub grader_id: Option<i64>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One's own, and those of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Condition> {
        arms(scope, [own(Column::OwnerId, scope), in_courses(Column::CourseId, &scope.courses(Permission::ReviewWork))])
    }
}
