//! Looking at a receipt beside what this site has: for anybody who has one. Who does not have a good one learns nothing by it.

use std::collections::BTreeSet;

use entity::file;
use entity::id::{self, Kind};
use entity::submission::receipt::walk::{self, Evidence};
use entity::submission::receipt::{self, Receipt, block, chain, key, leaf, text};
use entity::{course, site};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _};

use super::examine::{Finding, Keys, Outcome, Question, examine};
use crate::deps::Deps;
use crate::problem::Problem;

/// What is known of a receipt.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What it says.
    pub receipt: Receipt,
    /// What was asked, each once.
    pub findings: Vec<Finding>,
}

impl Verified {
    /// Whether everything holds that it says.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let fine = |finding: &Finding| match finding.question {
            // It need not say whose it is.
            Question::Person => finding.outcome != Outcome::Fails,
            _ => finding.outcome == Outcome::Holds,
        };
        self.findings.iter().all(fine)
    }
}

/// Why it was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyCode {
    /// It is no receipt.
    NoReceipt,
}

/// Looks at a receipt.
///
/// # Errors
/// When it is none, or something breaks.
pub async fn verify(deps: &Deps, written: &str) -> Result<Verified, Problem<VerifyCode>> {
    let receipt = Receipt::read(written.trim())
        .map_err(|why: text::NoReceipt| Problem::refused(VerifyCode::NoReceipt, why.to_string()))?;
    let db = deps.db.read();
    let keys = Keys::kept(key::all(db).await?);
    let mut findings = examine(&receipt, &keys);
    let is_ours = findings.iter().all(|finding| match finding.question {
        Question::Person => finding.outcome != Outcome::Fails,
        _ => finding.outcome == Outcome::Holds,
    });
    if !is_ours {
        // What is told of the site's rows is for who has a receipt of them, not for who writes one.
        let not_asked =
            |question| Finding::new(question, Outcome::Unknown, "It was not looked at: the rest must hold first.");
        findings.extend([Question::Chain, Question::Work].map(not_asked));
        return Ok(Verified { receipt, findings });
    }
    findings.push(in_chain(db, &receipt).await?);
    findings.push(work(db, &receipt).await?);
    Ok(Verified { receipt, findings })
}

/// Whether its block is where it was.
async fn in_chain(db: &impl ConnectionTrait, receipt: &Receipt) -> Result<Finding, DbErr> {
    let found = |outcome, message: &str| Ok(Finding::new(Question::Chain, outcome, message));
    let hash = receipt.block.hash();
    let stored = block::Entity::find().filter(block::Column::Hash.eq(hash.to_vec())).one(db).await?;
    let Some(stored) = stored else { return not_stored(db, receipt).await };
    let (course, position) = (stored.course_id, stored.position);
    let same = block::Block::try_from(stored).is_ok_and(|stored| stored == receipt.block);
    // The head first: what comes to be behind it meanwhile is there when it is looked for.
    let head = chain::Entity::find_by_id(course).one(db).await?;
    let followed = match head.filter(|head| head.position == position) {
        Some(head) => head.hash == hash,
        None => {
            let next = block::Entity::find_by_id((course, position + 1)).one(db).await?;
            next.is_some_and(|next| next.previous == hash)
        }
    };
    match same && followed {
        true => found(Outcome::Holds, "Its block is in the chain of its course."),
        false => found(Outcome::Fails, "Its block is here, but was changed, or what follows does not follow it."),
    }
}

async fn not_stored(db: &impl ConnectionTrait, receipt: &Receipt) -> Result<Finding, DbErr> {
    let here = site::find(db).await?;
    let course = course::Entity::find().filter(course::Column::Key.eq(receipt.block.course.as_str())).one(db).await?;
    let other = match &course {
        Some(course) => block::Entity::find_by_id((course.id, receipt.block.position)).one(db).await?,
        None => None,
    };
    let life = other.map_or(here.incarnation, |other| other.incarnation);
    let message = if life == receipt.block.incarnation {
        "The site has signed its block, but it is not in the chain here: the history was changed."
    } else {
        "The site has signed its block in another life: since then it was restored from a backup that does not have it."
    };
    Ok(Finding::new(Question::Chain, Outcome::Fails, message))
}

