//! Walking the chains of a site from their first blocks on, beside everything that their receipts speak of, and telling whatever is not as
//! it was signed.

use std::collections::{BTreeMap, BTreeSet};

use entity::file::{self, Digest};
use entity::id::{self, Kind};
use entity::site;
use entity::submission::receipt::block::{self, Block};
use entity::submission::receipt::encoding::Hash;
use entity::submission::receipt::walk::{self, Evidence, Head};
use entity::submission::receipt::{self, chain, key, leaf, merkle};
use sea_orm::{ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde::Serialize;

use super::evidence::{names, read};
use super::examine::Keys;
use super::heads::KeptHead;
use super::verify::differences;
use crate::database::Database;

/// How many blocks are read together.
const BLOCKS: u64 = 200;
/// How many receipts are looked at together, unless a single block has more.
const RECEIPTS: i64 = 500;
/// How many files are read together.
const FILES: usize = 32;

/// What to look at, and with what.
#[derive(Debug, Default)]
pub struct Order {
    /// Only this course.
    pub course: Option<String>,
    /// The only keys that count; without them, those in the database do.
    pub keys: Option<Keys>,
    /// Heads that were kept elsewhere.
    pub heads: BTreeMap<(String, i64), KeptHead>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub courses: Vec<Chain>,
    pub faults: Vec<Fault>,
    /// What is worth knowing and no fault.
    pub notes: Vec<Fault>,
}

/// A chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chain {
    pub course: String,
    pub blocks: u64,
    pub receipts: u64,
    pub position: i64,
    pub hash: String,
    /// The lives of the site that it went through.
    pub lives: Vec<Life>,
    /// Receipts of people who were forgotten.
    pub forgotten: u64,
    /// Backups without a receipt: of before there were any.
    pub without_receipt: i64,
}

/// A life of the site: a restore begins another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Life {
    pub incarnation: String,
    /// The first block of it.
    pub first: i64,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What it is about: a `head`, `block`, `signature`, `receipt`, `holder`, `backup` or `kept_head`.
    pub about: &'static str,
    pub course: String,
    pub position: Option<i64>,
    pub backup: Option<String>,
    pub message: String,
}

/// Walks the chains. What is committed meanwhile is not seen.
///
/// # Errors
/// When the database does not answer.
pub async fn check(db: &Database, order: &Order) -> Result<Report, DbErr> {
    let tx = db.begin_snapshot().await?;
    let keys = match &order.keys {
        Some(keys) => keys.clone(),
        None => Keys::kept(key::all(&tx).await?),
    };
    let incarnation = site::find(&tx).await?.incarnation;
    let mut report = Report::default();
    let mut whole = Whole::default();
    for head in walk::heads(&tx, order.course.as_deref()).await? {
        let mut walker = Walker {
            course: &head.course.key,
            report: &mut report,
            keys: &keys,
            whole: &mut whole,
            chain: Chain {
                course: head.course.key.clone(),
                blocks: 0,
                receipts: 0,
                position: head.position,
                hash: hex::encode(&head.hash),
                lives: Vec::new(),
                forgotten: 0,
                without_receipt: walk::without_receipt(&tx, head.course.id).await?.0,
            },
            last: (0, Some(chain::BEGINNING.to_vec())),
            named: head.course.key.clone(),
        };
        walker.walk(&tx, &head).await?;
        walker.compare(&tx, &head, &order.heads, &incarnation).await?;
        let chain = walker.chain;
        report.courses.push(chain);
    }
    homeless(&tx, order, &mut report).await?;
    lost(order, &mut report);
    tx.rollback().await?;
    Ok(report)
}

/// Chains without a course, and courses without a chain.
async fn homeless(tx: &DatabaseTransaction, order: &Order, report: &mut Report) -> Result<(), DbErr> {
    for (course, blocks) in walk::orphans(tx).await? {
        if order.course.as_ref().is_none_or(|wanted| *wanted == course) {
            let message = format!("there is a chain of {blocks} blocks, and the course is gone");
            report.faults.push(Fault { about: "head", course, position: None, backup: None, message });
        }
    }
    let since = key::all(tx).await?.iter().map(|key| key.created_at).min();
    for (course, count, last) in walk::chainless(tx, order.course.as_deref()).await? {
        let message = format!("{count} backups have no receipt, and there is no chain; the last came at {last}");
        // Since there is a key to sign with, whatever comes has a receipt.
        let told = if since.is_some_and(|since| last > since) { &mut report.faults } else { &mut report.notes };
        told.push(Fault { about: "head", course, position: None, backup: None, message });
    }
    Ok(())
}

