//! Handing in: the mark that makes a submission of a backup, and the run that grades it.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Set};

use crate::clock::Timestamp;
use crate::execution::language::Language;
use crate::execution::run::{self, RunState};
use crate::file::Entries;
use crate::job::lane::Shares;
use crate::job::queue::{self, NewJob};

/// How a submission is to be graded.
#[derive(Clone, Debug)]
pub struct Grading {
    pub language: Language,
    /// What is to be run; nothing where people grade it, or programs elsewhere.
    pub plan: Option<Vec<u8>>,
    /// The names of the files that are run.
    pub wanted: Vec<String>,
    /// The job that grades a run.
    pub job: fn(run: i64, course: i64, submitter: i64) -> NewJob,
    /// At most so many submissions are taken, of the whole group; none: as many as they like.
    pub attempts: Option<i32>,
}

/// A backup that is handed in.
#[derive(Debug)]
pub struct Mark<'g> {
    pub backup: i64,
    pub assignment: i64,
    pub course: i64,
    pub submitter: i64,
    pub files: Entries,
    /// The instant that counts for lateness.
    pub submitted_at: Timestamp,
    pub grading: &'g Grading,
}

/// Stores submissions, their runs and the jobs that grade them. None of the backups is one already; what the work of their owners says is
/// counted by the caller.
///
/// # Errors
/// When the database does not answer.
pub async fn mark(
    tx: &impl ConnectionTrait,
    marks: &[Mark<'_>],
    shares: &mut Shares,
) -> Result<Vec<queue::Enqueued>, DbErr> {
    if marks.is_empty() {
        return Ok(Vec::new());
    }
    let rows = marks.iter().map(|mark| super::ActiveModel {
        id: Set(mark.backup),
        assignment_id: Set(mark.assignment),
        course_id: Set(mark.course),
        submitter_id: Set(mark.submitter),
        submitted_at: Set(mark.submitted_at),
        points: Set(None),
    });
    super::Entity::insert_many(rows).exec_without_returning(tx).await?;
    let runs: Vec<run::ActiveModel> = marks.iter().filter_map(run).collect();
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let runs = run::Entity::insert_many(runs).exec_with_returning(tx).await?;
    let by_backup: HashMap<i64, &Mark<'_>> = marks.iter().map(|mark| (mark.backup, mark)).collect();
    let job = |run: run::Model| {
        let mark = by_backup.get(&run.submission_id?)?;
        Some((mark.grading.job)(run.id, mark.course, mark.submitter))
    };
    let jobs: Vec<NewJob> = runs.into_iter().filter_map(job).collect();
    queue::enqueue(tx, &jobs, shares).await
}

fn run(mark: &Mark<'_>) -> Option<run::ActiveModel> {
    let wanted = |name: &String| mark.grading.wanted.contains(name);
    Some(run::ActiveModel {
        course_id: Set(Some(mark.course)),
        requester_id: Set(Some(mark.submitter)),
        submission_id: Set(Some(mark.backup)),
        language: Set(mark.grading.language.clone()),
        state: Set(RunState::Queued),
        plan: Set(mark.grading.plan.clone()?),
        files: Set(Entries(mark.files.0.iter().filter(|entry| wanted(&entry.name)).cloned().collect())),
        created_at: Set(mark.submitted_at),
        ..Default::default()
    })
}
