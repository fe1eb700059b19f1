//! A score: a kind, a value, and who gave it: the tests, by a run, or a person. Of one kind only the last counts for a piece of work; those
//! before it are archived.

use std::collections::HashMap;

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter, QuerySelect as _, Value,
};

use crate::assignment;
use crate::clock::Timestamp;
use crate::execution::run;
use crate::identity::user::Person;
use crate::points::Points;
use crate::statement::Rows;
use crate::submission::{self, backup};
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, about_shared, arms, in_courses, own_in};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "score")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The key of the work that it is about. It is a backup's, which is a submission's as well where the work was handed in.
    pub submission_id: i64,
    /// The run that gave it; none for a person's. A run gives one of each kind, however often its job was tried.
    pub run_id: Option<i64>,
    pub course_id: i64,
    /// Whose work it is about.
    pub owner_id: i64,
    /// [`TOTAL`] for the sum of the tests.
    pub kind: String,
    pub value: Points,
    /// What there was to get; none where nobody says.
    pub maximum: Option<Points>,
    /// The person who gave it; none for the platform's own tests.
    pub grader_id: Option<i64>,
    pub created_at: Timestamp,
    /// The assignment of the work. None for what an earlier version wrote while this one came.
    pub assignment_id: Option<i64>,
    /// What its grader says about it, in Markdown.
    pub message: Option<String>,
    /// Since when another counts.
    pub archived_at: Option<Timestamp>,
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
    assignment_id: AssignmentId,
    message: Message,
    archived_at: ArchivedAt,
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
    /// From a submission to the scores that count, one of each kind.
    OfSubmission: submission::Model => Model, same_course, SubmissionId |row| row.submission_id, Id |row| row.id; {
        type Choice = ();

        fn meant(_: &(), _: &ViewerScope) -> Condition {
            Condition::all().add(Column::ArchivedAt.is_null())
        }
    }
}

/// The kind of a score that sums up all tests.
pub const TOTAL: &str = "total";

/// The kind of the mark on what was sent to revise what was handed in.
pub const REVISION: &str = "revision";

/// The longest name of a kind, in characters.
pub const KIND_LENGTH: usize = 64;

/// A kind as it is stored: trimmed, in lower case; none if it cannot be one. Its letters and digits, with what stands between words, are all that
/// columns of tables and rubrics need, and nothing in it is computed or hides.
#[must_use]
pub fn normal_kind(text: &str) -> Option<String> {
    let kind = text.trim().to_lowercase();
    let is_plain = |c: char| c.is_alphanumeric() || " _-./:".contains(c);
    let begins = kind.chars().next().is_some_and(char::is_alphanumeric);
    (begins && kind.chars().all(is_plain) && kind.chars().count() <= KIND_LENGTH).then_some(kind)
}

/// What a score of a run is about.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    pub submission: i64,
    pub run: i64,
    pub course: i64,
    pub owner: i64,
    pub kind: &'static str,
}

/// Writes the score that a run gave; its key, or none when the run has given one of this kind before, or a person has. What a person has
/// said of the work counts until a person says otherwise; what the run gave stands beside it among what does not count.
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
    backup::lock(tx, [given.submission]).await?;
    let before = Entity::find().filter(Column::RunId.eq(given.run)).filter(Column::Kind.eq(given.kind));
    if before.one(tx).await?.is_some() {
        return Ok(None);
    }
    let by_person = Entity::find()
        .filter(Column::SubmissionId.eq(given.submission))
        .filter(Column::Kind.eq(given.kind))
        .filter(Column::RunId.is_null())
        .filter(Column::ArchivedAt.is_null());
    let is_said = by_person.one(tx).await?.is_some();
    if !is_said {
        archive(tx, &[(given.submission, given.kind)], now).await?;
    }
    let row = [
        given.submission.into(),
        given.run.into(),
        given.course.into(),
        given.owner.into(),
        Value::from(given.kind),
        value.into(),
        maximum.into(),
        now.into(),
        is_said.then_some(now).into(),
    ];
    let rows: Rows = [row].into_iter().collect();
    let text = "INSERT INTO score (submission_id, run_id, course_id, owner_id, kind, value, maximum, created_at, archived_at, assignment_id) \
         SELECT v.*, (SELECT assignment_id FROM backup WHERE backup.id = v.column1) FROM {rows} AS v WHERE true RETURNING id";
    let written = tx.query_one_raw(rows.statement(tx.get_database_backend(), text)).await?;
    if is_said {
        return Ok(None);
    }
    if given.kind == TOTAL {
        submission::value(tx, &[(given.submission, value)]).await?;
    }
    written.map(|row| row.try_get("", "id")).transpose()
}

/// A score that a person gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewScore {
    /// The work, handed in or not.
    pub backup: i64,
    pub assignment: i64,
    pub course: i64,
    pub owner: i64,
    pub kind: String,
    pub value: Points,
    pub message: Option<String>,
    pub grader: Option<i64>,
}

/// What became of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub id: i64,
    /// What the score of that kind was before.
    pub before: Option<Points>,
}

/// How many rows a statement takes.
const AT_ONCE: usize = 500;

