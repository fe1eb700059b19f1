//! More time for somebody on an assignment: asked for by the student, granted or declined by staff, or granted unasked. A group has the most time
//! that one of its members was given.

use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey,
    DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter,
};

use super::Brief;
use crate::clock::Timestamp;
use crate::course;
use crate::identity::user::Person;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, own_in};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "extension")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub assignment_id: i64,
    pub course_id: i64,
    pub user_id: i64,
    pub state: State,
    /// Until when their work is on time.
    pub due_at: Timestamp,
    /// The same as the clock on the wall shows it, in the zone of the assignment.
    pub due_local: String,
    /// Why, in the words of who asks for it or of who grants it unasked.
    pub reason: String,
    /// What staff says to it.
    pub answer: String,
    pub decided_by: Option<i64>,
    pub created_at: Timestamp,
    pub decided_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    assignment_id: AssignmentId,
    course_id: CourseId,
    user_id: UserId,
    state: State,
    due_at: DueAt,
    due_local: DueLocal,
    reason: Reason,
    answer: Answer,
    decided_by: DecidedBy,
    created_at: CreatedAt,
    decided_at: DecidedAt,
});

/// Where an extension is. From `requested` staff leads to one of the next two, the student back; one that is granted can be taken back, and
/// another that is granted takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    #[sea_orm(string_value = "requested")]
    Requested,
    #[sea_orm(string_value = "granted")]
    Granted,
    #[sea_orm(string_value = "declined")]
    Declined,
    /// The student does not ask for it any more, or staff has taken it back.
    #[sea_orm(string_value = "withdrawn")]
    Withdrawn,
    /// Another took its place.
    #[sea_orm(string_value = "replaced")]
    Replaced,
}

/// One's own, and those of one's students.
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

crate::to_many! {
    /// From an assignment to what was asked for and granted.
    OfAssignment: Brief => Model, same_course, AssignmentId |row| row.assignment_id, Id |row| row.id; {
        type Choice = Option<State>;

        fn meant(choice: &Option<State>, _: &ViewerScope) -> sea_orm::sea_query::Condition {
            sea_orm::sea_query::Condition::all().add_option(choice.map(|state| Column::State.eq(state)))
        }
    }
}

crate::to_one! {
    /// From an extension to whose it is.
    Of: Model => Person, UserId |row| Some(row.user_id)
}

crate::to_one! {
    /// From an extension to the assignment.
    On: Model => Brief, AssignmentId |row| Some(row.assignment_id)
}

crate::to_one! {
    /// From an extension to its course.
    In: Model => course::Model, CourseId |row| Some(row.course_id)
}

/// Somebody's extension of an assignment that is in this state, which is one that only one can be in.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &impl ConnectionTrait, assignment: i64, user: i64, state: State) -> Result<Option<Model>, DbErr> {
    let theirs = Entity::find().filter(Column::AssignmentId.eq(assignment)).filter(Column::UserId.eq(user));
    theirs.filter(Column::State.eq(state)).one(db).await
}
