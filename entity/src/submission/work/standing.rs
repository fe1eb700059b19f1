//! How the students of a course stand with an assignment: who has not begun, has started, has handed in, is late, is overdue, is stuck.

use std::collections::HashMap;

use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait as _, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait as _, FromQueryResult, QueryFilter as _, QuerySelect as _,
    QueryTrait as _, Value,
};

use super::stuck::{self, STRETCH, TRIES};
use super::{Column, Entity};
use crate::assignment;
use crate::clock::{Timestamp, micros};
use crate::course::enrollment;
use crate::statement::Rows;
use crate::submission;

/// How somebody stands. The first three exclude each other, and everybody is one of them; the others come in addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Nothing has come, neither from them nor from those with whom they share the work.
    NotBegun,
    /// Something has come, and nothing is handed in.
    Started,
    /// Something is handed in.
    Submitted,
    /// What counts came after the deadline that holds for them.
    Late,
    /// Nothing is handed in, and the deadline that holds for them is over.
    Overdue,
    /// The same test fails again and again: see [`stuck`].
    Stuck,
}

impl Standing {
    /// The rows of work that stand so at that time.
    #[must_use]
    pub fn of_work(self, now: Timestamp) -> Condition {
        let submitted = Column::FinalSubmissionId.is_not_null();
        let open = Column::FinalSubmissionId.is_null();
        let all = Condition::all();
        match self {
            Self::NotBegun => all.add(open).add(begun().not()),
            Self::Started => all.add(open).add(begun()),
            Self::Submitted => all.add(submitted),
            Self::Late => all.add(Expr::exists(late())),
            Self::Overdue => all.add(open).add(Expr::exists(over_before(now))),
            Self::Stuck => stuck::condition(),
        }
    }

    /// The students of a roster who stand so with an assignment at that time.
    #[must_use]
    pub fn of_students(self, assignment: i64, now: Timestamp) -> Condition {
        let theirs = |condition: Condition| {
            let rows = Entity::find().select_only().expr(Expr::val(1)).filter(Column::AssignmentId.eq(assignment));
            let owner = Column::OwnerId.into_expr().equals(enrollment::Column::UserId.as_column_ref());
            Expr::exists(rows.filter(owner).filter(condition).into_query())
        };
        // Of an assignment of another course somebody may have no right to know.
        let in_course = assignment::Column::CourseId.into_expr().equals(enrollment::Column::CourseId.as_column_ref());
        let meant = || {
            let rows = assignment::Entity::find().select_only().expr(Expr::val(1));
            rows.filter(assignment::Column::Id.eq(assignment)).filter(in_course.clone())
        };
        let students = Condition::all()
            .add(enrollment::Column::Role.eq(enrollment::Role::Student))
            .add(Expr::exists(meant().into_query()));
        let submitted = Column::FinalSubmissionId.is_not_null();
        match self {
            Self::NotBegun => students.add(theirs(Condition::any().add(submitted).add(begun())).not()),
            Self::Overdue => {
                let has_time = Expr::exists(on_time_until(Column::DueAt, |until| until.gte(now)));
                let in_time = Condition::any().add(Column::FinalSubmissionId.is_not_null()).add(has_time);
                let over = meant().filter(with_grace(assignment::Column::DueAt).lt(now)).into_query();
                students.add(Expr::exists(over)).add(theirs(in_time).not())
            }
            Self::Started | Self::Submitted | Self::Late | Self::Stuck => students.add(theirs(self.of_work(now))),
        }
    }
}

/// That somebody has begun: something has come, or counts, from them or from those with whom they share the work. More time, or a group, is no
/// beginning.
#[must_use]
pub fn has_begun() -> Condition {
    Condition::any().add(Column::FinalSubmissionId.is_not_null()).add(begun())
}

/// Whether that person has begun an assignment.
///
/// # Errors
/// When the database does not answer.
pub async fn begun_by(db: &impl ConnectionTrait, assignment: i64, person: i64) -> Result<bool, DbErr> {
    let own = Entity::find().filter(Column::AssignmentId.eq(assignment)).filter(Column::OwnerId.eq(person));
    Ok(own.filter(has_begun()).one(db).await?.is_some())
}

/// That something has come, from the owner or from those with whom they share the work.
fn begun() -> Condition {
    let mate = Alias::new("mate");
    let of_mate = |column: Column| Expr::col((mate.clone(), column));
    let theirs = Query::select()
        .expr(of_mate(Column::LastBackupId).max())
        .from_as(Entity, mate.clone())
        .and_where(of_mate(Column::GroupId).equals(Column::GroupId.as_column_ref()))
        .to_owned();
    // Not EXISTS: for that PostgreSQL would make a table of everybody's.
    Condition::any().add(Column::LastBackupId.is_not_null()).add(Expr::from(theirs).is_not_null())
}

