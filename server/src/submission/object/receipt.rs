//! Receipts as the schema shows them.

use std::sync::Arc;

use actors::submission::receipt::examine;
use actors::submission::receipt::verify::Verified;
use async_graphql::{Context, Description, Enum, ID, Object, Result, SimpleObject};
use entity::submission::receipt;

use crate::graphql::context::request;
use crate::graphql::scalar::DateTime;
use crate::submission::loader::ReceiptOf;

/// Proof that work was taken in: what it was, when, and whose. It holds without this site, and also against it.
#[derive(Clone, Description)]
pub struct Receipt(pub Arc<receipt::Receipt>);

#[Object(use_type_description)]
impl Receipt {
    /// All of it as one line of JSON. Keep this: `verifyReceipt` and `lectern verify-receipt` take it.
    async fn text(&self) -> String {
        self.0.text()
    }

    /// Where people reached the site.
    async fn site(&self) -> &str {
        &self.0.block.site
    }

    /// The key of the course.
    async fn course_key(&self) -> &str {
        &self.0.block.course
    }

    /// The name of the assignment in addresses.
    async fn assignment_endpoint(&self) -> &str {
        &self.0.leaf.assignment
    }

    /// The global id of the backup. That of a submission differs in its first letters only.
    async fn backup_id(&self) -> ID {
        ID(self.0.leaf.backup.clone())
    }

    /// Whether it was handed in, and not only kept.
    async fn is_handed_in(&self) -> bool {
        self.0.leaf.handed_in
    }

    /// When the request with it arrived. Counts for lateness.
    async fn received_at(&self) -> DateTime {
        DateTime(self.0.leaf.received_at)
    }

    /// The hash of the files, in hexadecimal.
    async fn files_hash(&self) -> String {
        hex::encode(self.0.leaf.files)
    }

    /// The hash of the messages of the `ok` client, in hexadecimal.
    async fn messages_hash(&self) -> String {
        hex::encode(self.0.leaf.messages)
    }

    /// The hash of the address and the salt of who handed it in, in hexadecimal.
    async fn person_hash(&self) -> String {
        hex::encode(self.0.leaf.person)
    }

    /// The address of who handed it in, as it was. Null for everybody else, and when they were forgotten.
    async fn email(&self) -> Option<&str> {
        self.0.holder.as_ref().map(|holder| holder.email.as_str())
    }

    /// What shows that it is of that address, in hexadecimal. Null as `email` is.
    async fn salt(&self) -> Option<String> {
        self.0.holder.as_ref().map(|holder| hex::encode(holder.salt))
    }

    /// Its place among the leaves of the block, from 0.
    async fn place(&self) -> i32 {
        i32::try_from(self.0.place).unwrap_or(i32::MAX)
    }

    /// The hashes beside its way to the root of the block, at most 63, in hexadecimal.
    async fn path(&self) -> Vec<String> {
        self.0.path.iter().map(hex::encode).collect()
    }

    /// The block that it is in.
    async fn block(&self) -> ReceiptBlock {
        ReceiptBlock(Arc::clone(&self.0))
    }
}

/// The receipt of a backup for who may see that: with the address for its holder only.
///
/// # Errors
/// When the database does not answer.
pub async fn receipt_of(ctx: &Context<'_>, backup: i64, submitter: i64) -> Result<Option<Receipt>> {
    let request = request(ctx)?;
    let Some(receipt) = request.load(ReceiptOf(backup)).await? else { return Ok(None) };
    let is_own = request.viewer.user() == Some(submitter);
    let receipt = if is_own { receipt } else { Arc::new(Arc::unwrap_or_clone(receipt).without_holder()) };
    Ok(Some(Receipt(receipt)))
}

/// The receipts that were made together in a course, below one signature.
#[derive(Description)]
pub struct ReceiptBlock(Arc<receipt::Receipt>);

#[Object(use_type_description)]
impl ReceiptBlock {
    /// Its position in the chain of the course, from 1.
    async fn position(&self) -> i32 {
        i32::try_from(self.0.block.position).unwrap_or(i32::MAX)
    }

    /// The hash of the block before, in hexadecimal; of the first, zeros.
    async fn previous_hash(&self) -> String {
        hex::encode(self.0.block.previous)
    }

    /// The root of the tree over its receipts, in hexadecimal.
    async fn root_hash(&self) -> String {
        hex::encode(self.0.block.root)
    }

    /// Its own hash, in hexadecimal.
    async fn hash(&self) -> String {
        hex::encode(self.0.block.hash())
    }

    /// How many receipts are in it.
    async fn leaf_count(&self) -> i32 {
        i32::try_from(self.0.block.leaves).unwrap_or(i32::MAX)
    }

    /// Which life of the site it was: each restore from a backup begins another.
    async fn incarnation(&self) -> &str {
        &self.0.block.incarnation
    }

    /// When it was made, just before the work was acknowledged.
    async fn issued_at(&self) -> DateTime {
        DateTime(self.0.block.issued_at)
    }

    /// The name of the key that has signed it. All are at `/.well-known/receipt-keys.json`.
    async fn key_id(&self) -> &str {
        &self.0.block.kid
    }

    /// The signature (Ed25519), in hexadecimal.
    async fn signature(&self) -> String {
        hex::encode(&self.0.block.signature)
    }
}

/// What came of looking at a receipt.
#[derive(SimpleObject)]
pub struct ReceiptVerification {
    /// Whether everything holds that it says.
    is_good: bool,
    /// The questions with their answers, at most five.
    checks: Vec<ReceiptCheck>,
    /// What it says.
    receipt: Receipt,
}

/// A question about a receipt, and the answer.
#[derive(SimpleObject)]
pub struct ReceiptCheck {
    /// What was asked.
    question: ReceiptQuestion,
    /// What came of it.
    outcome: ReceiptOutcome,
    /// The same for a person.
    message: String,
}

/// What is asked about a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "examine::Question")]
pub enum ReceiptQuestion {
    /// Whether it is of whom it says.
    Person,
    /// Whether what it says is in its block.
    Inclusion,
    /// Whether the site has signed its block.
    Signature,
    /// Whether its block is where it was in the chain of its course.
    Chain,
    /// Whether the work is here, and as it was.
    Work,
}

/// What came of a question about a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "examine::Outcome")]
pub enum ReceiptOutcome {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// It was not asked, or cannot be told.
    Unknown,
}

impl From<Verified> for ReceiptVerification {
    fn from(verified: Verified) -> Self {
        let is_good = verified.is_good();
        let check = |finding: examine::Finding| ReceiptCheck {
            question: finding.question.into(),
            outcome: finding.outcome.into(),
            message: finding.message,
        };
        let checks = verified.findings.into_iter().map(check).collect();
        Self { is_good, checks, receipt: Receipt(Arc::new(verified.receipt)) }
    }
}
