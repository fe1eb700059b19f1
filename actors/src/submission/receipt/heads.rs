//! The heads of the chains, day by day into a file and into the log. Who keeps a copy of them elsewhere can tell later that nothing before
//! them was changed or removed, even by somebody who had the database and the keys.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;

use entity::clock::Timestamp;
use entity::site;
use entity::submission::receipt::walk;
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};

use crate::deps::Deps;
use crate::effect::Effects;
use crate::job::{BodyFault, Job, Policy, Work};
use crate::keeping::archive;
use crate::lanes;

/// The head of a chain at some time; a line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptHead {
    /// When it was written down.
    pub at: String,
    pub site: String,
    pub course: String,
    pub incarnation: String,
    pub position: i64,
    pub hash: String,
    /// When the block was made.
    pub issued_at: String,
}

/// The heads of all chains, or of one course's.
///
/// # Errors
/// When the database does not answer.
pub async fn heads(db: &impl ConnectionTrait, course: Option<&str>, now: Timestamp) -> Result<Vec<KeptHead>, DbErr> {
    let incarnation = site::find(db).await?.incarnation;
    let head = |head: walk::Head| {
        let last = head.last.filter(|last| last.position == head.position);
        KeptHead {
            at: now.to_string(),
            site: last.as_ref().map(|last| last.site.clone()).unwrap_or_default(),
            course: head.course.key,
            incarnation: last.as_ref().map_or_else(|| incarnation.clone(), |last| last.incarnation.clone()),
            position: head.position,
            hash: hex::encode(head.hash),
            issued_at: last.map(|last| last.issued_at.to_string()).unwrap_or_default(),
        }
    };
    Ok(walk::heads(db, course).await?.into_iter().map(head).collect())
}

/// Reads lines as they were written. A line that was cut off is left out.
#[must_use]
pub fn read(text: &str) -> BTreeMap<(String, i64), KeptHead> {
    let heads = text.lines().filter_map(|line| serde_json::from_str::<KeptHead>(line).ok());
    heads.map(|head| ((head.course.clone(), head.position), head)).collect()
}

fn lines(heads: &[KeptHead]) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = Vec::new();
    for head in heads {
        serde_json::to_writer(&mut text, head)?;
        text.push(b'\n');
    }
    Ok(text)
}

/// Write them down.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct KeepHeads;

impl Job for KeepHeads {
    const KIND: &'static str = "submission.keep_heads";
    const LANE: &'static str = lanes::HOUSEKEEPING;
    const POLICY: Policy = Policy::TIDYING;

    fn key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }

    async fn run(self, work: Work) -> Result<Effects, BodyFault> {
        keep(&work.deps).await?;
        Ok(Effects::none())
    }
}

/// Appends the heads to the file. Once too often does no harm.
async fn keep(deps: &Deps) -> Result<(), BodyFault> {
    let heads = heads(deps.db.read(), None, deps.clock.now()).await?;
    for head in &heads {
        let KeptHead { course, position, hash, incarnation, .. } = head;
        tracing::info!(course, position, hash, incarnation, "the head of a chain of receipts");
    }
    if heads.is_empty() {
        return Ok(());
    }
    let (text, path) = (lines(&heads)?, deps.site.receipt_heads.clone());
    let append = move || {
        if let Some(folder) = path.parent() {
            // Beside PostgreSQL nothing else may have made it.
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        archive::append_to(&path, &text)
    };
    tokio::task::spawn_blocking(append).await??;
    Ok(())
}