/// A time of an assignment that is at hand, or of work on it, and how much later is still on time.
pub(in crate::submission) fn with_grace(due: impl ColumnTrait) -> Expr {
    Expr::col(due.as_column_ref()).add(Expr::col(assignment::Column::Grace.as_column_ref()))
}

/// The assignment of the work, where what is due then is on time until such a time.
fn on_time_until(due: impl ColumnTrait, until: impl FnOnce(Expr) -> Expr) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(assignment::Entity)
        .and_where(assignment::Column::Id.into_expr().equals(Column::AssignmentId.as_column_ref()))
        .and_where(until(with_grace(due)))
        .to_owned()
}

/// That neither the deadline of the work's assignment nor time that somebody was given holds then.
fn over_before(now: Timestamp) -> SelectStatement {
    let given = with_grace(Column::DueAt);
    on_time_until(assignment::Column::DueAt, |until| until.lt(now))
        .cond_where(Condition::any().add(Column::DueAt.is_null()).add(given.lt(now)))
        .to_owned()
}

/// That what counts of the work came after the deadline of the assignment, after the time that somebody was given, and after the grace.
fn late() -> SelectStatement {
    let submitted = || Expr::col(submission::Column::SubmittedAt.as_column_ref());
    Query::select()
        .expr(Expr::val(1))
        .from(submission::Entity)
        .inner_join(
            assignment::Entity,
            assignment::Column::Id.into_expr().equals(submission::Column::AssignmentId.as_column_ref()),
        )
        .and_where(submission::Column::Id.into_expr().equals(Column::FinalSubmissionId.as_column_ref()))
        .and_where(submitted().gt(with_grace(assignment::Column::DueAt)))
        .cond_where(Condition::any().add(Column::DueAt.is_null()).add(submitted().gt(with_grace(Column::DueAt))))
        .to_owned()
}

/// How many students stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct Standings {
    pub assignment: i64,
    pub students: i64,
    pub not_begun: i64,
    pub started: i64,
    pub submitted: i64,
    pub late: i64,
    pub overdue: i64,
    pub stuck: i64,
}

/// As [`begun`] has it; with work that is not there, nothing is.
const BEGUN: &str = "(w.last_backup_id IS NOT NULL OR \
     (SELECT max(mate.last_backup_id) FROM work AS mate WHERE mate.group_id = w.group_id) IS NOT NULL)";

/// How the students of their courses stand with these assignments at that time. Whether somebody may know, who asks knows.
///
/// # Errors
/// When the database does not answer.
pub async fn standings(
    db: &impl ConnectionTrait,
    assignments: &[i64],
    now: Timestamp,
) -> Result<HashMap<i64, Standings>, DbErr> {
    let rows: Rows = assignments.iter().map(|assignment| [Value::from(*assignment), now.into()]).collect();
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let stretch = micros(STRETCH);
    // Whatever is compared with null is no case.
    let count = |case: &str| format!("CAST(sum(CASE WHEN {case} THEN 1 ELSE 0 END) AS BIGINT)");
    let text = format!(
        "SELECT a.id AS assignment, count(*) AS students, {} AS not_begun, {} AS started, {} AS submitted, {} AS late, {} AS overdue, \
           {} AS stuck \
         FROM {{rows}} AS v JOIN assignment AS a ON a.id = v.column1 \
         JOIN enrollment AS e ON e.course_id = a.course_id AND e.role = 'student' \
         LEFT JOIN work AS w ON w.assignment_id = a.id AND w.owner_id = e.user_id \
         LEFT JOIN submission AS s ON s.id = w.final_submission_id GROUP BY a.id",
        count(&format!("w.final_submission_id IS NULL AND NOT {BEGUN}")),
        count(&format!("w.final_submission_id IS NULL AND {BEGUN}")),
        count("w.final_submission_id IS NOT NULL"),
        count("s.submitted_at > a.due_at + a.grace AND (w.due_at IS NULL OR s.submitted_at > w.due_at + a.grace)"),
        count(
            "w.final_submission_id IS NULL AND a.due_at + a.grace < v.column2 AND \
             (w.due_at IS NULL OR w.due_at + a.grace < v.column2)"
        ),
        count(&format!("w.failing_tries >= {TRIES} AND w.tried_at - w.failing_since >= {stretch}")),
    );
    let found = Standings::find_by_statement(rows.statement(db.get_database_backend(), &text)).all(db).await?;
    Ok(found.into_iter().map(|row| (row.assignment, row)).collect())
}
