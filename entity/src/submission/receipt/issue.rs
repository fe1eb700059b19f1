//! Making the receipts of a transaction: a constant number of statements, however many there are.
//!
//! All that can be done before is done before the chains, and what else everybody waits for, are locked: names, salts, hashes and trees are
//! [planted](plant). Under the lock the block before is read, and each course's block is hashed, signed and [appended](append). The lock lasts
//! until the transaction ends, so that comes last in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryResult, QuerySelect as _, Value,
};

use super::block::Block;
use super::encoding::Hash;
use super::holder::Holder;
use super::leaf::{self, Leaf};
use super::{Receipt, chain, merkle};
use crate::clock::{Clock, Timestamp};
use crate::file::Content;
use crate::id::{self, Kind};
use crate::identity::user;
use crate::statement::Rows;
use crate::submission::accept::HandIn;

/// A backup that is new, and to have a receipt.
#[derive(Clone, Debug)]
pub struct Fresh {
    pub backup: i64,
    pub course: i64,
    pub assignment: i64,
    pub submitter: i64,
    pub handed_in: bool,
    pub received_at: Timestamp,
    pub files: Hash,
    pub messages: Hash,
}

impl Fresh {
    /// The hand-in that became this backup.
    #[must_use]
    pub fn of(backup: i64, hand_in: &HandIn, handed_in: bool) -> Self {
        Self {
            backup,
            course: hand_in.course,
            assignment: hand_in.assignment,
            submitter: hand_in.submitter,
            handed_in,
            received_at: hand_in.received_at,
            files: leaf::files(parts(&hand_in.files)),
            messages: leaf::messages(parts(&hand_in.messages)),
        }
    }
}

fn parts(parts: &[(String, Content)]) -> impl Iterator<Item = (&str, Hash)> {
    parts.iter().map(|(name, content)| (name.as_str(), content.hash()))
}

/// What blocks are made with.
pub struct Issuer<'i> {
    /// Where people reach the site.
    pub site: &'i str,
    /// Which life of it this is.
    pub incarnation: &'i str,
    pub clock: &'i Clock,
    /// The name of the key that signs.
    pub kid: &'i str,
    pub sign: &'i (dyn Fn(&[u8]) -> Vec<u8> + Send + Sync),
}

/// A leaf with what its rows need beside it.
struct Grown {
    backup: i64,
    submitter: i64,
    leaf: Leaf,
    holder: Holder,
}

/// What is to become a block.
struct Grove {
    course: String,
    root: Hash,
    /// Each leaf with its path.
    grown: Vec<(Grown, Vec<Hash>)>,
}

/// What is to become blocks, by course.
pub struct Planted(BTreeMap<i64, Grove>);

/// Makes their receipts, by backup, of what was [planted](plant). To be called last in a transaction: it locks the chains of the courses.
///
/// # Errors
/// When the database does not answer.
pub async fn append(
    tx: &impl ConnectionTrait,
    Planted(groves): Planted,
    issuer: Issuer<'_>,
) -> Result<HashMap<i64, Receipt>, DbErr> {
    if groves.is_empty() {
        return Ok(HashMap::new());
    }
    let heads = chain::lock(tx, groves.keys().copied()).await?;
    let issued_at = issuer.clock.now();
    let mut blocks: BTreeMap<i64, Block> = BTreeMap::new();
    for (course, grove) in &groves {
        let (position, previous) = heads.get(course).copied().ok_or(DbErr::RecordNotUpdated)?;
        let mut block = Block {
            site: issuer.site.to_owned(),
            course: grove.course.clone(),
            position,
            previous,
            root: grove.root,
            leaves: i64::try_from(grove.grown.len()).unwrap_or(i64::MAX),
            incarnation: issuer.incarnation.to_owned(),
            issued_at,
            kid: issuer.kid.to_owned(),
            signature: Vec::new(),
        };
        block.signature = (issuer.sign)(block.record().written());
        blocks.insert(*course, block);
    }
    insert_blocks(tx, &blocks).await?;
    chain::note(tx, blocks.iter().map(|(course, block)| (*course, block.hash()))).await?;
    insert_receipts(tx, &groves, &blocks).await?;
    insert_holders(tx, &groves).await?;
    Ok(groves.into_iter().flat_map(|(course, grove)| receipts(grove, blocks.get(&course))).collect())
}

/// Grows the trees of the receipts, one for each course. For each backup there is a salt, which nobody can guess.
///
/// # Errors
/// When the database does not answer.
pub async fn plant(tx: &impl ConnectionTrait, fresh: &[Fresh], salts: &[Hash]) -> Result<Planted, DbErr> {
    if fresh.is_empty() {
        return Ok(Planted(BTreeMap::new()));
    }
    let missing = |what: &str, key: i64| DbErr::RecordNotFound(format!("the {what} {key} of a hand-in"));
    let (names, addresses) = (names(tx, fresh).await?, addresses(tx, fresh).await?);
    let mut by_course: BTreeMap<i64, (String, Vec<Grown>)> = BTreeMap::new();
    for (fresh, salt) in fresh.iter().zip(salts) {
        let (endpoint, course) = names.get(&fresh.assignment).ok_or_else(|| missing("assignment", fresh.assignment))?;
        let email = addresses.get(&fresh.submitter).ok_or_else(|| missing("submitter", fresh.submitter))?;
        let leaf = Leaf {
            assignment: endpoint.clone(),
            backup: id::encode(Kind::Backup, fresh.backup),
            handed_in: fresh.handed_in,
            received_at: fresh.received_at,
            files: fresh.files,
            messages: fresh.messages,
            person: leaf::person(salt, email),
        };
        let holder = Holder { email: email.clone(), salt: *salt };
        let grown = Grown { backup: fresh.backup, submitter: fresh.submitter, leaf, holder };
        by_course.entry(fresh.course).or_insert_with(|| (course.clone(), Vec::new())).1.push(grown);
    }
    let grove = |(course, grown): (String, Vec<Grown>)| {
        let hashes: Vec<Hash> = grown.iter().map(|grown| grown.leaf.hash()).collect();
        let (root, paths) = merkle::tree(&hashes);
        Grove { course, root, grown: grown.into_iter().zip(paths).collect() }
    };
    Ok(Planted(by_course.into_iter().map(|(course, grown)| (course, grove(grown))).collect()))
}

