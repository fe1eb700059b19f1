//! Handing in: the mark that makes a submission of a backup, and the run that grades it.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};

use crate::clock::Timestamp;
use crate::execution::language::Language;
use crate::execution::run::RunState;
use crate::file::Entries;
use crate::job::lane::Shares;
use crate::job::queue::{self, NewJob};
use crate::statement::Rows;

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
    let backend = tx.get_database_backend();
    let submissions: Rows = marks.iter().map(submission).collect();
    let text = "INSERT INTO submission (id, assignment_id, course_id, submitter_id, submitted_at) SELECT * FROM {rows} AS v WHERE true";
    tx.execute_raw(submissions.statement(backend, text)).await?;
    let runs: Rows = marks.iter().filter_map(run).collect();
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let text = "INSERT INTO run (course_id, requester_id, submission_id, language, state, plan, files, created_at) \
         SELECT * FROM {rows} AS v WHERE true RETURNING id, submission_id";
    let runs = tx.query_all_raw(runs.statement(backend, text)).await?;
    let by_backup: HashMap<i64, &Mark<'_>> = marks.iter().map(|mark| (mark.backup, mark)).collect();
    let job = |run: &QueryResult| {
        let (run, backup): (i64, i64) = (run.try_get("", "id")?, run.try_get("", "submission_id")?);
        let mark = by_backup.get(&backup).ok_or(DbErr::RecordNotInserted)?;
        Ok((mark.grading.job)(run, mark.course, mark.submitter))
    };
    let jobs: Vec<NewJob> = runs.iter().map(job).collect::<Result<_, DbErr>>()?;
    queue::enqueue(tx, &jobs, shares).await
}

fn submission(mark: &Mark<'_>) -> [Value; 5] {
    [mark.backup.into(), mark.assignment.into(), mark.course.into(), mark.submitter.into(), mark.submitted_at.into()]
}

fn run(mark: &Mark<'_>) -> Option<[Value; 8]> {
    let wanted = |name: &String| mark.grading.wanted.contains(name);
    let files = Entries(mark.files.0.iter().filter(|entry| wanted(&entry.name)).cloned().collect());
    Some([
        mark.course.into(),
        mark.submitter.into(),
        mark.backup.into(),
        mark.grading.language.clone().into(),
        RunState::Queued.into(),
        mark.grading.plan.clone()?.into(),
        serde_json::json!(files).into(),
        mark.submitted_at.into(),
    ])
}
