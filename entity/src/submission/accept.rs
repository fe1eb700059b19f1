//! Accepting what is handed in, and backups of work that is not: many in one transaction, each exactly once.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};

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

    /// Whose work on what it is.
    #[must_use]
    pub fn whose(&self) -> Whose {
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
    /// Whether it became one this time.
    pub marked: bool,
    /// True when the same came before.
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
/// should be handed in when no attempt is left is kept as a backup; when it comes again and may be handed in, it is, as of when it came first. `works` is the work that they are about, locked.
///
/// # Errors
/// When the database does not answer.
pub async fn accept(
    tx: &impl ConnectionTrait,
    hand_ins: &[&HandIn],
    mut works: Works,
    shares: &mut Shares,
) -> Result<Batch, DbErr> {
    let new = insert_backups(tx, hand_ins, &works).await?;
    let arrived = arrived(tx, hand_ins, &new).await?;
    let all = || arrived.iter().zip(hand_ins.iter().copied());
    let fresh = || all().filter(|(arrived, _)| !arrived.repeated);
    // Only of what is new: what came again brings the same bytes.
    let parts = fresh().flat_map(|(_, hand_in)| hand_in.files.iter().chain(&hand_in.messages));
    let contents: Vec<&Content> = parts.map(|(_, content)| content).collect();
    file::keep_all(tx, &contents).await?;
    message::keep(tx, fresh().map(|(arrived, hand_in)| (arrived.backup, hand_in.messages.as_slice()))).await?;
    let handed_in = arrived.iter().filter(|arrived| arrived.handed_in);
    let mut submissions: HashSet<i64> = handed_in.map(|arrived| arrived.backup).collect();
    let (mut marks, mut receipts, mut accepted): (Vec<Mark<'_>>, Vec<Fresh>, Vec<Accepted>) = Default::default();
    for (arrived, hand_in) in all() {
        let is_new = !submissions.contains(&arrived.backup) && take(&mut works, arrived, hand_in);
        if is_new {
            submissions.insert(arrived.backup);
            marks.extend(marked(arrived, hand_in));
        }
        if !arrived.repeated {
            receipts.push(Fresh::of(arrived.backup, hand_in, is_new));
        }
        accepted.push(answer(arrived, hand_in, submissions.contains(&arrived.backup), is_new));
    }
    let jobs = mark::mark(tx, &marks, shares).await?;
    let after_all: Vec<i64> = accepted.iter().filter(|it| it.marked && it.repeated).map(|it| it.submission).collect();
    super::value_as_scored(tx, &after_all).await?;
    if !new.is_empty() || !marks.is_empty() {
        work::keep(tx, &works).await?;
    }
    Ok(Batch { accepted, jobs, fresh: receipts })
}

/// Counts what has come in the work of all who share it; whether it is handed in.
fn take(works: &mut Works, arrived: &Arrived, hand_in: &HandIn) -> bool {
    let (backup, assignment, owner) = (arrived.backup, hand_in.assignment, hand_in.submitter);
    let used = works.of(assignment, owner).map_or(0, |own| own.submissions);
    let free = |grading: &Grading| grading.attempts.is_none_or(|most| used < most);
    let handed_in = hand_in.grading.as_ref().is_some_and(free);
    // What is run here is counted when that has ended, and not twice.
    let is_run = handed_in && hand_in.grading.as_ref().is_some_and(|grading| grading.plan.is_some());
    let tried = hand_in.tried.as_ref().filter(|_| !is_run && !arrived.repeated);
    let done_at = Some(hand_in.done_at());
    for row in works.unit(assignment, owner) {
        // What could not be sent at its time is not what was done last.
        if row.owner_id == owner && !arrived.repeated && row.last_done_at <= done_at {
            (row.last_backup_id, row.last_done_at) = (Some(backup), done_at);
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

fn marked<'h>(arrived: &Arrived, hand_in: &'h HandIn) -> Option<Mark<'h>> {
    Some(Mark {
        backup: arrived.backup,
        assignment: hand_in.assignment,
        course: hand_in.course,
        submitter: hand_in.submitter,
        files: entries(hand_in),
        submitted_at: arrived.received_at,
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
    // In the order in which they came: the last of somebody's counts. Who sends the same at the same time waits for the lock of that work.
    let mut seen: HashSet<&str> = HashSet::new();
    let distinct = hand_ins.iter().filter(|hand_in| seen.insert(&hand_in.operation_key));
    let rows: Rows = distinct.map(|hand_in| backup_row(hand_in, works)).collect();
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
#[derive(Clone, Copy)]
struct Arrived {
    backup: i64,
    repeated: bool,
    /// When it came first.
    received_at: Timestamp,
    /// Whether it was handed in before.
    handed_in: bool,
}

/// One for each hand-in: the first of a kind is new, all others are repeats of what is there.
async fn arrived(
    tx: &impl ConnectionTrait,
    hand_ins: &[&HandIn],
    new: &HashMap<String, i64>,
) -> Result<Vec<Arrived>, DbErr> {
    let old = before(tx, hand_ins.iter().map(|it| &it.operation_key).filter(|key| !new.contains_key(*key))).await?;
    let mut came: HashMap<&str, Timestamp> = HashMap::new();
    hand_ins
        .iter()
        .map(|hand_in| {
            let key = &hand_in.operation_key;
            if let Some(backup) = new.get(key).copied() {
                let repeated = came.contains_key(key.as_str());
                let received_at = *came.entry(key).or_insert(hand_in.received_at);
                return Ok(Arrived { backup, repeated, received_at, handed_in: false });
            }
            old.get(key).copied().ok_or_else(|| DbErr::RecordNotFound(format!("backup {key}")))
        })
        .collect()
}

/// What came before under these keys. What was not handed in then may be by now.
async fn before(
    tx: &impl ConnectionTrait,
    keys: impl Iterator<Item = &String>,
) -> Result<HashMap<String, Arrived>, DbErr> {
    let keys: BTreeSet<&String> = keys.collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Rows = keys.into_iter().map(|key| [Value::from(key.clone())]).collect();
    let text = "SELECT b.operation_key, b.id, b.received_at, s.id IS NOT NULL AS handed_in FROM {rows} AS v \
         INNER JOIN backup AS b ON b.operation_key = v.column1 LEFT JOIN submission AS s ON s.id = b.id";
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
    let arrived = |row: &QueryResult| {
        let (backup, received_at) = (row.try_get("", "id")?, row.try_get("", "received_at")?);
        let handed_in = row.try_get("", "handed_in")?;
        Ok((row.try_get("", "operation_key")?, Arrived { backup, repeated: true, received_at, handed_in }))
    };
    found.iter().map(arrived).collect()
}

fn answer(arrived: &Arrived, hand_in: &HandIn, handed_in: bool, marked: bool) -> Accepted {
    Accepted {
        submission: arrived.backup,
        assignment: hand_in.assignment,
        course: hand_in.course,
        submitter: hand_in.submitter,
        handed_in,
        marked,
        repeated: arrived.repeated,
    }
}