/// Writes the scores of people, of which no two are of the same kind and about the same work; those that they replace are archived.
///
/// # Errors
/// When the database does not answer.
pub async fn write(tx: &impl ConnectionTrait, scores: &[NewScore], now: Timestamp) -> Result<Vec<Written>, DbErr> {
    let mut all = Vec::new();
    backup::lock(tx, scores.iter().map(|score| score.backup)).await?;
    for scores in scores.chunks(AT_ONCE) {
        let places: Vec<(i64, &str)> = scores.iter().map(|score| (score.backup, score.kind.as_str())).collect();
        let before = archive(tx, &places, now).await?;
        let rows: Rows = scores.iter().map(|score| row(score, now)).collect();
        let text = "INSERT INTO score (submission_id, assignment_id, course_id, owner_id, kind, value, message, grader_id, created_at) \
             SELECT * FROM {rows} AS v WHERE true RETURNING id, submission_id, kind";
        let written = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
        let mut keys: HashMap<(i64, String), i64> = HashMap::new();
        for row in written {
            keys.insert((row.try_get("", "submission_id")?, row.try_get("", "kind")?), row.try_get("", "id")?);
        }
        for score in scores {
            let place = (score.backup, score.kind.clone());
            let id = keys.get(&place).copied().ok_or(DbErr::RecordNotInserted)?;
            all.push(Written { id, before: before.get(&place).copied() });
        }
        let totals = scores.iter().filter(|score| score.kind == TOTAL).map(|score| (score.backup, score.value));
        submission::value(tx, &totals.collect::<Vec<_>>()).await?;
    }
    Ok(all)
}

fn row(score: &NewScore, now: Timestamp) -> [Value; 9] {
    [
        score.backup.into(),
        score.assignment.into(),
        score.course.into(),
        score.owner.into(),
        score.kind.clone().into(),
        score.value.into(),
        score.message.clone().into(),
        score.grader.into(),
        now.into(),
    ]
}

/// Whether this work was ever given a score of that kind.
///
/// # Errors
/// When the database does not answer.
pub async fn was_marked(db: &impl ConnectionTrait, work: i64, kind: &str) -> Result<bool, DbErr> {
    let given = Entity::find().filter(Column::SubmissionId.eq(work)).filter(Column::Kind.eq(kind));
    Ok(given.one(db).await?.is_some())
}

/// Archives what these people's work on an assignment was given of a kind, whichever piece of it.
///
/// # Errors
/// When the database does not answer.
pub async fn archive_of(
    tx: &impl ConnectionTrait,
    assignment: i64,
    owners: &[i64],
    kind: &str,
    now: Timestamp,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::ArchivedAt, Expr::value(now))
        .filter(Column::OwnerId.is_in(owners.iter().copied()))
        .filter(Column::AssignmentId.eq(assignment))
        .filter(Column::Kind.eq(kind))
        .filter(Column::ArchivedAt.is_null())
        .exec(tx)
        .await
        .map(drop)
}

/// The last of these people's work on an assignment that has a score of a kind which counts.
///
/// # Errors
/// When the database does not answer.
pub async fn last_marked(
    db: &impl ConnectionTrait,
    assignment: i64,
    owners: &[i64],
    kind: &str,
) -> Result<Option<i64>, DbErr> {
    let marked = Entity::find()
        .select_only()
        .expr(Column::SubmissionId.max())
        .filter(Column::OwnerId.is_in(owners.iter().copied()))
        .filter(Column::AssignmentId.eq(assignment))
        .filter(Column::Kind.eq(kind))
        .filter(Column::ArchivedAt.is_null());
    Ok(marked.into_tuple::<Option<i64>>().one(db).await?.flatten())
}

/// Archives the scores of these kinds on this work; what they were.
async fn archive(
    tx: &impl ConnectionTrait,
    places: &[(i64, &str)],
    now: Timestamp,
) -> Result<HashMap<(i64, String), Points>, DbErr> {
    let rows: Rows = places.iter().map(|(backup, kind)| [Value::from(*backup), (*kind).into(), now.into()]).collect();
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let text = "UPDATE score SET archived_at = v.column3 FROM {rows} AS v WHERE score.submission_id = v.column1 \
         AND score.kind = v.column2 AND score.archived_at IS NULL RETURNING score.submission_id, score.kind, score.value";
    let archived = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
    let mut before = HashMap::new();
    for row in archived {
        before.insert((row.try_get("", "submission_id")?, row.try_get("", "kind")?), row.try_get("", "value")?);
    }
    Ok(before)
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
    From: Model => run::Model, RunId |row| row.run_id
}

crate::to_one! {
    /// From a score to the assignment of the work.
    For: Model => assignment::Brief, AssignmentId |row| row.assignment_id
}

#[cfg(test)]
mod tests {
    use super::normal_kind;

    #[test]
    fn kinds_are_told_apart_by_their_letters_alone() {
        for (text, kind) in [
            (" Composition ", Some("composition")),
            ("TOTAL", Some("total")),
            ("Partner 1", Some("partner 1")),
            ("größe", Some("größe")),
            ("", None),
            ("a\nb", None),
            ("=1+1", None),
            ("\u{202e}x", None),
            ("x\u{200b}", None),
        ] {
            assert_eq!(normal_kind(text).as_deref(), kind, "{text:?}");
        }
        assert_eq!(normal_kind(&"x".repeat(65)), None);
    }
}
