//! Reading the chains from their beginning, a part after the other, with all that their receipts speak of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Statement,
};

use super::{block, chain, holder};
use crate::assignment;
use crate::clock::Timestamp;
use crate::id::{self, Kind};
use crate::identity::{audit, user};
use crate::submission::{self, backup, message};
use crate::{course, file};

/// The head of a course's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub course: course::Model,
    pub position: i64,
    pub hash: Vec<u8>,
    /// The last block, if it is there.
    pub last: Option<block::Model>,
}

/// The heads of all chains, by the keys of their courses; or of one. A course without receipts has none.
///
/// # Errors
/// When the database does not answer.
pub async fn heads(db: &impl ConnectionTrait, course: Option<&str>) -> Result<Vec<Head>, DbErr> {
    let mut courses = course::Entity::find().order_by_asc(course::Column::Key);
    if let Some(key) = course {
        courses = courses.filter(course::Column::Key.eq(key));
    }
    let mut heads: HashMap<i64, chain::Model> =
        chain::Entity::find().all(db).await?.into_iter().map(|row| (row.course_id, row)).collect();
    let mut found = Vec::new();
    for course in courses.all(db).await? {
        let last = block::Entity::find()
            .filter(block::Column::CourseId.eq(course.id))
            .order_by_desc(block::Column::Position)
            .one(db)
            .await?;
        match (heads.remove(&course.id), last) {
            (Some(head), last) => found.push(Head { course, position: head.position, hash: head.hash, last }),
            // Somebody has removed the head alone.
            (None, Some(last)) => {
                found.push(Head { course, position: 0, hash: Vec::new(), last: Some(last) });
            }
            (None, None) => {}
        }
    }
    Ok(found)
}

/// The chains whose courses are gone: what their blocks call the course, and how many blocks there are.
///
/// # Errors
/// When the database does not answer.
pub async fn orphans(db: &impl ConnectionTrait) -> Result<Vec<(String, i64)>, DbErr> {
    let text = "SELECT coalesce(max(k.course), '') AS course, count(k.position) AS n \
         FROM (SELECT course_id FROM receipt_chain UNION SELECT course_id FROM receipt_block) AS h \
         LEFT JOIN receipt_block AS k ON k.course_id = h.course_id \
         WHERE NOT EXISTS (SELECT 1 FROM course AS c WHERE c.id = h.course_id) GROUP BY h.course_id ORDER BY h.course_id";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), text)).await?;
    rows.iter().map(|row| Ok((row.try_get("", "course")?, row.try_get("", "n")?))).collect()
}

/// Up to `limit` blocks of a course behind a position.
///
/// # Errors
/// When the database does not answer.
pub async fn blocks(
    db: &impl ConnectionTrait,
    course: i64,
    after: i64,
    limit: u64,
) -> Result<Vec<block::Model>, DbErr> {
    block::Entity::find()
        .filter(block::Column::CourseId.eq(course))
        .filter(block::Column::Position.gt(after))
        .order_by_asc(block::Column::Position)
        .limit(limit)
        .all(db)
        .await
}

/// What is there of a backup that has a receipt.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    pub backup: Option<backup::Model>,
    /// The assignment that it is for.
    pub assignment: Option<assignment::Model>,
    /// The kinds of its messages with the names of their blobs.
    pub messages: Vec<(String, file::Digest)>,
    pub submission: Option<submission::Model>,
    pub holder: Option<holder::Model>,
    /// The address of its submitter as it is now.
    pub email: Option<String>,
    /// Whether it was handed in later than it came, and that was noted.
    pub promoted: bool,
}

/// The receipts of the blocks between two positions, in the order of the blocks and their leaves.
///
/// # Errors
/// When the database does not answer.
pub async fn receipts(
    db: &impl ConnectionTrait,
    course: i64,
    first: i64,
    last: i64,
) -> Result<Vec<super::Model>, DbErr> {
    super::Entity::find()
        .filter(super::Column::CourseId.eq(course))
        .filter(super::Column::Position.between(first, last))
        .order_by_asc(super::Column::Position)
        .order_by_asc(super::Column::Place)
        .all(db)
        .await
}

