//! A run: one execution in the sandbox, with what it was given and what came of it.

use std::collections::HashMap;

use sea_orm::sea_query::{Condition, Expr, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey,
    DeriveRelation, EntityTrait, EnumIter, PaginatorTrait, PrimaryKeyTrait, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, Value,
};

use super::language::Language;
use super::record;
use super::verdict::{Blame, Verdict};
use crate::clock::Timestamp;
use crate::content::exercise;
use crate::course;
use crate::file;
use crate::identity::user::Person;
use crate::statement::Rows;
use crate::submission::{self, backup};
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, about_shared, arms, in_courses, own_in};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "run")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// None for a program of somebody's own.
    pub course_id: Option<i64>,
    /// Who asked for it; for a submission, who handed it in. None for a [guest](super::guest).
    pub requester_id: Option<i64>,
    /// What is practised, if it is an attempt at an exercise.
    pub exercise_id: Option<i64>,
    /// What is graded, if it grades a submission.
    pub submission_id: Option<i64>,
    pub language: Language,
    pub state: RunState,
    /// What is to be done, tests and expected values included. JSON in bytes; never leaves the server.
    pub plan: Vec<u8>,
    /// The program.
    #[sea_orm(column_type = "Json")]
    pub files: file::Entries,
    pub verdict: Option<Verdict>,
    pub blame: Option<Blame>,
    /// Steps, tests, evidence and message. JSON in bytes, because programs may put anything into it.
    pub outcome: Option<Vec<u8>>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// What is done with a program of somebody's own: `run`, `compile`, `submit`, `prove`, ….
    pub mode: Option<String>,
    /// For a program of somebody's own, once it is done: the exit status that a command line would show.
    pub status: Option<i32>,
    /// What staff tries, if it is somebody's backup. Neither the work nor its owner hears of it.
    pub backup_id: Option<i64>,
    /// The names of the tests that did not pass, as a list in JSON that we wrote, once it is done.
    pub failed: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, {
    id: Id,
    course_id: CourseId,
    requester_id: RequesterId,
    exercise_id: ExerciseId,
    submission_id: SubmissionId,
    language: Language,
    state: State,
    plan: Plan,
    files: Files,
    verdict: Verdict,
    blame: Blame,
    outcome: Outcome,
    created_at: CreatedAt,
    finished_at: FinishedAt,
    mode: Mode,
    status: Status,
    backup_id: BackupId,
    failed: Failed,
});

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum RunState {
    /// Waits for its job, or is being worked on; the job knows which.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// Has a verdict.
    #[sea_orm(string_value = "done")]
    Done,
}

impl Model {
    /// Whether the viewer may see what of it is for staff: why the sandbox broke, hidden tests. Of a program of somebody's own, who
    /// runs the site may.
    #[must_use]
    pub fn may_review(&self, scope: &ViewerScope) -> bool {
        match self.course_id {
            Some(course) => scope.may(Permission::ReviewWork, course),
            None => scope.may_administer(),
        }
    }
}

/// One's own, those that grade the work of one's group, and those of one's students. A guest's, nobody's but the site's staff. What staff tries is
/// for those who review work, and not for who asked for it and does not any more.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                own_in(Column::RequesterId, Column::CourseId, scope)
                    .map(|arm| arm.and_by_row(Column::BackupId.is_null())),
                about_shared(Column::SubmissionId, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::ReviewWork)),
            ],
        )
    }
}

crate::to_many! {
    /// From a backup to the runs by which staff tried it.
    OfBackup: backup::Model => Model, same_course, BackupId |row| row.backup_id.unwrap_or_default(), Id |row| row.id
}

crate::to_one! {
    /// From a run to the backup that it tries.
    Trying: Model => backup::Model, BackupId |row| row.backup_id
}

crate::to_many! {
    /// From a submission to its runs.
    OfSubmission: submission::Model => Model, same_course, SubmissionId |row| row.submission_id.unwrap_or_default(), Id |row| row.id
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Ending {
    pub run: i64,
    pub verdict: Verdict,
    pub blame: Option<Blame>,
    pub outcome: Vec<u8>,
    /// For a program of somebody's own.
    pub status: Option<i32>,
    /// The tests that did not pass, as they are stored.
    pub failed: Option<String>,
}

/// Gives the run its verdict. False when it has one already: the first stays.
///
/// # Errors
/// When the database does not answer.
pub async fn finish(tx: &impl ConnectionTrait, ending: &Ending, now: Timestamp) -> Result<bool, DbErr> {
    let changed = Entity::update_many()
        .col_expr(Column::State, Expr::value(RunState::Done))
        .col_expr(Column::Verdict, Expr::value(ending.verdict))
        .col_expr(Column::Blame, Expr::value(ending.blame))
        .col_expr(Column::Outcome, Expr::value(ending.outcome.clone()))
        .col_expr(Column::Status, Expr::value(ending.status))
        .col_expr(Column::Failed, Expr::value(ending.failed.clone()))
        .col_expr(Column::FinishedAt, Expr::value(now))
        .filter(Column::Id.eq(ending.run))
        .filter(Column::State.eq(RunState::Queued))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected > 0)
}

/// How many programs of their own somebody has that are not done.
///
/// # Errors
/// When the database does not answer.
pub async fn own_waiting(db: &impl ConnectionTrait, person: i64) -> Result<u64, DbErr> {
    Entity::find()
        .filter(Column::RequesterId.eq(person))
        .filter(Column::State.eq(RunState::Queued))
        .filter(Column::CourseId.is_null())
        .count(db)
        .await
}

