//! Accepting what is handed in, and backups of work that is not: many in one transaction, each exactly once.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Set, Value};

use super::backup;
use super::message;
use super::work::{self, Handed};
use crate::clock::Timestamp;
use crate::execution::language::Language;
use crate::execution::run::{self, RunState};
use crate::file::{self, Entries, Entry};
use crate::job::lane::Shares;
use crate::job::queue::{self, NewJob};
use crate::statement::Rows;

/// Work that arrives. Whether its submitter may do so was checked before.
#[derive(Clone, Debug)]
pub struct HandIn {
    /// What makes two requests the same hand-in.
    pub operation_key: String,
    pub assignment: i64,
    pub course: i64,
    pub submitter: i64,
    /// Names and bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// What its client says about it: kinds, and the JSON of each as it came.
    pub messages: Vec<(String, Vec<u8>)>,
    pub client_created_at: Option<Timestamp>,
    pub received_at: Timestamp,
    /// What makes it a submission; without it, it is a backup.
    pub grading: Option<Grading>,
}

/// How a submission is to be graded.
#[derive(Clone, Debug)]
pub struct Grading {
    pub language: Language,
    pub plan: Vec<u8>,
    /// The names of the files that are run.
    pub wanted: Vec<String>,
    /// The job that grades the run with this key.
    pub job: fn(run: i64, hand_in: &HandIn) -> NewJob,
}

impl HandIn {
    /// About how many bytes it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        let plan = self.grading.as_ref().map_or(0, |grading| grading.plan.len());
        self.files.iter().chain(&self.messages).map(|(_, bytes)| bytes.len()).sum::<usize>() + plan
    }
}

/// What became of a hand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The key of the backup, and of the submission if it is one.
    pub submission: i64,
    pub course: i64,
    pub submitter: i64,
    /// Whether it is a submission, and not only a backup.
    pub handed_in: bool,
    /// True when the same came before: nothing happened this time.
    pub repeated: bool,
}

/// What a batch led to.
#[derive(Clone, Debug)]
pub struct Batch {
    /// One for each hand-in, in their order.
    pub accepted: Vec<Accepted>,
    pub jobs: Vec<queue::Enqueued>,
}

/// Stores the hand-ins with their blobs, submissions, runs and jobs. One that was stored before is answered with its first key.
///
/// # Errors
/// When the database does not answer.
pub async fn accept(tx: &impl ConnectionTrait, hand_ins: &[HandIn], shares: &mut Shares) -> Result<Batch, DbErr> {
    let parts = hand_ins.iter().flat_map(|hand_in| hand_in.files.iter().chain(&hand_in.messages));
    file::keep(tx, parts.map(|(_, bytes)| bytes.clone()).collect()).await?;
    let new = insert_backups(tx, hand_ins).await?;
    let accepted = answer(tx, hand_ins, &new).await?;
    let fresh: Vec<(i64, &HandIn)> = accepted
        .iter()
        .zip(hand_ins)
        .filter(|(answer, _)| !answer.repeated)
        .map(|(answer, hand_in)| (answer.submission, hand_in))
        .collect();
    message::keep(tx, fresh.iter().map(|(backup, hand_in)| (*backup, hand_in.messages.as_slice()))).await?;
    let handed_in: Vec<(i64, &HandIn)> = fresh.into_iter().filter(|(_, hand_in)| hand_in.grading.is_some()).collect();
    insert_submissions(tx, &handed_in).await?;
    work::count(tx, &handed(&handed_in)).await?;
    let runs = insert_runs(tx, &handed_in).await?;
    let job = |(run, hand_in): &(i64, &HandIn)| Some((hand_in.grading.as_ref()?.job)(*run, hand_in));
    let jobs: Vec<NewJob> = runs.iter().filter_map(job).collect();
    let jobs = queue::enqueue(tx, &jobs, shares).await?;
    Ok(Batch { accepted, jobs })
}

fn entries(hand_in: &HandIn) -> Entries {
    Entries(hand_in.files.iter().map(|(name, bytes)| Entry::of(name, bytes)).collect())
}

