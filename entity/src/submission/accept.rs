//! Accepting what is handed in, and backups of work that is not: many in one transaction, each exactly once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Value};

use super::backup;
use super::mark::{self, Grading, Mark};
use super::message;
use super::receipt::issue::Fresh;
use super::work::stuck::Try;
use super::work::{self, Whose, Works};
use crate::clock::Timestamp;
use crate::file::{self, Content, Entries};
use crate::job::lane::Shares;
use crate::job::queue;
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
    pub files: Vec<(String, Content)>,
    /// What its client says about it: kinds, and the JSON of each as it came.
    pub messages: Vec<(String, Content)>,
    pub client_created_at: Option<Timestamp>,
    pub received_at: Timestamp,
    /// What makes it a submission; without it, it is a backup.
    pub grading: Option<Grading>,
    /// How its tests went where it was made, if somebody says so.
    pub tried: Option<Try>,
}

impl HandIn {
    /// When it was done: by the client's clock, but never after it came.
    fn done_at(&self) -> Timestamp {
        self.client_created_at.map_or(self.received_at, |said| said.min(self.received_at))
    }

    fn whose(&self) -> Whose {
        Whose { assignment: self.assignment, owner: self.submitter, course: self.course }
    }

    /// About how many bytes it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        let plan = self.grading.as_ref().and_then(|grading| grading.plan.as_ref()).map_or(0, Vec::len);
        self.files.iter().chain(&self.messages).map(|(_, content)| content.bytes().len()).sum::<usize>() + plan
    }
}

/// What became of a hand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The key of the backup, and of the submission if it is one.
    pub submission: i64,
    pub assignment: i64,
    pub course: i64,
    pub submitter: i64,
    /// Whether it is a submission, and not only a backup: because it was not to be one, or because no attempt was left.
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
    /// Those that are new, for their receipts.
    pub fresh: Vec<Fresh>,
}

/// Stores the hand-ins with their blobs, submissions, runs and jobs. One that was stored before is answered with its first key. One that
/// should be handed in when no attempt is left is kept as a backup.
///
/// # Errors
/// When the database does not answer.
pub async fn accept(tx: &impl ConnectionTrait, hand_ins: &[&HandIn], shares: &mut Shares) -> Result<Batch, DbErr> {
    let mut works = work::lock(tx, hand_ins.iter().map(|hand_in| hand_in.whose())).await?;
    let new = insert_backups(tx, hand_ins, &works).await?;
    let arrived = arrived(tx, hand_ins, &new).await?;
    let fresh = || arrived.iter().zip(hand_ins.iter().copied()).filter(|(arrived, _)| !arrived.repeated);
    // Only of what is new: what came again brings the same bytes.
    let parts = fresh().flat_map(|(_, hand_in)| hand_in.files.iter().chain(&hand_in.messages));
    let contents: Vec<&Content> = parts.map(|(_, content)| content).collect();
    file::keep_all(tx, &contents).await?;
    message::keep(tx, fresh().map(|(arrived, hand_in)| (arrived.backup, hand_in.messages.as_slice()))).await?;
    let mut handed_in: Vec<(i64, &HandIn)> = Vec::new();
    let mut receipts: Vec<Fresh> = Vec::new();
    for (arrived, hand_in) in fresh() {
        let is_handed_in = take(&mut works, arrived.backup, hand_in);
        if is_handed_in {
            handed_in.push((arrived.backup, hand_in));
        }
        receipts.push(Fresh::of(arrived.backup, hand_in, is_handed_in));
    }
    let marks: Vec<Mark<'_>> = handed_in.iter().filter_map(|(backup, hand_in)| marked(*backup, hand_in)).collect();
    let jobs = mark::mark(tx, &marks, shares).await?;
    if !new.is_empty() {
        work::keep(tx, &works).await?;
    }
    Ok(Batch { accepted: answers(tx, hand_ins, &arrived, &handed_in).await?, jobs, fresh: receipts })
}

/// Counts what has come in the work of all who share it; whether it is handed in.
fn take(works: &mut Works, backup: i64, hand_in: &HandIn) -> bool {
    let (assignment, owner) = (hand_in.assignment, hand_in.submitter);
    let used = works.of(assignment, owner).map_or(0, |own| own.submissions);
    let free = |grading: &Grading| grading.attempts.is_none_or(|most| used < most);
    let handed_in = hand_in.grading.as_ref().is_some_and(free);
    // What is run here is counted when that has ended, and not twice.
    let is_run = handed_in && hand_in.grading.as_ref().is_some_and(|grading| grading.plan.is_some());
    let tried = hand_in.tried.as_ref().filter(|_| !is_run);
    for row in works.unit(assignment, owner) {
        if row.owner_id == owner {
            row.last_backup_id = row.last_backup_id.max(Some(backup));
            row.last_done_at = row.last_done_at.max(Some(hand_in.done_at()));
        }
        if handed_in {
            row.count(backup);
        }
        if let Some(tried) = tried {
            row.tried(tried, hand_in.done_at());
        }
    }
    handed_in
}

