//! How submissions to an assignment are graded: its tests, as they are now, as the plan of a run.

use entity::assignment::{self, test_case};
use entity::visible::padded;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::execution::plan::{Assignment, Plan, Task};
use crate::grading::author::AuthorFile;
use crate::grading::test_case::{TestCase, TestKind, TestTask};
use crate::problem::Fault;

/// The plan, as a run keeps it.
///
/// # Errors
/// When the database does not answer, or the row of a test cannot be read.
pub async fn plan(db: &impl ConnectionTrait, assignment: &assignment::Model) -> Result<Vec<u8>, Fault> {
    Ok(plan_of(db, assignment, None).await?.unwrap_or_default())
}

/// The same with the tests of these names alone; none where one of them is not there.
///
/// # Errors
/// As [`plan`].
pub(super) async fn plan_of(
    db: &impl ConnectionTrait,
    assignment: &assignment::Model,
    only: Option<&[String]>,
) -> Result<Option<Vec<u8>>, Fault> {
    plan_with(assignment, tests_of(db, &[assignment.id]).await?, only)
}

/// The tests of these assignments, in their order.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn tests_of(db: &impl ConnectionTrait, assignments: &[i64]) -> Result<Vec<test_case::Model>, DbErr> {
    test_case::Entity::find()
        .filter(test_case::Column::AssignmentId.is_in(padded(assignments.iter().copied())))
        .order_by_asc(test_case::Column::Position)
        .all(db)
        .await
}

/// The plan with these tests, of which those of these names alone are wanted; none where one of them is not there.
///
/// # Errors
/// When the row of a test cannot be read.
pub(super) fn plan_with(
    assignment: &assignment::Model,
    rows: Vec<test_case::Model>,
    only: Option<&[String]>,
) -> Result<Option<Vec<u8>>, Fault> {
    if only.is_some_and(|only| only.is_empty() || !only.iter().all(|name| rows.iter().any(|row| row.name == *name))) {
        return Ok(None);
    }
    let wanted = |row: &test_case::Model| only.is_none_or(|only| only.contains(&row.name));
    let tests = rows.into_iter().filter(wanted).map(test).collect::<Result<Vec<_>, Fault>>()?;
    let templates = match tests.iter().any(|test| matches!(test.kind, TestKind::Suite(_))) {
        true => assignment.template.0.iter().map(template).collect(),
        false => Vec::new(),
    };
    let task = Task::Assignment(Assignment { main: assignment.main.clone(), tests, templates });
    // Each test brings its own limit.
    let plan = Plan { language: assignment.language.clone(), task, timeout_s: 10 };
    Ok(Some(serde_json::to_vec(&plan)?))
}

fn template(entry: &entity::file::Entry) -> AuthorFile {
    AuthorFile { name: entry.name.clone(), digest: entry.digest.clone(), bytes: Vec::new() }
}

fn test(row: test_case::Model) -> Result<TestCase, Fault> {
    let TestTask { timeout_s, feedback, kind } = serde_json::from_slice(&row.task)?;
    Ok(TestCase { name: row.name, points: row.points, hidden: row.hidden, feedback, timeout_s, kind })
}
