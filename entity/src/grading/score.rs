//! A score: a kind, a value, and who gave it. One for each run and kind, however often the run's job was tried.

use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Value,
};

use crate::clock::Timestamp;
use crate::points::Points;
use crate::statement::Rows;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Viewable, arms, in_courses, own};

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
    /// `total` for the sum of the tests.
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

/// One's own, and those of one's students.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Condition> {
        arms(scope, [own(Column::OwnerId, scope), in_courses(Column::CourseId, &scope.courses(Permission::ReviewWork))])
    }
}

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
    let written = tx.query_one_raw(rows.statement(tx.get_database_backend(), text)).await?;
    written.map(|row| row.try_get("", "id")).transpose()
}