fn marked(backup: i64, hand_in: &HandIn) -> Option<Mark<'_>> {
    Some(Mark {
        backup,
        assignment: hand_in.assignment,
        course: hand_in.course,
        submitter: hand_in.submitter,
        files: entries(hand_in),
        submitted_at: hand_in.received_at,
        grading: hand_in.grading.as_ref()?,
    })
}

fn entries(hand_in: &HandIn) -> Entries {
    Entries(hand_in.files.iter().map(|(name, content)| content.entry(name)).collect())
}

/// The keys of those that were not there before, by operation key.
async fn insert_backups(
    tx: &impl ConnectionTrait,
    hand_ins: &[&HandIn],
    works: &Works,
) -> Result<HashMap<String, i64>, DbErr> {
    let distinct: BTreeMap<&str, &HandIn> =
        hand_ins.iter().map(|hand_in| (hand_in.operation_key.as_str(), *hand_in)).collect();
    let rows: Rows = distinct.values().map(|hand_in| backup_row(hand_in, works)).collect();
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let text = "INSERT INTO backup (operation_key, assignment_id, course_id, submitter_id, files, client_created_at, received_at, \
           done_at, resent) \
         SELECT * FROM {rows} AS v WHERE true ON CONFLICT (operation_key) DO NOTHING RETURNING id, operation_key";
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
    found.iter().map(|row| Ok((row.try_get("", "operation_key")?, row.try_get("", "id")?))).collect()
}

/// What is done earlier than what came before it, and comes later than it was done, could not be sent at its time.
const AT_ONCE: Duration = Duration::from_secs(60);

fn backup_row(hand_in: &HandIn, works: &Works) -> Vec<Value> {
    let done_at = hand_in.done_at();
    let own = works.of(hand_in.assignment, hand_in.submitter);
    let overtaken = own.and_then(|own| own.last_done_at).is_some_and(|last| done_at < last);
    vec![
        hand_in.operation_key.clone().into(),
        hand_in.assignment.into(),
        hand_in.course.into(),
        hand_in.submitter.into(),
        serde_json::json!(entries(hand_in)).into(),
        hand_in.client_created_at.into(),
        hand_in.received_at.into(),
        done_at.into(),
        (overtaken && done_at + AT_ONCE < hand_in.received_at).into(),
    ]
}

/// What has come, and whether it had come before.
struct Arrived {
    backup: i64,
    repeated: bool,
}

/// One for each hand-in: the first of a kind is new, all others are repeats of what is there.
async fn arrived(
    tx: &impl ConnectionTrait,
    hand_ins: &[&HandIn],
    new: &HashMap<String, i64>,
) -> Result<Vec<Arrived>, DbErr> {
    let old: Vec<&String> =
        hand_ins.iter().map(|hand_in| &hand_in.operation_key).filter(|key| !new.contains_key(*key)).collect();
    let old = match old.is_empty() {
        true => Vec::new(),
        false => backup::Entity::find().filter(backup::Column::OperationKey.is_in(old)).all(tx).await?,
    };
    let old: HashMap<String, i64> = old.into_iter().map(|row| (row.operation_key, row.id)).collect();
    let mut unclaimed = new.clone();
    hand_ins
        .iter()
        .map(|hand_in| {
            let key = &hand_in.operation_key;
            let repeated = unclaimed.remove(key).is_none();
            let backup = new.get(key).or_else(|| old.get(key)).copied();
            let backup = backup.ok_or_else(|| DbErr::RecordNotFound(format!("backup {key}")))?;
            Ok(Arrived { backup, repeated })
        })
        .collect()
}

/// One answer for each hand-in. Of a repeat the database says whether it is handed in: what was not then may be by now.
async fn answers(
    tx: &impl ConnectionTrait,
    hand_ins: &[&HandIn],
    arrived: &[Arrived],
    handed_in: &[(i64, &HandIn)],
) -> Result<Vec<Accepted>, DbErr> {
    let mut submissions: HashSet<i64> = handed_in.iter().map(|(key, _)| *key).collect();
    let repeats = arrived.iter().filter(|arrived| arrived.repeated).map(|arrived| arrived.backup);
    let repeats: Vec<i64> = repeats.filter(|key| !submissions.contains(key)).collect();
    if !repeats.is_empty() {
        let marked = super::Entity::find().filter(super::Column::Id.is_in(repeats)).all(tx).await?;
        submissions.extend(marked.into_iter().map(|row| row.id));
    }
    let answer = |(hand_in, arrived): (&&HandIn, &Arrived)| Accepted {
        submission: arrived.backup,
        assignment: hand_in.assignment,
        course: hand_in.course,
        submitter: hand_in.submitter,
        handed_in: submissions.contains(&arrived.backup),
        repeated: arrived.repeated,
    };
    Ok(hand_ins.iter().zip(arrived).map(answer).collect())
}
