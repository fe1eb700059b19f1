//! A submission: a mark on a backup that says "this is handed in". It shares the backup's key.

pub mod accept;
pub mod backup;
pub mod comment;
pub mod finals;
pub mod group;
pub mod history;
pub mod mark;
pub mod member;
pub mod message;
pub mod receipt;
pub mod work;

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, Order, PrimaryKeyTrait, Value,
};

use crate::assignment;
use crate::clock::Timestamp;
use crate::course;
use crate::identity::user::Person;
use crate::points::Points;
use crate::statement::Rows;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, own_in, shared_in};

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
    /// What it is worth in total, by the last score of that kind; none while it has none.
    pub points: Option<Points>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    assignment_id: AssignmentId,
    course_id: CourseId,
    submitter_id: SubmitterId,
    submitted_at: SubmittedAt,
    points: Points,
});

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

/// Which submissions somebody wants to see; all when nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Choice {
    /// Only those of this person.
    pub submitter: Option<i64>,
    /// Only those that count, or only the others.
    pub is_final: Option<bool>,
    /// Only those that came after the deadline, or only the others.
    pub late: Option<bool>,
    /// Only those that have a total, or only the others.
    pub scored: Option<bool>,
    /// Only those with a total of at least so much.
    pub points_from: Option<Points>,
    /// Only those with a total below this.
    pub points_below: Option<Points>,
    /// The newest first, instead of the oldest.
    pub newest_first: bool,
}

impl Choice {
    /// The submissions that are meant.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let is = |wanted: bool, condition: Expr| if wanted { condition } else { condition.not() };
        Condition::all()
            .add_option(self.submitter.map(|person| Column::SubmitterId.eq(person)))
            .add_option(self.is_final.map(|wanted| is(wanted, Expr::exists(finals()))))
            .add_option(self.late.map(|wanted| is(wanted, Expr::exists(missed()))))
            .add_option(self.scored.map(|wanted| is(wanted, Column::Points.is_not_null())))
            .add_option(self.points_from.map(|points| Column::Points.gte(points)))
            .add_option(self.points_below.map(|points| Column::Points.lt(points)))
    }

    fn order(&self) -> Order {
        if self.newest_first { Order::Desc } else { Order::Asc }
    }
}

/// That a submission is the one that counts of its owner's work.
fn finals() -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(work::Entity)
        .and_where(work::Column::AssignmentId.into_expr().equals(Column::AssignmentId.as_column_ref()))
        .and_where(work::Column::OwnerId.into_expr().equals(Column::SubmitterId.as_column_ref()))
        .and_where(work::Column::FinalSubmissionId.into_expr().equals(Column::Id.as_column_ref()))
        .to_owned()
}

/// That the deadline of a submission's assignment, and its grace, were before it, and so was the time that somebody was given for it.
fn missed() -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(assignment::Entity)
        .and_where(assignment::Column::Id.into_expr().equals(Column::AssignmentId.as_column_ref()))
        .and_where(
            work::standing::with_grace(assignment::Column::DueAt).lt(Expr::col(Column::SubmittedAt.as_column_ref())),
        )
        .and_where(Expr::exists(more_time()).not())
        .to_owned()
}

/// That its owner had time until then by an extension.
fn more_time() -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(work::Entity)
        .and_where(work::Column::AssignmentId.into_expr().equals(Column::AssignmentId.as_column_ref()))
        .and_where(work::Column::OwnerId.into_expr().equals(Column::SubmitterId.as_column_ref()))
        .and_where(work::standing::with_grace(work::Column::DueAt).gte(Expr::col(Column::SubmittedAt.as_column_ref())))
        .to_owned()
}

crate::to_many! {
    /// From an assignment to what was handed in.
    To: assignment::Brief => Model, same_course, AssignmentId |row| row.assignment_id, Id |row| row.id; {
        type Choice = Choice;

        fn meant(choice: &Choice, _: &ViewerScope) -> Condition {
            choice.condition()
        }

        fn order(choice: &Choice) -> Order {
            choice.order()
        }
    }
}

crate::to_many! {
    /// From a person to what they handed in.
    OfPerson: Person => Model, any_course, SubmitterId |row| row.submitter_id, Id |row| row.id; {
        type Choice = Choice;

        fn meant(choice: &Choice, _: &ViewerScope) -> Condition {
            choice.condition()
        }

        fn order(choice: &Choice) -> Order {
            choice.order()
        }
    }
}

crate::to_one! {
    /// From a submission to its course.
    In: Model => course::Model, CourseId |row| Some(row.course_id)
}

crate::to_many! {
    /// From an assignment to what the viewer handed in.
    OwnTo: assignment::Brief => Model, same_course, AssignmentId |row| row.assignment_id, Id |row| row.id; {
        type Choice = ();

        fn meant(_: &(), scope: &ViewerScope) -> Condition {
            Condition::all().add(Column::SubmitterId.eq(scope.user().unwrap_or_default()))
        }
    }
}

crate::to_many! {
    /// From an assignment to the one submission that counts of the viewer's work, whoever of the group handed it in.
    FinalTo: assignment::Brief => Model, same_course, AssignmentId |row| row.assignment_id, Id |row| row.id; {
        type Choice = ();

        fn meant(_: &(), scope: &ViewerScope) -> Condition {
            let viewer = scope.user().unwrap_or_default();
            let finals = Query::select()
                .column(work::Column::FinalSubmissionId)
                .from(work::Entity)
                .and_where(work::Column::OwnerId.eq(viewer))
                .and_where(work::Column::AssignmentId.into_expr().equals(Column::AssignmentId.as_column_ref()))
                .to_owned();
            Condition::all().add(Column::Id.in_subquery(finals))
        }
    }
}

crate::to_one! {
    /// From a submission to who handed it in.
    By: Model => Person, SubmitterId |row| Some(row.submitter_id)
}

crate::to_one! {
    /// From a submission to its assignment.
    For: Model => assignment::Brief, AssignmentId |row| Some(row.assignment_id)
}

/// Has backups that are handed in after all be worth the total that was given to them as backups.
///
/// # Errors
/// When the database does not answer.
pub async fn value_as_scored(tx: &impl ConnectionTrait, submissions: &[i64]) -> Result<(), DbErr> {
    let rows: Rows = submissions.iter().map(|submission| [Value::from(*submission)]).collect();
    if rows.is_empty() {
        return Ok(());
    }
    // Nobody scores them meanwhile.
    backup::lock(tx, submissions.iter().copied()).await?;
    let text = "UPDATE submission SET points = (SELECT g.value FROM score AS g WHERE g.submission_id = submission.id AND g.kind = 'total' \
         AND g.archived_at IS NULL) FROM {rows} AS v WHERE submission.id = v.column1";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}

/// Says what submissions are worth in total from now on. What was not handed in has no total.
///
/// # Errors
/// When the database does not answer.
pub async fn value(tx: &impl ConnectionTrait, totals: &[(i64, Points)]) -> Result<(), DbErr> {
    let rows: Rows = totals.iter().map(|(submission, points)| [Value::from(*submission), (*points).into()]).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let text = "UPDATE submission SET points = v.column2 FROM {rows} AS v WHERE submission.id = v.column1";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}
