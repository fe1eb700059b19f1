//! A receipt as its holder keeps it: one line of JSON. What it means is in its fields; what is hashed is made of them anew, so spaces and
//! the order of fields do not matter, and a field that is not known is refused.

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

use super::Receipt;
use super::block::Block;
use super::encoding::Hash;
use super::holder::Holder;
use super::leaf::Leaf;
use crate::clock::Timestamp;

/// The form that is written here.
const FORM: u8 = 1;
/// The longest text that can be one, in bytes; its path has at most 63 hashes.
pub const LONGEST: usize = 64 << 10;

/// Why a text is no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReceipt {
    #[error("it is longer than any receipt")]
    TooLong,
    #[error("it is no receipt: {0}")]
    Json(String),
    #[error("it is a receipt of the form {0}, and this version knows the form {FORM} only")]
    Form(u8),
    #[error("it is no receipt: `{0}` is not as it is written in one")]
    Field(&'static str),
    #[error("it is no receipt: it must have both `email` and `salt`, or neither")]
    HalfAHolder,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    lectern_receipt: u8,
    site: String,
    course: String,
    assignment: String,
    backup: String,
    handed_in: bool,
    received_at: String,
    files: String,
    messages: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    person: String,
    place: i64,
    path: Vec<String>,
    block: WrittenBlock,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBlock {
    position: i64,
    previous: String,
    root: String,
    leaves: i64,
    incarnation: String,
    issued_at: String,
    key: String,
    signature: String,
}

impl Receipt {
    /// Its text, always the same for the same receipt.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { leaf, holder, place, path, block } = self;
        let written = Written {
            lectern_receipt: FORM,
            site: block.site.clone(),
            course: block.course.clone(),
            assignment: leaf.assignment.clone(),
            backup: leaf.backup.clone(),
            handed_in: leaf.handed_in,
            received_at: leaf.received_at.to_string(),
            files: hex::encode(leaf.files),
            messages: hex::encode(leaf.messages),
            email: holder.as_ref().map(|holder| holder.email.clone()),
            salt: holder.as_ref().map(|holder| hex::encode(holder.salt)),
            person: hex::encode(leaf.person),
            place: *place,
            path: path.iter().map(hex::encode).collect(),
            block: WrittenBlock {
                position: block.position,
                previous: hex::encode(block.previous),
                root: hex::encode(block.root),
                leaves: block.leaves,
                incarnation: block.incarnation.clone(),
                issued_at: block.issued_at.to_string(),
                key: block.kid.clone(),
                signature: hex::encode(&block.signature),
            },
        };
        // Texts and numbers can always be written.
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// Reads a text. What it says need not be true.
    ///
    /// # Errors
    /// When it is no receipt.
    pub fn read(text: &str) -> Result<Self, NoReceipt> {
        if text.len() > LONGEST {
            return Err(NoReceipt::TooLong);
        }
        // A reader of fields takes a list of their values for them, too.
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| NoReceipt::Json(error.to_string()))?;
        if !value.is_object() || value.get("block").is_some_and(serde_json::Value::is_array) {
            return Err(NoReceipt::Json("it must be an object with an object `block`".to_owned()));
        }
        let written: Written = serde_json::from_str(text).map_err(|error| NoReceipt::Json(error.to_string()))?;
        if written.lectern_receipt != FORM {
            return Err(NoReceipt::Form(written.lectern_receipt));
        }
        let holder = match (written.email, written.salt) {
            (Some(email), Some(salt)) => Some(Holder { email, salt: hash(&salt, "salt")? }),
            (None, None) => None,
            _ => return Err(NoReceipt::HalfAHolder),
        };
        let leaf = Leaf {
            assignment: written.assignment,
            backup: written.backup,
            handed_in: written.handed_in,
            received_at: instant(&written.received_at, "received_at")?,
            files: hash(&written.files, "files")?,
            messages: hash(&written.messages, "messages")?,
            person: hash(&written.person, "person")?,
        };
        let block = Block {
            site: written.site,
            course: written.course,
            position: written.block.position,
            previous: hash(&written.block.previous, "previous")?,
            root: hash(&written.block.root, "root")?,
            leaves: written.block.leaves,
            incarnation: written.block.incarnation,
            issued_at: instant(&written.block.issued_at, "issued_at")?,
            kid: written.block.key,
            signature: hex::decode(&written.block.signature).map_err(|_| NoReceipt::Field("signature"))?,
        };
        let path = written.path.iter().map(|step| hash(step, "path")).collect::<Result<_, _>>()?;
        Ok(Self { leaf, holder, place: written.place, path, block })
    }
}

