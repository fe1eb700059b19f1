//! How what is handed in is graded: by a run, with the tests that the assignment has at that moment.

use entity::assignment;
use entity::execution::run;
use entity::execution::verdict::Verdict;
use entity::job::queue::NewJob;
use entity::submission::accept::Accepted;
use entity::submission::mark::Grading;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::plan::plan;
use crate::deps::Deps;
use crate::execution::run::Run;
use crate::problem::Fault;
use crate::write::Write;

/// How a submission of somebody to that assignment is graded, by a run of that plan if there is one. What came to nothing by a fault of the site or of a test has used no attempt.
pub(super) async fn grading(
    deps: &Deps,
    assignment: &assignment::Model,
    person: i64,
    plan: Option<Vec<u8>>,
) -> Result<Grading, Fault> {
    let attempts = match assignment.attempts {
        Some(most) => {
            let whose = (assignment.id, person);
            let free = run::free_of(deps.db.read(), &[whose]).await?;
            Some(most.saturating_add(free.get(&whose).copied().unwrap_or_default()))
        }
        None => None,
    };
    let wanted = assignment.template.0.iter().map(|entry| entry.name.clone()).collect();
    Ok(Grading { language: assignment.language.clone(), plan, wanted, job, attempts })
}

/// Grades a submission after all whose grading a broken sandbox, a broken test or somebody ended: who hands in the same again asks for nothing
/// else. It is held against the tests that there are now.
pub(super) async fn grade_after_all(
    deps: &Deps,
    accepted: &Accepted,
    assignment: &assignment::Model,
) -> Result<(), Fault> {
    let broken = run::Entity::find()
        .filter(run::Column::SubmissionId.eq(accepted.submission))
        .filter(run::Column::Verdict.is_in(Verdict::VOID));
    let Some(broken) = broken.one(deps.db.read()).await? else { return Ok(()) };
    let plan = plan(deps.db.read(), assignment).await?;
    let mut write = Write::begin(deps).await?;
    if run::reopen(write.tx(), broken.id).await? {
        run::plan_anew(write.tx(), broken.id, &plan).await?;
        write.enqueue(job(broken.id, accepted.course, accepted.submitter)).await?;
        write.commit().await?;
    }
    Ok(())
}

/// The job that grades a run.
fn job(run: i64, course: i64, submitter: i64) -> NewJob {
    NewJob { course: Some(course), requester: Some(submitter), ..Run::job(run) }
}
