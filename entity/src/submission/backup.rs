//! A backup: a snapshot of somebody's work on an assignment.

use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, LockType, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PaginatorTrait as _, PrimaryKeyTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::assignment::Brief;
use crate::clock::Timestamp;
use crate::course;
use crate::file;
use crate::identity::user::Person;
use crate::submission::{self, member};
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, own_in, shared_in};

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
    /// When it was done: by the client's clock, but never after it came.
    pub done_at: Timestamp,
    /// Whether something that was done later had come before it: it could not be sent when it was done.
    pub resent: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One's own, those of one's group, and those of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                own_in(Column::SubmitterId, Column::CourseId, scope),
                shared_in(Column::SubmitterId, Column::AssignmentId, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::ReviewWork)),
            ],
        )
    }
}

crate::row!(Model, course CourseId, {
    id: Id,
    assignment_id: AssignmentId,
    course_id: CourseId,
    submitter_id: SubmitterId,
    files: Files,
    operation_key: OperationKey,
    client_created_at: ClientCreatedAt,
    received_at: ReceivedAt,
    done_at: DoneAt,
    resent: Resent,
});

/// Whose backups somebody wants to see; everybody's when nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Choice {
    /// Only this person's.
    pub submitter: Option<i64>,
    /// Only those that were handed in, or only the others.
    pub handed_in: Option<bool>,
}

crate::to_many! {
    /// From an assignment to all that was sent for it, in the order in which it came.
    OfAssignment: Brief => Model, same_course, AssignmentId |row| row.assignment_id, Id |row| row.id; {
        type Choice = Choice;

        fn meant(choice: &Choice, _: &ViewerScope) -> Condition {
            let marked = || Query::select().expr(Expr::val(1)).from(submission::Entity).and_where(
                submission::Column::Id.into_expr().equals(Column::Id.as_column_ref())).to_owned();
            let handed_in = choice.handed_in.map(|yes| if yes { Expr::exists(marked()) } else { Expr::exists(marked()).not() });
            Condition::all().add_option(choice.submitter.map(|person| Column::SubmitterId.eq(person))).add_option(handed_in)
        }
    }
}

crate::to_one! {
    /// From a backup to who sent it.
    By: Model => Person, SubmitterId |row| Some(row.submitter_id)
}

crate::to_one! {
    /// From a backup to what it is for.
    For: Model => Brief, AssignmentId |row| Some(row.assignment_id)
}

crate::to_one! {
    /// From a backup to its course.
    In: Model => course::Model, CourseId |row| Some(row.course_id)
}

crate::to_one! {
    /// From a backup to the submission that it is, if it was handed in.
    Marked: Model => submission::Model, Id |row| Some(row.id)
}

/// Holds these until the transaction ends, so that nobody else scores them meanwhile. In the order of their keys, so that two who want the
/// same wait for each other instead of deadlocking.
///
/// # Errors
/// When the database does not answer.
pub async fn lock(tx: &impl ConnectionTrait, keys: impl IntoIterator<Item = i64>) -> Result<(), DbErr> {
    const AT_ONCE: usize = 1_000;
    let mut keys: Vec<i64> = keys.into_iter().collect();
    keys.sort_unstable();
    keys.dedup();
    for keys in keys.chunks(AT_ONCE) {
        let rows = Entity::find().select_only().column(Column::Id).filter(Column::Id.is_in(keys.iter().copied()));
        rows.order_by_asc(Column::Id).lock(LockType::NoKeyUpdate).into_tuple::<i64>().all(tx).await?;
    }
    Ok(())
}

/// The last that came for an assignment with other files than these, from a person or from whom they share the work with.
///
/// # Errors
/// When the database does not answer.
pub async fn other_than(
    db: &impl ConnectionTrait,
    assignment: i64,
    person: i64,
    files: &file::Entries,
) -> Result<Option<i64>, DbErr> {
    let unit = member::sharing(db, assignment, person).await?;
    // The first or the second says it, unless the same was kept again and again.
    let (mut before, mut at_once) = (i64::MAX, 2);
    loop {
        let theirs = Entity::find().filter(Column::SubmitterId.is_in(unit.iter().copied()));
        let theirs = theirs.filter(Column::AssignmentId.eq(assignment));
        let page = theirs.filter(Column::Id.lt(before)).order_by_desc(Column::Id).limit(at_once);
        let page = page.select_only().columns([Column::Id, Column::Files]);
        let rows: Vec<(i64, file::Entries)> = page.into_tuple().all(db).await?;
        if let Some((key, _)) = rows.iter().find(|(_, other)| !other.is_same(files)) {
            return Ok(Some(*key));
        }
        match rows.last() {
            Some((last, _)) if rows.len() as u64 == at_once => (before, at_once) = (*last, 64),
            _ => return Ok(None),
        }
    }
}

/// The backups of a person for an assignment, the newest first: a page of keys, and how many there are. Whether somebody may see them, who
/// asks knows.
///
/// # Errors
/// When the database does not answer.
pub async fn of_person(
    db: &impl ConnectionTrait,
    assignment: i64,
    person: i64,
    limit: u32,
    offset: u64,
) -> Result<(Vec<i64>, u64), DbErr> {
    let theirs = Entity::find().filter(Column::SubmitterId.eq(person)).filter(Column::AssignmentId.eq(assignment));
    let count = theirs.clone().count(db).await?;
    let page = theirs.select_only().column(Column::Id).order_by_desc(Column::DoneAt).order_by_desc(Column::Id);
    let keys = page.limit(u64::from(limit)).offset(offset).into_tuple().all(db).await?;
    Ok((keys, count))
}

/// When that came which came first under that key; none where nothing has.
///
/// # Errors
/// When the database does not answer.
pub async fn came_first(db: &impl ConnectionTrait, operation_key: &str) -> Result<Option<Timestamp>, DbErr> {
    let first = Entity::find().filter(Column::OperationKey.eq(operation_key));
    first.select_only().column(Column::ReceivedAt).into_tuple().one(db).await
}
