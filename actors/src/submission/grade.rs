//! How what is handed in is graded: by a run, with the tests that the assignment has at that moment.

use entity::assignment::{self, test_case};
use entity::execution::run;
use entity::execution::verdict::Verdict;
use entity::id::{self, Kind};
use entity::job::queue::NewJob;
use entity::submission::accept::Accepted;
use entity::submission::mark::Grading;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::deps::Deps;
use crate::execution::plan::{Assignment, Plan, Task};
use crate::execution::run::Run;
use crate::grading::test_case::{TestCase, TestKind};
use crate::job::Job as _;
use crate::problem::Fault;
use crate::write::Write;

/// How a submission to that assignment is graded.
pub(super) async fn grading(deps: &Deps, assignment: &assignment::Model) -> Result<Grading, Fault> {
    let wanted = assignment.template.0.iter().map(|entry| entry.name.clone()).collect();
    let plan = plan(deps, assignment).await?;
    Ok(Grading { language: assignment.language.clone(), plan, wanted, job, attempts: assignment.attempts })
}

/// Grades a submission after all whose grading a broken sandbox or somebody ended: who hands in the same again asks for nothing else.
pub(super) async fn grade_after_all(deps: &Deps, accepted: &Accepted) -> Result<(), Fault> {
    let broken = run::Entity::find()
        .filter(run::Column::SubmissionId.eq(accepted.submission))
        .filter(run::Column::Verdict.is_in([Verdict::SandboxError, Verdict::Cancelled]));
    let Some(broken) = broken.one(deps.db.read()).await? else { return Ok(()) };
    let mut write = Write::begin(deps).await?;
    if run::reopen(write.tx(), broken.id).await? {
        write.enqueue(job(broken.id, accepted.course, accepted.submitter)).await?;
        write.commit().await?;
    }
    Ok(())
}

async fn plan(deps: &Deps, assignment: &assignment::Model) -> Result<Vec<u8>, Fault> {
    let rows = test_case::Entity::find()
        .filter(test_case::Column::AssignmentId.eq(assignment.id))
        .order_by_asc(test_case::Column::Position)
        .all(deps.db.read())
        .await?;
    let tests = rows.into_iter().map(test).collect::<Result<Vec<_>, Fault>>()?;
    let task = Task::Assignment(Assignment { main: assignment.main.clone(), tests });
    // Each test brings its own limit.
    let plan = Plan { language: assignment.language.clone(), task, timeout_s: 10 };
    Ok(serde_json::to_vec(&plan)?)
}

/// What the row of a test keeps for the grader.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct TestTask {
    pub timeout_s: u8,
    pub kind: TestKind,
}

fn test(row: test_case::Model) -> Result<TestCase, Fault> {
    let task: TestTask = serde_json::from_slice(&row.task)?;
    Ok(TestCase { name: row.name, points: row.points, hidden: row.hidden, timeout_s: task.timeout_s, kind: task.kind })
}

/// The job that grades a run.
fn job(run: i64, course: i64, submitter: i64) -> NewJob {
    NewJob {
        course: Some(course),
        requester: Some(submitter),
        subject: Some(id::encode(Kind::Run, run)),
        ..Run { run }.new()
    }
}
