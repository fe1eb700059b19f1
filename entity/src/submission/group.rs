//! A group: students who share their work on an assignment. What any of its members hands in is handed in by all; the one that counts is one
//! for all of them ([`work`](super::work)).
//!
//! There is no group of one: with the last but one member it goes, too.

use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, QuerySelect as _, QueryTrait as _, Set,
};

use super::member;
use crate::assignment::Brief;
use crate::clock::Timestamp;
use crate::course;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, in_groups};

/// The most that may share their work, whoever puts them together.
pub const MOST_MEMBERS: i32 = 20;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "group")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub assignment_id: i64,
    pub course_id: i64,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    assignment_id: AssignmentId,
    course_id: CourseId,
    created_at: CreatedAt,
});

/// Those that one is in or invited to, and those of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                in_groups(Column::Id, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::ReviewWork)),
            ],
        )
    }
}

crate::to_many! {
    /// From an assignment to its groups.
    OfAssignment: Brief => Model, same_course, AssignmentId |row| row.assignment_id, Id |row| row.id
}

crate::to_one! {
    /// From a group to its assignment.
    For: Model => Brief, AssignmentId |row| Some(row.assignment_id)
}

crate::to_one! {
    /// From a group to its course.
    In: Model => course::Model, CourseId |row| Some(row.course_id)
}

/// Makes a group; its key.
///
/// # Errors
/// When the database does not answer.
pub async fn make(tx: &impl ConnectionTrait, assignment: i64, course: i64, now: Timestamp) -> Result<i64, DbErr> {
    let row = ActiveModel {
        assignment_id: Set(assignment),
        course_id: Set(course),
        created_at: Set(now),
        ..Default::default()
    };
    Entity::insert(row).exec(tx).await.map(|made| made.last_insert_id)
}

/// Removes a group with whoever is left in it. Nobody's [`work`](super::work) refers to it any more.
///
/// # Errors
/// When the database does not answer.
pub async fn remove(tx: &impl ConnectionTrait, group: i64) -> Result<(), DbErr> {
    member::Entity::delete_many().filter(member::Column::GroupId.eq(group)).exec(tx).await?;
    Entity::delete_by_id(group).exec(tx).await.map(drop)
}

/// The people and assignments of which somebody in these groups has a share.
pub(crate) fn shares(groups: Vec<i64>) -> SelectStatement {
    member::Entity::find()
        .select_only()
        .column(member::Column::UserId)
        .column(member::Column::AssignmentId)
        .filter(member::Column::GroupId.is_in(groups))
        .filter(member::Column::Active.eq(true))
        .into_query()
}
