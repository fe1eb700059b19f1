//! What somebody did in a course and what became of it, over all assignments, in the order of time: in pages, each by one statement.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::statement::Rows;

/// What happened, in the order of what happens at the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// Work was sent. Its time is when it was done.
    Backup,
    /// Work was handed in.
    Submission,
    /// What was handed in was run.
    Run,
    /// A score was given.
    Score,
    /// More time was asked for, or given unasked.
    Extension,
    /// Somebody chose what counts, or handed in a backup after all.
    Choice,
}

impl Kind {
    const ALL: [Self; 6] = [Self::Backup, Self::Submission, Self::Run, Self::Score, Self::Extension, Self::Choice];

    fn number(self) -> i64 {
        self as i64
    }
}

/// A place in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub at: Timestamp,
    pub kind: Kind,
    /// The key of the row that it is about: of a backup, a submission, a run, a score, an extension, an entry of the audit log.
    pub id: i64,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub place: Place,
    pub assignment: Option<i64>,
    /// Of a choice, its particulars: JSON that we wrote.
    pub details: Option<String>,
}

#[derive(FromQueryResult)]
struct Found {
    at: Timestamp,
    kind: i64,
    id: i64,
    assignment: Option<i64>,
    details: Option<String>,
}

/// Where each kind is found: the row's time, the assignment, the tables, and whose it is.
const ARMS: [(&str, &str, &str, &str); 6] = [
    ("t.done_at", "t.assignment_id", "backup AS t", "t.submitter_id"),
    ("t.submitted_at", "t.assignment_id", "submission AS t", "t.submitter_id"),
    (
        "t.created_at",
        "(SELECT s.assignment_id FROM submission AS s WHERE s.id = t.submission_id)",
        "run AS t",
        "t.submission_id IS NOT NULL AND t.requester_id",
    ),
    ("t.created_at", "t.assignment_id", "score AS t", "t.owner_id"),
    ("t.created_at", "t.assignment_id", "extension AS t", "t.user_id"),
    ("t.at", "NULL", "audit_entry AS t", "t.action IN ('submission.flagged', 'backup.promoted') AND t.user_id"),
];

fn arm(number: usize, (at, assignment, table, whose): (&str, &str, &str, &str), limit: u64) -> String {
    let details = if table.starts_with("audit_entry") { "t.details" } else { "NULL" };
    format!(
        "SELECT * FROM (SELECT {at} AS at, CAST({number} AS BIGINT) AS kind, t.id AS id, CAST({assignment} AS BIGINT) AS assignment, \
           CAST({details} AS TEXT) AS details \
         FROM p JOIN {table} ON {whose} = p.person AND t.course_id = p.course \
         WHERE ({at}, CAST({number} AS BIGINT), t.id) > (p.at, p.kind, p.id) ORDER BY {at}, t.id LIMIT {limit}) AS arm{number}"
    )
}

/// What a person did in a course behind that place. Whether somebody may see it, who asks knows.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    db: &impl ConnectionTrait,
    course: i64,
    person: i64,
    after: Option<Place>,
    limit: u64,
) -> Result<Vec<Entry>, DbErr> {
    let (at, kind, id) = after.map_or((i64::MIN, 0, 0), |place| (place.at.0, place.kind.number(), place.id));
    let row: [Value; 5] = [person.into(), course.into(), at.into(), kind.into(), id.into()];
    let rows: Rows = [row].into_iter().collect();
    let arms: Vec<String> = ARMS.iter().enumerate().map(|(number, parts)| arm(number, *parts, limit)).collect();
    let text = format!(
        "WITH p AS (SELECT column1 AS person, column2 AS course, column3 AS at, column4 AS kind, column5 AS id FROM {{rows}} AS v) \
         SELECT * FROM ({}) AS h ORDER BY at, kind, id LIMIT {limit}",
        arms.join(" UNION ALL ")
    );
    let found = Found::find_by_statement(rows.statement(db.get_database_backend(), &text)).all(db).await?;
    Ok(found.into_iter().filter_map(entry).collect())
}

fn entry(row: Found) -> Option<Entry> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.number() == row.kind)?;
    let Found { at, id, assignment, details, .. } = row;
    Some(Entry { place: Place { at, kind, id }, assignment, details })
}