/// Whether what it is about is there, and as it was.
async fn work(db: &impl ConnectionTrait, receipt: &Receipt) -> Result<Finding, DbErr> {
    let found = |outcome, message: &str| Ok(Finding::new(Question::Work, outcome, message));
    let key = id::decode_as(Kind::Backup, &receipt.leaf.backup).unwrap_or(0);
    let row = receipt::Entity::find_by_id(key).one(db).await?;
    let mine = row.and_then(|row| row.leaf().ok()).is_some_and(|leaf| leaf == receipt.leaf);
    let evidence = walk::evidence(db, &[key]).await?.remove(&key).unwrap_or_default();
    if evidence.backup.is_none() || !mine {
        return found(Outcome::Fails, "The work is not here any more.");
    }
    let mut changes = differences(&receipt.leaf, &evidence);
    if !blobs_are_whole(db, &evidence).await? {
        changes.push("the bytes of a file or message were changed".to_owned());
    }
    match changes.is_empty() {
        true => found(Outcome::Holds, "The work is here, and as it was."),
        false => found(Outcome::Fails, "The work is here, but is not as it was."),
    }
}

/// What is not as a leaf says, in words for who runs the site.
pub(super) fn differences(leaf: &leaf::Leaf, evidence: &Evidence) -> Vec<String> {
    let Some(backup) = &evidence.backup else { return vec!["the backup is gone".to_owned()] };
    let mut changes = Vec::new();
    let mut unless = |same: bool, change: &str| {
        if !same {
            changes.push(change.to_owned());
        }
    };
    let files = backup.files.0.iter().map(|entry| (entry.name.as_str(), file::bytes_of(&entry.digest)));
    unless(leaf::files(files) == leaf.files, "its files are others");
    let messages = evidence.messages.iter().map(|(kind, digest)| (kind.as_str(), file::bytes_of(digest)));
    unless(leaf::messages(messages) == leaf.messages, "its messages are others");
    let place = evidence.assignment.as_ref().map(|it| (it.endpoint.as_str(), it.course_id));
    unless(place == Some((leaf.assignment.as_str(), backup.course_id)), "it is for another assignment");
    unless(backup.received_at == leaf.received_at, "the time when it arrived is another");
    match &evidence.submission {
        Some(submission) => {
            let handed_in = leaf.handed_in || evidence.promoted;
            unless(handed_in, "it is a submission, though it was only kept, and nobody has handed it in since");
            unless(submission.submitted_at == leaf.received_at, "the time when it was handed in is another");
            let same = (submission.submitter_id, submission.assignment_id, submission.course_id)
                == (backup.submitter_id, backup.assignment_id, backup.course_id);
            unless(same, "the submission is of somebody else, or of something else");
        }
        None => unless(!leaf.handed_in, "it is no submission any more"),
    }
    changes
}

/// Whether the bytes of the backup's files and messages are those that their names say.
pub(super) async fn blobs_are_whole(db: &impl ConnectionTrait, evidence: &Evidence) -> Result<bool, DbErr> {
    let files = evidence.backup.iter().flat_map(|backup| &backup.files.0).map(|entry| &entry.digest);
    let names: BTreeSet<&file::Digest> = files.chain(evidence.messages.iter().map(|(_, digest)| digest)).collect();
    let wanted = file::Entity::find().filter(file::Column::Digest.is_in(names.iter().map(|name| name.as_str())));
    let blobs = wanted.all(db).await?;
    Ok(blobs.len() == names.len() && blobs.iter().all(|blob| file::digest(&blob.bytes) == blob.digest))
}