/// Courses of which a head was kept elsewhere, and that have no chain here.
fn lost(order: &Order, report: &mut Report) {
    let gone = order.heads.values().filter(|kept| {
        order.course.as_ref().is_none_or(|course| *course == kept.course)
            && !report.courses.iter().any(|chain| chain.course == kept.course)
    });
    let gone: BTreeSet<&str> = gone.map(|kept| kept.course.as_str()).collect();
    for course in gone {
        let message = "a head was kept of this course, and it has no chain here".to_owned();
        report.faults.push(Fault {
            about: "kept_head",
            course: course.to_owned(),
            position: None,
            backup: None,
            message,
        });
    }
}

/// The names of bytes that were looked at: whether they are what their names say.
#[derive(Debug, Default)]
struct Whole(BTreeMap<Digest, bool>);

impl Whole {
    async fn look(&mut self, tx: &DatabaseTransaction, names: BTreeSet<&Digest>) -> Result<(), DbErr> {
        let new: Vec<Digest> = names.into_iter().filter(|name| !self.0.contains_key(*name)).cloned().collect();
        for part in new.chunks(FILES) {
            let wanted = file::Column::Digest.is_in(part.iter().map(String::as_str));
            let found = file::Entity::find().filter(wanted).all(tx).await?;
            self.0.extend(part.iter().map(|name| (name.clone(), false)));
            self.0.extend(found.into_iter().map(|blob| {
                let same = file::digest(&blob.bytes) == blob.digest;
                (blob.digest, same)
            }));
        }
        Ok(())
    }
}

/// On the way through a chain.
struct Walker<'w> {
    course: &'w str,
    report: &'w mut Report,
    keys: &'w Keys,
    whole: &'w mut Whole,
    chain: Chain,
    /// The last block: its position, and its hash as far as it is known.
    last: (i64, Option<Vec<u8>>),
    /// What the last block calls the course.
    named: String,
}

