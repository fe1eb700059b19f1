//! Locking work: of each of these people, and of all with whom they share it.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait as _, QueryResult, Value};

use super::{Entity, Model};
use crate::statement::Rows;

/// Whose work on what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whose {
    pub assignment: i64,
    pub owner: i64,
    /// The course of the assignment.
    pub course: i64,
}

/// Work that is locked.
#[derive(Debug, Default)]
pub struct Works(BTreeMap<(i64, i64), Model>);

impl Works {
    /// Somebody's.
    #[must_use]
    pub fn of(&self, assignment: i64, owner: i64) -> Option<&Model> {
        self.0.get(&(assignment, owner))
    }

    /// Theirs, and that of those with whom they share it.
    pub fn unit(&mut self, assignment: i64, owner: i64) -> impl Iterator<Item = &mut Model> {
        let group = self.of(assignment, owner).and_then(|own| own.group_id);
        let theirs = self.0.range_mut((assignment, i64::MIN)..=(assignment, i64::MAX)).map(|(_, row)| row);
        theirs.filter(move |row| row.owner_id == owner || (group.is_some() && row.group_id == group))
    }

    /// All of it.
    pub fn rows(&self) -> impl Iterator<Item = &Model> {
        self.0.values()
    }

    /// Whether somebody's is missing.
    fn missing(&self, whose: &BTreeSet<Whose>) -> Vec<Whose> {
        whose.iter().filter(|it| self.of(it.assignment, it.owner).is_none()).copied().collect()
    }

    /// Whether all are there who share with each of these: who joined while the lock was waited for may be missing.
    fn is_whole(&self, whose: &BTreeSet<Whose>) -> bool {
        whose.iter().filter_map(|it| self.of(it.assignment, it.owner)).all(|own| {
            let mates = self.0.values().filter(|row| row.group_id.is_some() && row.group_id == own.group_id).count();
            own.group_id.is_none() || i32::try_from(mates) == Ok(own.group_size)
        })
    }
}

/// How often it is looked who shares, before the transaction is given up.
const LOOKS: usize = 32;

/// Locks the work of these people until the transaction ends, with that of all who share it, and begins it where they have not.
///
/// # Errors
/// When the database does not answer, or groups change faster than they can be looked at.
pub async fn lock(tx: &impl ConnectionTrait, whose: impl IntoIterator<Item = Whose>) -> Result<Works, DbErr> {
    let whose: BTreeSet<Whose> = whose.into_iter().collect();
    if whose.is_empty() {
        return Ok(Works::default());
    }
    // Who looks again lets go of what this look had locked: those that came meanwhile may stand before it, and all lock in one order. The
    // savepoint ends with the transaction: released before, it would leave rows that two transactions have locked, which costs more.
    let lets_go = tx.get_database_backend() == DbBackend::Postgres;
    let mark = async |word: &str| {
        if lets_go { tx.execute_unprepared(&format!("{word} look")).await.map(drop) } else { Ok(()) }
    };
    for _ in 0..LOOKS {
        mark("SAVEPOINT").await?;
        let works = look(tx, &whose).await?;
        let missing = works.missing(&whose);
        if missing.is_empty() && works.is_whole(&whose) {
            return Ok(works);
        }
        mark("ROLLBACK TO SAVEPOINT").await?;
        begin(tx, &missing).await?;
    }
    Err(DbErr::Custom("groups change faster than their work can be locked".to_owned()))
}

