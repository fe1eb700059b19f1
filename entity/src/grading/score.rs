//! A score: a kind, a value, and who gave it. One for each run and kind, however often the run's job was tried.

use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Value,
};

use crate::clock::Timestamp;
use crate::edge::{ToMany, ToOne};
use crate::execution::run;
use crate::identity::user::Person;
use crate::points::Points;
use crate::statement::Rows;
use crate::submission;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses, own};

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

/// One's own, and those of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(scope, [own(Column::OwnerId, scope), in_courses(Column::CourseId, &scope.courses(Permission::ReviewWork))])
    }
}

/// From a submission to its scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OfSubmission;

impl ToMany for OfSubmission {
    type Parent = submission::Model;
    type Child = Model;
    type Choice = ();
    const PARENT: Column = Column::SubmissionId;
    const PLACE: Column = Column::Id;
    const SAME_COURSE: bool = true;

    fn parent(row: &Model) -> i64 {
        row.submission_id
    }

    fn place(row: &Model) -> i64 {
        row.id
    }
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

/// From a score to who gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct By;

impl ToOne for By {
    type Parent = Model;
    type Child = Person;
    const CHILD: Column = Column::GraderId;

    fn child(row: &Model) -> Option<i64> {
        row.grader_id
    }
}

/// From a score to its submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Of;

impl ToOne for Of {
    type Parent = Model;
    type Child = submission::Model;
    const CHILD: Column = Column::SubmissionId;

    fn child(row: &Model) -> Option<i64> {
        Some(row.submission_id)
    }
}

/// From a score to the run that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct From;

impl ToOne for From {
    type Parent = Model;
    type Child = run::Model;
    const CHILD: Column = Column::RunId;

    fn child(row: &Model) -> Option<i64> {
        Some(row.run_id)
    }
}
