//! One test of an assignment.

use sea_orm::sea_query::{ExprTrait as _, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

use super::Brief;
use crate::points::Points;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "test_case")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub assignment_id: i64,
    pub course_id: i64,
    /// Its place in the assignment, from 0.
    pub position: i32,
    pub name: String,
    pub points: Points,
    /// Only staff see it; a student learns whether it passed.
    pub hidden: bool,
    /// What is called or typed, and what must come of it. JSON, written by the sync; never leaves the server.
    pub task: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    assignment_id: AssignmentId,
    course_id: CourseId,
    position: Position,
    name: Name,
    points: Points,
    hidden: Hidden,
    task: Task,
});

/// The public ones for those who attend, all for those who review.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        let public = in_courses(Column::CourseId, scope.courses(Permission::Attend))
            .map(|attended| attended.and(Column::Hidden.eq(false)));
        arms(scope, [public, in_courses(Column::CourseId, scope.courses(Permission::ReviewWork))])
    }
}

crate::to_many! {
    /// From an assignment to its tests.
    OfAssignment: Brief => Model, same_course, AssignmentId |row| row.assignment_id, Position |row| i64::from(row.position)
}

/// The statement for the most points that each of these assignments can give.
#[must_use]
pub fn maxima(assignments: impl IntoIterator<Item = i64>) -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column(Column::AssignmentId)
        // A sum of whole numbers is none any more on PostgreSQL.
        .expr_as(Column::Points.sum().cast_as("BIGINT"), "maximum")
        .from(Entity)
        .and_where(Column::AssignmentId.is_in(assignments))
        .group_by_col(Column::AssignmentId)
        .to_owned()
}