fn hash(text: &str, field: &'static str) -> Result<Hash, NoReceipt> {
    let mut hash = Hash::default();
    hex::decode_to_slice(text, &mut hash).map_err(|_| NoReceipt::Field(field))?;
    Ok(hash)
}

/// An instant in the one spelling that it has here.
fn instant(text: &str, field: &'static str) -> Result<Timestamp, NoReceipt> {
    let read = DateTime::parse_from_rfc3339(text).map_err(|_| NoReceipt::Field(field))?.to_utc();
    match read.to_rfc3339_opts(SecondsFormat::Micros, true) == text {
        true => Ok(Timestamp::from(read)),
        false => Err(NoReceipt::Field(field)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{LONGEST, NoReceipt};
    use crate::file::sha256;
    use crate::submission::receipt::{Receipt, leaf};

    /// Made by hand, and by another program; the page about receipts shows it.
    const EXAMPLE: &str = include_str!("../../../../docs/api/receipts/example.json");

    #[test]
    fn the_example_to_the_letter() {
        let receipt = Receipt::read(EXAMPLE).unwrap();
        assert_eq!(receipt.text(), EXAMPLE.trim());
        let hash = "9b3c4cc069a3b660893ecd6d2b127ad4933a27c72ed835c7bfaf02fef3dd1435";
        assert_eq!(hex::encode(receipt.leaf.hash()), hash);
        assert_eq!(receipt.climb(), Some(receipt.block.root));
        let block = "4cc54fc532870299407689b9f5039782bfa399198058e017e62c8e0b0db3c311";
        assert_eq!(hex::encode(receipt.block.hash()), block);
        assert_eq!(leaf::person(&[0x11; 32], "ada@example.org"), receipt.leaf.person);
        // In whatever order they come.
        let files = [("words.py", sha256(b"print(1)\n")), ("notes.txt", sha256(b""))];
        assert_eq!(leaf::files(files), receipt.leaf.files);
        assert_eq!(leaf::messages([("analytics", sha256(b"{}"))]), receipt.leaf.messages);
    }

    #[test]
    fn without_its_holder_it_proves_the_rest() {
        let receipt = Receipt::read(EXAMPLE).unwrap().without_holder();
        let text = receipt.text();
        assert!(!text.contains("ada@") && !text.contains("1111"), "{text}");
        assert_eq!(Receipt::read(&text).as_ref(), Ok(&receipt));
        assert_eq!(receipt.climb(), Some(receipt.block.root));
    }

    #[test]
    fn what_is_no_receipt_is_refused_with_the_reason() {
        let with = |change: fn(&mut Value)| {
            let mut value: Value = serde_json::from_str(EXAMPLE).unwrap();
            change(&mut value);
            Receipt::read(&value.to_string()).unwrap_err()
        };
        assert_eq!(with(|it| it["lectern_receipt"] = json!(2)), NoReceipt::Form(2));
        let listed = |value: &Value| -> Value { value.as_object().unwrap().values().cloned().collect() };
        let value: Value = serde_json::from_str(EXAMPLE).unwrap();
        assert!(matches!(Receipt::read(&listed(&value).to_string()), Err(NoReceipt::Json(_))));
        assert_eq!(with(|it| it["files"] = json!("00")), NoReceipt::Field("files"));
        assert_eq!(with(|it| it["block"]["signature"] = json!("xx")), NoReceipt::Field("signature"));
        assert_eq!(with(|it| it["received_at"] = json!("2026-11-29T12:00:00Z")), NoReceipt::Field("received_at"));
        assert_eq!(
            with(|it| it["received_at"] = json!("2026-11-29T13:00:00.000001+01:00")),
            NoReceipt::Field("received_at")
        );
        assert_eq!(with(|it| drop(it.as_object_mut().unwrap().remove("salt"))), NoReceipt::HalfAHolder);
        assert!(matches!(with(|it| it["points"] = json!(100)), NoReceipt::Json(_)), "what is not signed has no place");
        assert!(matches!(with(|it| it["block"]["note"] = json!("")), NoReceipt::Json(_)));
        assert!(matches!(Receipt::read("{}"), Err(NoReceipt::Json(_))));
        let twice = EXAMPLE.replacen("{", "{\"site\":\"https://other.example.org\",", 1);
        assert!(matches!(Receipt::read(&twice), Err(NoReceipt::Json(_))));
        assert_eq!(Receipt::read(&" ".repeat(LONGEST + 1)), Err(NoReceipt::TooLong));
    }
}
