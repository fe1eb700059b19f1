//! More time for somebody on an assignment: asked for by the student, granted or declined by staff, or granted unasked. A group has the most time
//! that one of its members was given.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey,
    DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, QueryOrder, Value,
};

use super::Brief;
use crate::clock::Timestamp;
use crate::course;
use crate::identity::user::Person;
use crate::statement::Rows;
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

/// What is asked for on an assignment and has no answer yet, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn requested(db: &impl ConnectionTrait, assignment: i64) -> Result<Vec<Model>, DbErr> {
    let open = Entity::find().filter(Column::AssignmentId.eq(assignment)).filter(Column::State.eq(State::Requested));
    open.order_by_asc(Column::Id).all(db).await
}

/// What these have and ask for, each given as (assignment, person).
///
/// # Errors
/// When the database does not answer.
pub async fn live(db: &impl ConnectionTrait, whose: &[(i64, i64)]) -> Result<Vec<Model>, DbErr> {
    let rows: Rows = whose.iter().map(|(assignment, person)| [Value::from(*assignment), (*person).into()]).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let text = "SELECT e.* FROM {rows} AS v INNER JOIN extension AS e ON e.assignment_id = v.column1 AND e.user_id = v.column2 \
         WHERE e.state IN ('granted', 'requested') ORDER BY e.id";
    Entity::find().from_raw_sql(rows.statement(db.get_database_backend(), text)).all(db).await
}

/// Has these make place for others.
///
/// # Errors
/// When the database does not answer.
pub async fn replace(tx: &impl ConnectionTrait, keys: &[i64]) -> Result<(), DbErr> {
    let gone = Entity::update_many().col_expr(Column::State, Expr::value(State::Replaced));
    gone.filter(Column::Id.is_in(keys.iter().copied())).exec(tx).await.map(drop)
}