/// What is there of these backups.
///
/// # Errors
/// When the database does not answer.
pub async fn evidence(db: &impl ConnectionTrait, backups: &[i64]) -> Result<HashMap<i64, Evidence>, DbErr> {
    let wanted = || backups.iter().copied();
    let mut found: HashMap<i64, Evidence> = HashMap::new();
    let mut submitters: BTreeMap<i64, String> = BTreeMap::new();
    let rows = backup::Entity::find().filter(backup::Column::Id.is_in(wanted())).all(db).await?;
    let people = rows.iter().map(|row| row.submitter_id);
    for person in user::Entity::find().filter(user::Column::Id.is_in(people)).all(db).await? {
        submitters.insert(person.id, person.email);
    }
    let named = rows.iter().map(|row| row.assignment_id).collect::<BTreeSet<i64>>();
    let assignments = assignment::Entity::find().filter(assignment::Column::Id.is_in(named)).all(db).await?;
    for row in rows {
        let assignment = assignments.iter().find(|it| it.id == row.assignment_id).cloned();
        let email = submitters.get(&row.submitter_id).cloned();
        found.insert(row.id, Evidence { email, assignment, backup: Some(row), ..Evidence::default() });
    }
    for row in message::Entity::find().filter(message::Column::BackupId.is_in(wanted())).all(db).await? {
        found.entry(row.backup_id).or_default().messages.push((row.kind, row.digest));
    }
    for row in submission::Entity::find().filter(submission::Column::Id.is_in(wanted())).all(db).await? {
        let id = row.id;
        found.entry(id).or_default().submission = Some(row);
    }
    if found.values().any(|it| it.submission.is_some()) {
        for backup in promoted(db, submitters.keys().copied()).await? {
            if let Some(evidence) = found.get_mut(&backup) {
                evidence.promoted = true;
            }
        }
    }
    for row in holder::Entity::find().filter(holder::Column::BackupId.is_in(wanted())).all(db).await? {
        let id = row.backup_id;
        found.entry(id).or_default().holder = Some(row);
    }
    Ok(found)
}

/// The backups of these people that were handed in after all, by the audit log.
async fn promoted(db: &impl ConnectionTrait, people: impl Iterator<Item = i64>) -> Result<Vec<i64>, DbErr> {
    let noted = audit::Entity::find()
        .filter(audit::Column::Action.eq(audit::Action::BackupPromoted.word()))
        .filter(audit::Column::UserId.is_in(people));
    let backup = |row: audit::Model| {
        let details: serde_json::Value = serde_json::from_str(&row.details).ok()?;
        id::decode_as(Kind::Backup, details["backup"].as_str()?)
    };
    Ok(noted.all(db).await?.into_iter().filter_map(backup).collect())
}

/// The courses without a chain, or the one of that key if it is one, that have backups: with how many there are, and when the last came.
///
/// # Errors
/// When the database does not answer.
pub async fn chainless(
    db: &impl ConnectionTrait,
    course: Option<&str>,
) -> Result<Vec<(String, i64, Timestamp)>, DbErr> {
    let text = "SELECT c.\"key\" AS course, count(*) AS n, max(b.received_at) AS last FROM course AS c JOIN backup AS b ON b.course_id = c.id \
         WHERE NOT EXISTS (SELECT 1 FROM receipt_chain AS h WHERE h.course_id = c.id) \
         AND NOT EXISTS (SELECT 1 FROM receipt_block AS k WHERE k.course_id = c.id) GROUP BY c.\"key\" ORDER BY c.\"key\"";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), text)).await?;
    let told = rows.iter().map(|row| Ok((row.try_get("", "course")?, row.try_get("", "n")?, row.try_get("", "last")?)));
    let told: Vec<(String, i64, Timestamp)> = told.collect::<Result<_, DbErr>>()?;
    Ok(told.into_iter().filter(|(key, ..)| course.is_none_or(|wanted| wanted == key)).collect())
}

/// How many backups of a course have no receipt, and when the last of them came. They are of before there were receipts.
///
/// # Errors
/// When the database does not answer.
pub async fn without_receipt(db: &impl ConnectionTrait, course: i64) -> Result<(i64, Option<Timestamp>), DbErr> {
    let text = "SELECT count(*) AS n, max(b.received_at) AS last FROM backup AS b \
         WHERE b.course_id = $1 AND NOT EXISTS (SELECT 1 FROM receipt AS r WHERE r.backup_id = b.id)";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), text, [course.into()]);
    match db.query_one_raw(statement).await? {
        Some(row) => Ok((row.try_get("", "n")?, row.try_get("", "last")?)),
        None => Ok((0, None)),
    }
}