/// How many backups somebody has tried that are not done.
///
/// # Errors
/// When the database does not answer.
pub async fn trying(db: &impl ConnectionTrait, person: i64) -> Result<u64, DbErr> {
    Entity::find()
        .filter(Column::RequesterId.eq(person))
        .filter(Column::State.eq(RunState::Queued))
        .filter(Column::BackupId.is_not_null())
        .count(db)
        .await
}

/// Takes back the verdict of a run that a broken sandbox, a broken test or somebody ended, with what it wrote, so that it can be carried out after all. False
/// when it ended otherwise, or somebody else was faster.
///
/// # Errors
/// When the database does not answer.
pub async fn reopen(tx: &impl ConnectionTrait, run: i64) -> Result<bool, DbErr> {
    let reopened = Entity::update_many()
        .col_expr(Column::State, Expr::value(RunState::Queued))
        .col_expr(Column::Verdict, Expr::value(None::<Verdict>))
        .col_expr(Column::Blame, Expr::value(None::<Blame>))
        .col_expr(Column::Outcome, Expr::value(None::<Vec<u8>>))
        .col_expr(Column::Failed, Expr::value(None::<String>))
        .col_expr(Column::FinishedAt, Expr::value(None::<Timestamp>))
        .filter(Column::Id.eq(run))
        .filter(Column::Verdict.is_in(Verdict::VOID))
        .exec(tx)
        .await?;
    if reopened.rows_affected == 0 {
        return Ok(false);
    }
    record::forget(tx, [run]).await?;
    Ok(true)
}

/// Gives a run that waits another plan.
///
/// # Errors
/// When the database does not answer.
pub async fn plan_anew(tx: &impl ConnectionTrait, run: i64, plan: &[u8]) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Plan, Expr::value(plan.to_vec()))
        .filter(Column::Id.eq(run))
        .filter(Column::State.eq(RunState::Queued))
        .exec(tx)
        .await
        .map(drop)
}

/// How many submissions came to nothing by a fault of the site or of a test, of each of these (assignment, person) and of all with whom they
/// share the work: these have used no attempt. Whoever is not in it has none.
///
/// # Errors
/// When the database does not answer.
pub async fn free_of(db: &impl ConnectionTrait, whose: &[(i64, i64)]) -> Result<HashMap<(i64, i64), i32>, DbErr> {
    let rows: Rows = whose.iter().map(|(assignment, person)| [Value::from(*assignment), (*person).into()]).collect();
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let text = "WITH p (assignment_id, person_id) AS (SELECT v.column1, v.column2 FROM {rows} AS v), \
         sharing (assignment_id, person_id, mate_id) AS (SELECT assignment_id, person_id, person_id FROM p \
           UNION SELECT p.assignment_id, p.person_id, mate.user_id FROM p \
           INNER JOIN member AS me ON me.assignment_id = p.assignment_id AND me.user_id = p.person_id AND me.active \
           INNER JOIN member AS mate ON mate.group_id = me.group_id AND mate.active) \
         SELECT sharing.assignment_id, sharing.person_id, count(*) AS free FROM sharing \
         INNER JOIN submission AS s ON s.submitter_id = sharing.mate_id AND s.assignment_id = sharing.assignment_id \
         INNER JOIN run AS r ON r.submission_id = s.id AND r.verdict IN ('sandbox_error', 'test_error') \
         GROUP BY sharing.assignment_id, sharing.person_id";
    let found = db.query_all_raw(rows.statement(db.get_database_backend(), text)).await?;
    let free = |row: &QueryResult| {
        let count: i64 = row.try_get("", "free")?;
        Ok((
            (row.try_get("", "assignment_id")?, row.try_get("", "person_id")?),
            i32::try_from(count).unwrap_or(i32::MAX),
        ))
    };
    found.iter().map(free).collect()
}

/// Runs of submissions to that assignment that a broken test left ungraded, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn left_by_tests(db: &impl ConnectionTrait, assignment: i64, most: u64) -> Result<Vec<Model>, DbErr> {
    let handed_in = Query::select()
        .column(submission::Column::Id)
        .from(submission::Entity)
        .and_where(submission::Column::AssignmentId.eq(assignment))
        .to_owned();
    Entity::find()
        .filter(Column::Verdict.eq(Verdict::TestError))
        .filter(Column::SubmissionId.in_subquery(handed_in))
        .order_by_asc(Column::Id)
        .limit(most)
        .all(db)
        .await
}

crate::to_many! {
    /// From an exercise to the viewer's attempts.
    OwnAtExercise: exercise::Model => Model, any_course, ExerciseId |row| row.exercise_id.unwrap_or_default(), Id |row| row.id; {
        type Choice = ();

        fn meant(_: &(), scope: &ViewerScope) -> Condition {
            Condition::all().add(Column::RequesterId.eq(scope.user().unwrap_or_default()))
        }
    }
}

crate::to_one! {
    /// From a run to the exercise that it tries.
    Tries: Model => exercise::Model, ExerciseId |row| row.exercise_id
}

crate::to_one! {
    /// From a run to the submission that it grades.
    Grades: Model => submission::Model, SubmissionId |row| row.submission_id
}

crate::to_one! {
    /// From a run to who asked for it.
    By: Model => Person, RequesterId |row| row.requester_id
}

crate::to_one! {
    /// From a run to its course.
    In: Model => course::Model, CourseId |row| row.course_id
}