impl Walker<'_> {
    fn fault(&mut self, about: &'static str, position: i64, backup: Option<i64>, message: impl Into<String>) {
        let backup = backup.map(|backup| id::encode(Kind::Backup, backup));
        let course = self.course.to_owned();
        self.report.faults.push(Fault { about, course, position: Some(position), backup, message: message.into() });
    }

    async fn walk(&mut self, tx: &DatabaseTransaction, head: &Head) -> Result<(), DbErr> {
        loop {
            let blocks = walk::blocks(tx, head.course.id, self.last.0, BLOCKS).await?;
            if blocks.is_empty() {
                break;
            }
            let mut rest = blocks.as_slice();
            while !rest.is_empty() {
                let mut leaves = 0;
                let fits = rest.iter().take_while(|block| {
                    leaves += block.leaves.max(1);
                    leaves <= RECEIPTS
                });
                let (part, others) = rest.split_at(fits.count().max(1));
                self.part(tx, head.course.id, part).await?;
                rest = others;
            }
        }
        let all = receipt::Entity::find().filter(receipt::Column::CourseId.eq(head.course.id)).count(tx).await?;
        let lost = all.saturating_sub(self.chain.receipts);
        if lost > 0 {
            self.fault("block", head.position, None, format!("blocks are missing of which {lost} receipts are there"));
        }
        let (position, hash) = self.last.clone();
        if (head.position, Some(&head.hash)) != (position, hash.as_ref()) {
            let message =
                format!("the chain ends at {position}, but its head is at {} or another block", head.position);
            self.fault("head", head.position, None, message);
        }
        Ok(())
    }

    async fn part(&mut self, tx: &DatabaseTransaction, course: i64, blocks: &[block::Model]) -> Result<(), DbErr> {
        let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else { return Ok(()) };
        let rows = walk::receipts(tx, course, first.position, last.position).await?;
        let keys: Vec<i64> = rows.iter().map(|row| row.backup_id).collect();
        let (evidence, unreadable) = read(tx, &keys).await?;
        self.whole.look(tx, evidence.values().flat_map(names).collect()).await?;
        let mut rest = rows.as_slice();
        for block in blocks {
            let (own, others) = rest.split_at(rest.iter().take_while(|row| row.position == block.position).count());
            rest = others;
            self.block(block);
            self.leaves(block, own);
            for row in own {
                if let Some(why) = unreadable.get(&row.backup_id) {
                    self.fault("backup", row.position, Some(row.backup_id), format!("it cannot be read: {why}"));
                    continue;
                }
                let nothing = Evidence::default();
                self.backup(row, evidence.get(&row.backup_id).unwrap_or(&nothing));
            }
        }
        Ok(())
    }

    fn block(&mut self, row: &block::Model) {
        let position = row.position;
        let (before, previous) = std::mem::replace(&mut self.last, (position, Some(row.hash.clone())));
        self.chain.blocks += 1;
        if self.chain.lives.last().is_none_or(|life| life.incarnation != row.incarnation) {
            self.chain.lives.push(Life { incarnation: row.incarnation.clone(), first: position });
        }
        if self.named != row.course {
            self.named.clone_from(&row.course);
            self.fault("block", position, None, format!("it was signed for a course called `{}`", row.course));
        }
        if position != before + 1 {
            self.fault("block", before + 1, None, format!("the blocks {} to {} are missing", before + 1, position - 1));
        } else if previous.is_some_and(|previous| previous != row.previous) {
            self.fault("block", position, None, "it does not follow the block before it");
        }
        let Ok(block) = Block::try_from(row.clone()) else {
            return self.fault("block", position, None, "a hash in it is none");
        };
        if block.hash().as_slice() != row.hash {
            self.fault("block", position, None, "it was changed: its hash is another");
        }
        match self.keys.verify(&block) {
            Some(true) => {}
            Some(false) => self.fault("signature", position, None, "it was not signed with the key that it names"),
            None => self.fault("signature", position, None, format!("its key `{}` is not known", block.kid)),
        }
    }

    fn leaves(&mut self, block: &block::Model, rows: &[receipt::Model]) {
        self.chain.receipts += rows.len() as u64;
        let position = block.position;
        if rows.len() as i64 != block.leaves {
            let message = format!("{} of its {} receipts are there", rows.len(), block.leaves);
            self.fault("block", position, None, message);
        }
        let hashes: Vec<Option<Hash>> = rows.iter().map(|row| row.leaf().ok().map(|leaf| leaf.hash())).collect();
        let all: Vec<Hash> = hashes.iter().copied().flatten().collect();
        let in_order = rows.iter().zip(0..).all(|(row, place)| row.place == place);
        let (root, paths) = merkle::tree(&all);
        let whole = all.len() as i64 == block.leaves && in_order && root.as_slice() == block.root;
        for (index, (row, hash)) in rows.iter().zip(&hashes).enumerate() {
            let path = row.hashes().ok();
            if whole {
                if path.as_ref() != paths.get(index) {
                    self.fault("receipt", position, Some(row.backup_id), "its path was changed");
                }
                continue;
            }
            let (place, leaves) = (u64::try_from(row.place).ok(), u64::try_from(block.leaves).ok());
            let reached = match (hash, place, leaves, &path) {
                (Some(hash), Some(place), Some(leaves), Some(path)) => merkle::climb(hash, place, leaves, path),
                _ => None,
            };
            if reached.is_none_or(|reached| reached.as_slice() != block.root) {
                self.fault("receipt", position, Some(row.backup_id), "it was changed: it is not in its block");
            }
        }
    }

    fn backup(&mut self, row: &receipt::Model, evidence: &Evidence) {
        let (position, backup) = (row.position, Some(row.backup_id));
        let Ok(leaf) = row.leaf() else { return };
        for change in differences(&leaf, evidence) {
            self.fault("backup", position, backup, change);
        }
        if names(evidence).any(|name| self.whole.0.get(name) != Some(&true)) {
            self.fault("backup", position, backup, "the bytes of a file or message were changed, or are gone");
        }
        self.holder(row, &leaf, evidence);
    }

    fn holder(&mut self, row: &receipt::Model, leaf: &leaf::Leaf, evidence: &Evidence) {
        let (position, backup) = (row.position, Some(row.backup_id));
        let Some(submitted) = &evidence.backup else { return };
        let Some(holder) = &evidence.holder else {
            // Who was forgotten has no address any more.
            if evidence.email.as_ref().is_some_and(|email| email.contains('@')) {
                self.fault("holder", position, backup, "its salt is gone, but nobody has forgotten whose it is");
            } else {
                self.chain.forgotten += 1;
            }
            return;
        };
        let salt = Hash::try_from(holder.salt.as_slice()).unwrap_or_default();
        if leaf::person(&salt, &holder.email) != leaf.person {
            self.fault("holder", position, backup, "whose it is was changed");
        }
        if holder.user_id != submitted.submitter_id {
            self.fault("holder", position, backup, "the backup is of somebody else");
        }
    }

    /// Compares the chain with heads that were kept elsewhere.
    async fn compare(
        &mut self,
        tx: &DatabaseTransaction,
        head: &Head,
        kept: &BTreeMap<(String, i64), KeptHead>,
        incarnation: &str,
    ) -> Result<(), DbErr> {
        for kept in kept.values().filter(|kept| kept.course == head.course.key) {
            let found = block::Entity::find_by_id((head.course.id, kept.position)).one(tx).await?;
            if found.as_ref().is_some_and(|block| hex::encode(&block.hash) == kept.hash) {
                continue;
            }
            let life = found.as_ref().map_or(incarnation, |block| block.incarnation.as_str());
            let message = format!("what was the head on {} is not in the chain", kept.at);
            if life == kept.incarnation {
                self.fault("kept_head", kept.position, None, message);
            } else {
                let (course, position) = (kept.course.clone(), Some(kept.position));
                let message = format!("{message}: the site was restored since, from a backup that does not have it");
                self.report.notes.push(Fault { about: "kept_head", course, position, backup: None, message });
            }
        }
        Ok(())
    }
}