/// The keys of those that were not there before, by operation key.
async fn insert_backups(tx: &impl ConnectionTrait, hand_ins: &[HandIn]) -> Result<HashMap<String, i64>, DbErr> {
    let distinct: BTreeMap<&str, &HandIn> =
        hand_ins.iter().map(|hand_in| (hand_in.operation_key.as_str(), hand_in)).collect();
    let rows: Rows = distinct.values().map(|hand_in| backup_row(hand_in)).collect();
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let text = "INSERT INTO backup (operation_key, assignment_id, course_id, submitter_id, files, client_created_at, received_at) \
         SELECT * FROM {rows} AS v WHERE true ON CONFLICT (operation_key) DO NOTHING RETURNING id, operation_key";
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
    found.iter().map(|row| Ok((row.try_get("", "operation_key")?, row.try_get("", "id")?))).collect()
}

fn backup_row(hand_in: &HandIn) -> Vec<Value> {
    vec![
        hand_in.operation_key.clone().into(),
        hand_in.assignment.into(),
        hand_in.course.into(),
        hand_in.submitter.into(),
        serde_json::json!(entries(hand_in)).into(),
        hand_in.client_created_at.into(),
        hand_in.received_at.into(),
    ]
}

/// One answer for each hand-in: the first of a kind is new, all others are repeats of what is there.
async fn answer(
    tx: &impl ConnectionTrait,
    hand_ins: &[HandIn],
    new: &HashMap<String, i64>,
) -> Result<Vec<Accepted>, DbErr> {
    let old = hand_ins.iter().map(|hand_in| &hand_in.operation_key).filter(|key| !new.contains_key(*key));
    let old = backup::Entity::find().filter(backup::Column::OperationKey.is_in(old)).all(tx).await?;
    let old: HashMap<String, i64> = old.into_iter().map(|row| (row.operation_key, row.id)).collect();
    let mut unclaimed = new.clone();
    hand_ins
        .iter()
        .map(|hand_in| {
            let key = &hand_in.operation_key;
            let repeated = unclaimed.remove(key).is_none();
            let submission = new.get(key).or_else(|| old.get(key)).copied();
            let submission = submission.ok_or_else(|| DbErr::RecordNotFound(format!("backup {key}")))?;
            let handed_in = hand_in.grading.is_some();
            Ok(Accepted { submission, course: hand_in.course, submitter: hand_in.submitter, handed_in, repeated })
        })
        .collect()
}

async fn insert_submissions(tx: &impl ConnectionTrait, fresh: &[(i64, &HandIn)]) -> Result<(), DbErr> {
    let rows = fresh.iter().map(|(id, hand_in)| super::ActiveModel {
        id: Set(*id),
        assignment_id: Set(hand_in.assignment),
        course_id: Set(hand_in.course),
        submitter_id: Set(hand_in.submitter),
        submitted_at: Set(hand_in.received_at),
        points: Set(None),
    });
    if fresh.is_empty() {
        return Ok(());
    }
    super::Entity::insert_many(rows).exec_without_returning(tx).await.map(drop)
}

fn handed(fresh: &[(i64, &HandIn)]) -> Vec<Handed> {
    let mut works: BTreeMap<(i64, i64), (i32, i64)> = BTreeMap::new();
    for (submission, hand_in) in fresh {
        let work = works.entry((hand_in.assignment, hand_in.submitter)).or_default();
        *work = (work.0 + 1, work.1.max(*submission));
    }
    works
        .into_iter()
        .map(|((assignment, owner), (submissions, latest))| Handed { assignment, owner, submissions, latest })
        .collect()
}

async fn insert_runs<'h>(
    tx: &impl ConnectionTrait,
    fresh: &[(i64, &'h HandIn)],
) -> Result<Vec<(i64, &'h HandIn)>, DbErr> {
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    let graded = fresh.iter().filter_map(|(id, hand_in)| Some((id, hand_in, hand_in.grading.as_ref()?)));
    let rows = graded.map(|(submission, hand_in, grading)| run::ActiveModel {
        course_id: Set(Some(hand_in.course)),
        requester_id: Set(Some(hand_in.submitter)),
        submission_id: Set(Some(*submission)),
        language: Set(grading.language.clone()),
        state: Set(RunState::Queued),
        plan: Set(grading.plan.clone()),
        files: Set(Entries(entries(hand_in).0.into_iter().filter(|it| grading.wanted.contains(&it.name)).collect())),
        created_at: Set(hand_in.received_at),
        ..Default::default()
    });
    let rows = run::Entity::insert_many(rows).exec_with_returning(tx).await?;
    let by_submission: HashMap<i64, &HandIn> = fresh.iter().copied().collect();
    Ok(rows.into_iter().filter_map(|row| Some((row.id, *by_submission.get(&row.submission_id?)?))).collect())
}