/// Of each assignment its name in addresses, and the key of its course.
async fn names(tx: &impl ConnectionTrait, fresh: &[Fresh]) -> Result<HashMap<i64, (String, String)>, DbErr> {
    let assignments = fresh.iter().map(|fresh| fresh.assignment).collect::<BTreeSet<i64>>();
    let rows: Rows = assignments.into_iter().map(|assignment| [Value::from(assignment)]).collect();
    let text = "SELECT a.id, a.endpoint, c.\"key\" AS course FROM {rows} AS v \
         JOIN assignment AS a ON a.id = v.column1 JOIN course AS c ON c.id = a.course_id";
    let found = tx.query_all_raw(rows.statement(tx.get_database_backend(), text)).await?;
    let name =
        |row: &QueryResult| Ok((row.try_get("", "id")?, (row.try_get("", "endpoint")?, row.try_get("", "course")?)));
    found.iter().map(name).collect()
}

/// The addresses of who handed in.
async fn addresses(tx: &impl ConnectionTrait, fresh: &[Fresh]) -> Result<HashMap<i64, String>, DbErr> {
    let people: BTreeSet<i64> = fresh.iter().map(|fresh| fresh.submitter).collect();
    let people = user::Entity::find().filter(user::Column::Id.is_in(people)).select_only();
    let found = people.columns([user::Column::Id, user::Column::Email]).into_tuple::<(i64, String)>().all(tx).await?;
    Ok(found.into_iter().collect())
}

async fn insert_blocks(tx: &impl ConnectionTrait, blocks: &BTreeMap<i64, Block>) -> Result<(), DbErr> {
    let row = |(course, block): (&i64, &Block)| {
        [
            Value::from(*course),
            block.position.into(),
            block.site.clone().into(),
            block.course.clone().into(),
            block.previous.to_vec().into(),
            block.root.to_vec().into(),
            block.leaves.into(),
            block.incarnation.clone().into(),
            block.issued_at.into(),
            block.kid.clone().into(),
            block.signature.clone().into(),
            block.hash().to_vec().into(),
        ]
    };
    let rows: Rows = blocks.iter().map(row).collect();
    let text = "INSERT INTO receipt_block (course_id, position, site, course, previous, root, leaves, incarnation, issued_at, kid, \
         signature, hash) SELECT * FROM {rows} AS v WHERE true";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}

async fn insert_receipts(
    tx: &impl ConnectionTrait,
    groves: &BTreeMap<i64, Grove>,
    blocks: &BTreeMap<i64, Block>,
) -> Result<(), DbErr> {
    let mut rows = Rows::default();
    for (course, grove) in groves {
        let position = blocks.get(course).map_or(0, |block| block.position);
        for (place, (grown, path)) in (0i64..).zip(&grove.grown) {
            rows.push([
                Value::from(grown.backup),
                (*course).into(),
                position.into(),
                place.into(),
                grown.leaf.assignment.clone().into(),
                grown.leaf.handed_in.into(),
                grown.leaf.received_at.into(),
                grown.leaf.files.to_vec().into(),
                grown.leaf.messages.to_vec().into(),
                grown.leaf.person.to_vec().into(),
                path.concat().into(),
            ]);
        }
    }
    let text = "INSERT INTO receipt (backup_id, course_id, position, place, assignment, handed_in, received_at, files, messages, \
         person, path) SELECT * FROM {rows} AS v WHERE true";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}

async fn insert_holders(tx: &impl ConnectionTrait, groves: &BTreeMap<i64, Grove>) -> Result<(), DbErr> {
    let all = groves.values().flat_map(|grove| &grove.grown);
    let row = |(grown, _): &(Grown, _)| {
        let Holder { email, salt } = &grown.holder;
        [Value::from(grown.backup), grown.submitter.into(), email.clone().into(), salt.to_vec().into()]
    };
    let rows: Rows = all.map(row).collect();
    let text = "INSERT INTO receipt_holder (backup_id, user_id, email, salt) SELECT * FROM {rows} AS v WHERE true";
    tx.execute_raw(rows.statement(tx.get_database_backend(), text)).await.map(drop)
}

fn receipts(grove: Grove, block: Option<&Block>) -> Vec<(i64, Receipt)> {
    let Some(block) = block else { return Vec::new() };
    let receipt = |(place, (grown, path)): (i64, (Grown, Vec<Hash>))| {
        let holder = Some(grown.holder);
        (grown.backup, Receipt { leaf: grown.leaf, holder, place, path, block: block.clone() })
    };
    (0i64..).zip(grove.grown).map(receipt).collect()
}