/// Locks what there is of the work of these people, and of those who share it by now.
pub(super) async fn look(tx: &impl ConnectionTrait, whose: &BTreeSet<Whose>) -> Result<Works, DbErr> {
    let backend = tx.get_database_backend();
    let rows: Rows = whose.iter().map(|it| [Value::from(it.assignment), it.owner.into()]).collect();
    // In the order of their keys, as everybody does who locks several.
    let lock = if backend == DbBackend::Postgres { " FOR UPDATE OF w" } else { "" };
    let text = "WITH own (assignment_id, owner_id) AS (SELECT v.column1, v.column2 FROM {rows} AS v) \
         SELECT w.* FROM work AS w WHERE (w.assignment_id, w.owner_id) IN (SELECT assignment_id, owner_id FROM own \
         UNION SELECT mate.assignment_id, mate.user_id FROM own \
         INNER JOIN member AS me ON me.assignment_id = own.assignment_id AND me.user_id = own.owner_id AND me.active \
         INNER JOIN member AS mate ON mate.group_id = me.group_id AND mate.active) ORDER BY w.assignment_id, w.owner_id";
    let statement = rows.statement(backend, &format!("{text}{lock}"));
    let found = Entity::find().from_raw_sql(statement).all(tx).await?;
    Ok(Works(found.into_iter().map(|row| ((row.assignment_id, row.owner_id), row)).collect()))
}

async fn begin(tx: &impl ConnectionTrait, missing: &[Whose]) -> Result<(), DbErr> {
    let rows: Rows = missing.iter().map(|it| [Value::from(it.assignment), it.owner.into(), it.course.into()]).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let text = "INSERT INTO work (assignment_id, owner_id, course_id) SELECT * FROM {rows} AS v WHERE true \
         ON CONFLICT (assignment_id, owner_id) DO NOTHING";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}

/// Whose work is graded by these runs.
///
/// # Errors
/// When the database does not answer.
pub async fn graded(tx: &impl ConnectionTrait, runs: &[i64]) -> Result<Vec<Whose>, DbErr> {
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Rows = runs.iter().map(|run| [Value::from(*run)]).collect();
    let text = "SELECT submission.assignment_id, submission.submitter_id, submission.course_id FROM {rows} AS v \
         INNER JOIN run ON run.id = v.column1 INNER JOIN submission ON submission.id = run.submission_id";
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
    let whose = |row: &QueryResult| {
        let (assignment, owner) = (row.try_get("", "assignment_id")?, row.try_get("", "submitter_id")?);
        Ok(Whose { assignment, owner, course: row.try_get("", "course_id")? })
    };
    found.iter().map(whose).collect()
}

/// Counts a backup of that owner that is handed in after all, and writes that.
///
/// # Errors
/// When the database does not answer.
pub async fn hand_in(
    tx: &impl ConnectionTrait,
    works: &mut Works,
    assignment: i64,
    owner: i64,
    backup: i64,
) -> Result<(), DbErr> {
    works.unit(assignment, owner).for_each(|row| row.count(backup));
    keep(tx, works).await
}

impl Model {
    /// Counts a submission with that key.
    pub(in crate::submission) fn count(&mut self, submission: i64) {
        self.submissions += 1;
        self.final_submission_id = self.flagged_submission_id.or(self.final_submission_id.max(Some(submission)));
    }
}

/// Writes what was counted since the work was locked: submissions, which counts, what came last, and how the tests went.
///
/// # Errors
/// When the database does not answer.
pub(in crate::submission) async fn keep(tx: &impl ConnectionTrait, works: &Works) -> Result<(), DbErr> {
    let row = |row: &Model| {
        [
            Value::from(row.id),
            row.submissions.into(),
            row.final_submission_id.into(),
            row.last_backup_id.into(),
            row.last_done_at.into(),
            row.failing_test.clone().into(),
            row.failing_best.into(),
            row.failing_tries.into(),
            row.failing_since.into(),
            row.tried_at.into(),
        ]
    };
    let rows: Rows = works.rows().map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let text = "UPDATE work SET submissions = v.column2, final_submission_id = v.column3, last_backup_id = v.column4, \
         last_done_at = v.column5, failing_test = v.column6, failing_best = v.column7, failing_tries = v.column8, \
         failing_since = v.column9, tried_at = v.column10 FROM {rows} AS v WHERE work.id = v.column1";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}
