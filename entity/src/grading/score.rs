//! A score: a kind, a value, and who gave it. One for each run and kind, however often the run's job was tried.

use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Value,
};

use crate::clock::Timestamp;
use crate::execution::run;
use crate::identity::user::Person;
use crate::points::Points;
use crate::statement::Rows;
use crate::submission;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, about_shared, arms, in_courses, own_in};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "score")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub submission_id: i64,
    pub run_id: i64,
    pub course_id: i64,
    /// Whose work it is about.
    pub owner_id: i64,
    /// [`TOTAL`] for the sum of the tests.
    pub kind: String,
    pub value: Points,
    pub maximum: Points,
    /// The person who gave it; none for the platform's own tests.
    pub grader_id: Option<i64>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    submission_id: SubmissionId,
    run_id: RunId,
    course_id: CourseId,
    owner_id: OwnerId,
    kind: Kind,
    value: Value,
    maximum: Maximum,
    grader_id: GraderId,
    created_at: CreatedAt,
});

/// One's own, those of one's group, and those of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(
            scope,
            [
                own_in(Column::OwnerId, Column::CourseId, scope),
                about_shared(Column::SubmissionId, Column::CourseId, scope),
                in_courses(Column::CourseId, scope.courses(Permission::ReviewWork)),
            ],
        )
    }
}

crate::to_many! {
    /// From a submission to its scores.
    OfSubmission: submission::Model => Model, same_course, SubmissionId |row| row.submission_id, Id |row| row.id
}

/// The kind of a score that sums up all tests.
pub const TOTAL: &str = "total";

/// What a score is about.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    pub submission: i64,
    pub run: i64,
    pub course: i64,
    pub owner: i64,
    pub kind: &'static str,
}

/// Writes the score that a run gave; its key, or none when the run has given one of this kind before.
///
/// # Errors
/// When the database does not answer.
pub async fn give(
    tx: &impl ConnectionTrait,
    given: &Given,
    value: Points,
    maximum: Points,
    now: Timestamp,
) -> Result<Option<i64>, DbErr> {
    let row = [
        given.submission.into(),
        given.run.into(),
        given.course.into(),
        given.owner.into(),
        Value::from(given.kind),
        value.into(),
        maximum.into(),
        now.into(),
    ];
    let rows: Rows = [row].into_iter().collect();
    let text = "INSERT INTO score (submission_id, run_id, course_id, owner_id, kind, value, maximum, created_at) SELECT * FROM {rows} AS v WHERE true \
         ON CONFLICT (run_id, kind) DO NOTHING RETURNING id";
    let Some(written) = tx.query_one_raw(rows.statement(tx.get_database_backend(), text)).await? else {
        return Ok(None);
    };
    if given.kind == TOTAL {
        submission::value(tx, given.submission, value).await?;
    }
    written.try_get("", "id").map(Some)
}

crate::to_one! {
    /// From a score to who gave it.
    By: Model => Person, GraderId |row| row.grader_id
}

crate::to_one! {
    /// From a score to its submission.
    Of: Model => submission::Model, SubmissionId |row| Some(row.submission_id)
}

crate::to_one! {
    /// From a score to the run that gave it.
    From: Model => run::Model, RunId |row| Some(row.run_id)
}
