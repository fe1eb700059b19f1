//! Who is in a group, and who is invited to it. Somebody may be invited to several groups of an assignment and is in one at most: an index says
//! so, however many accept at once.

use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, QueryOrder,
};

use super::group;
use crate::clock::Timestamp;
use crate::identity::user::Person;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, in_groups};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub group_id: i64,
    pub assignment_id: i64,
    pub course_id: i64,
    pub user_id: i64,
    /// Whether they are in it; otherwise they are invited.
    pub active: bool,
    pub invited_by: Option<i64>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    group_id: GroupId,
    assignment_id: AssignmentId,
    course_id: CourseId,
    user_id: UserId,
    active: Active,
    invited_by: InvitedBy,
    created_at: CreatedAt,
    updated_at: UpdatedAt,
});

/// Those of the groups that one is in or invited to, and those of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                in_groups(Column::GroupId, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::ReviewWork)),
            ],
        )
    }
}

crate::to_many! {
    /// From a group to who is in it, and who is invited.
    Of: group::Model => Model, same_course, GroupId |row| row.group_id, Id |row| row.id
}

crate::to_one! {
    /// From a member to the person.
    Who: Model => Person, UserId |row| Some(row.user_id)
}

/// All of a group, the first one first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_group(db: &impl ConnectionTrait, group: i64) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::GroupId.eq(group)).order_by_asc(Column::Id).all(db).await
}

/// What somebody is in or invited to for an assignment, the first one first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_person(db: &impl ConnectionTrait, assignment: i64, person: i64) -> Result<Vec<Model>, DbErr> {
    let theirs = Entity::find().filter(Column::AssignmentId.eq(assignment)).filter(Column::UserId.eq(person));
    theirs.order_by_asc(Column::Id).all(db).await
}

/// The groups that somebody is in or invited to, with whether they are in it.
///
/// # Errors
/// When the database does not answer.
pub async fn groups_of(db: &impl ConnectionTrait, person: i64) -> Result<Vec<(i64, bool)>, DbErr> {
    let rows = Entity::find().filter(Column::UserId.eq(person)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.group_id, row.active)).collect())
}

/// What somebody is in or invited to in a course, in the order of assignments.
///
/// # Errors
/// When the database does not answer.
pub async fn in_course(db: &impl ConnectionTrait, course: i64, person: i64) -> Result<Vec<Model>, DbErr> {
    let theirs = Entity::find().filter(Column::CourseId.eq(course)).filter(Column::UserId.eq(person));
    theirs.order_by_asc(Column::AssignmentId).order_by_asc(Column::Id).all(db).await
}

/// Those with whom somebody shares the work on an assignment, themselves first.
///
/// # Errors
/// When the database does not answer.
pub async fn sharing(db: &impl ConnectionTrait, assignment: i64, person: i64) -> Result<Vec<i64>, DbErr> {
    let own = of_person(db, assignment, person).await?.into_iter().find(|member| member.active);
    let Some(own) = own else { return Ok(vec![person]) };
    let mates = of_group(db, own.group_id).await?.into_iter().filter(|member| member.active);
    let others = mates.map(|member| member.user_id).filter(|mate| *mate != person);
    Ok([person].into_iter().chain(others).collect())
}
