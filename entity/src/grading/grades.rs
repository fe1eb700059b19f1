//! The grades of a course: what each student's work is worth, by assignment and kind.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};

use super::grade;
use super::score::TOTAL;
use crate::points::Points;
use crate::statement::Rows;

/// A score that counts for somebody.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Mark {
    pub owner: i64,
    pub assignment: i64,
    pub kind: String,
    pub value: Points,
    /// What there was to get, where the score says.
    pub maximum: Option<Points>,
    /// The work that it is about.
    pub submission: i64,
    /// What the work is worth, lateness considered, as [`super::grade::Grade`] works it out; none of what that says nothing about.
    #[sea_orm(skip)]
    pub worth: Option<Points>,
}

/// What a score is worth as a grade. Of a total that is what is shown to its student, by the same rule.
#[must_use]
pub fn grade(mark: &Mark) -> Points {
    mark.worth.unwrap_or(mark.value)
}

/// A column of a course's grades.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, FromQueryResult)]
pub struct Column {
    pub assignment: i64,
    pub kind: String,
}

/// The kinds of scores that there are for the assignments of a course.
///
/// # Errors
/// When the database does not answer.
pub async fn columns(db: &impl ConnectionTrait, course: i64) -> Result<Vec<Column>, DbErr> {
    let text = "SELECT DISTINCT assignment_id AS assignment, kind FROM score \
         WHERE course_id = $1 AND archived_at IS NULL AND assignment_id IS NOT NULL ORDER BY assignment_id, kind";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [course.into()]);
    Column::find_by_statement(statement).all(db).await
}

/// What counts for these people in a course, with what lateness costs of totals: the scores of their final submissions, and the mark of a
/// revision. For who has handed in nothing, the last score of each
/// kind on what was kept of their work. Where one has several of a kind, the last of the list counts.
///
/// # Errors
/// When the database does not answer.
pub async fn of_people(db: &impl ConnectionTrait, course: i64, people: &[i64]) -> Result<Vec<Mark>, DbErr> {
    let rows: Rows = people.iter().map(|person| [Value::from(*person), course.into()]).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let text = "WITH p AS (SELECT column1, column2 FROM {rows} AS v) \
         SELECT w.owner_id AS owner, w.assignment_id AS assignment, s.kind, s.value, s.maximum, s.submission_id AS submission, s.id AS last \
           FROM p JOIN work AS w ON w.owner_id = p.column1 \
           JOIN score AS s ON s.submission_id = w.final_submission_id AND s.archived_at IS NULL AND s.course_id = p.column2 \
         UNION ALL \
         SELECT s.owner_id, b.assignment_id, s.kind, s.value, s.maximum, s.submission_id, s.id \
           FROM p JOIN score AS s ON s.owner_id = p.column1 AND s.course_id = p.column2 AND s.archived_at IS NULL \
           JOIN backup AS b ON b.id = s.submission_id \
           WHERE NOT EXISTS (SELECT 1 FROM work AS w WHERE w.owner_id = s.owner_id AND w.assignment_id = b.assignment_id \
             AND w.final_submission_id IS NOT NULL) \
         UNION ALL \
         SELECT w.owner_id, w.assignment_id, s.kind, s.value, s.maximum, s.submission_id, s.id \
           FROM p JOIN work AS w ON w.owner_id = p.column1 \
           JOIN score AS s ON s.submission_id = w.revision_id AND s.kind = 'revision' AND s.archived_at IS NULL AND s.course_id = p.column2 \
         ORDER BY last";
    let mut marks = Mark::find_by_statement(rows.statement(db.get_database_backend(), text)).all(db).await?;
    let whose: Vec<(i64, i64)> = people.iter().map(|person| (course, *person)).collect();
    let worked_out = grade::of_people(db, &whose).await?;
    for mark in marks.iter_mut().filter(|mark| mark.kind == TOTAL) {
        let theirs = worked_out
            .get(&(course, mark.owner))
            .and_then(|all| all.iter().find(|it| it.submission == mark.submission));
        mark.worth = theirs.and_then(grade::Grade::points);
    }
    Ok(marks)
}
