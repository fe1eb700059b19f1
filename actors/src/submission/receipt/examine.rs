//! Looking at a receipt alone: what it proves to whoever has the site's public keys. Asks nobody, and needs no site.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::submission::receipt::Receipt;
use entity::submission::receipt::block::Block;
use entity::submission::receipt::key;
use entity::submission::receipt::leaf;
use serde_json::{Value, json};

/// What can be asked about a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Whether it is of whom it says.
    Person,
    /// Whether what it says is a leaf of its block.
    Inclusion,
    /// Whether the site has signed its block.
    Signature,
    /// Whether its block is where it was in the chain of this site.
    Chain,
    /// Whether what it is about is there, and as it was.
    Work,
}

impl Question {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Inclusion => "inclusion",
            Self::Signature => "signature",
            Self::Chain => "chain",
            Self::Work => "work",
        }
    }
}

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Holds,
    Fails,
    /// It was not asked, or cannot be told.
    Unknown,
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Unknown => "unknown",
        }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub question: Question,
    pub outcome: Outcome,
    /// The same in words.
    pub message: String,
}

impl Finding {
    pub(super) fn new(question: Question, outcome: Outcome, message: impl Into<String>) -> Self {
        Self { question, outcome, message: message.into() }
    }
}

/// Public keys, by name. A key without a name is tried for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    named: BTreeMap<String, Vec<u8>>,
    nameless: Vec<Vec<u8>>,
}

/// Why keys cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKeys {
    #[error("this is no set of keys in JSON (RFC 7517): {0}")]
    Json(String),
    #[error("`{0}` is not the public half of an Ed25519 key, which is 43 letters of base64url")]
    Key(String),
}

impl Keys {
    /// The keys that a site has kept.
    #[must_use]
    pub fn kept(rows: Vec<key::Model>) -> Self {
        Self { named: rows.into_iter().map(|row| (row.kid, row.public)).collect(), nameless: Vec::new() }
    }

    /// Reads a set of keys as a site publishes it, and adds them.
    ///
    /// # Errors
    /// When it is none.
    pub fn add_set(&mut self, text: &str) -> Result<(), NoKeys> {
        let set: Value = serde_json::from_str(text).map_err(|error| NoKeys::Json(error.to_string()))?;
        let keys = set["keys"].as_array().ok_or_else(|| NoKeys::Json("it has no `keys`".to_owned()))?;
        for key in keys.iter().filter(|key| key["crv"] == "Ed25519") {
            let (kid, x) = (key["kid"].as_str().unwrap_or_default(), key["x"].as_str().unwrap_or_default());
            self.add(if kid.is_empty() { x.to_owned() } else { format!("{kid}:{x}") }.as_str())?;
        }
        Ok(())
    }

    /// Adds a key: its 43 letters, with its name and a colon before if it has one.
    ///
    /// # Errors
    /// When it is none.
    pub fn add(&mut self, written: &str) -> Result<(), NoKeys> {
        let (kid, x) = written.rsplit_once(':').map_or((None, written), |(kid, x)| (Some(kid), x));
        let public = URL_SAFE_NO_PAD.decode(x).ok().filter(|public| public.len() == 32);
        let public = public.ok_or_else(|| NoKeys::Key(x.to_owned()))?;
        match kid {
            Some(kid) => drop(self.named.insert(kid.to_owned(), public)),
            None => self.nameless.push(public),
        }
        Ok(())
    }

    /// Whether the key that a block names has signed it; none when there is no such key here.
    #[must_use]
    pub fn verify(&self, block: &Block) -> Option<bool> {
        let mut keys = self.named.get(&block.kid).into_iter().chain(&self.nameless).peekable();
        keys.peek()?;
        let record = block.record();
        let good =
            |key: &Vec<u8>| UnparsedPublicKey::new(&ED25519, key).verify(record.written(), &block.signature).is_ok();
        Some(keys.any(good))
    }
}

/// A set of keys as it is published (RFC 7517, RFC 8037).
#[must_use]
pub fn published(rows: &[key::Model]) -> Value {
    let key = |row: &key::Model| {
        let x = URL_SAFE_NO_PAD.encode(&row.public);
        json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": row.kid, "x": x })
    };
    json!({ "keys": rows.iter().map(key).collect::<Vec<_>>() })
}

/// Looks at a receipt with these keys: what it proves by itself.
#[must_use]
pub fn examine(receipt: &Receipt, keys: &Keys) -> Vec<Finding> {
    use Outcome::{Fails, Holds, Unknown};
    let person = match &receipt.holder {
        None => (Unknown, "It does not say whose it is.".to_owned()),
        Some(holder) if leaf::person(&holder.salt, &holder.email) == receipt.leaf.person => {
            (Holds, format!("It is of {}.", holder.email))
        }
        Some(holder) => (Fails, format!("It is not of {}: the address and the salt do not fit.", holder.email)),
    };
    let inclusion = match receipt.climb() == Some(receipt.block.root) {
        true => (Holds, "What it says is in its block."),
        false => (Fails, "What it says is not in its block: it was changed."),
    };
    let kid = &receipt.block.kid;
    let signature = match keys.verify(&receipt.block) {
        None => (Unknown, format!("Whether the site has signed it cannot be told without its key `{kid}`.")),
        Some(true) => (Holds, format!("Its block was signed with the key `{kid}`.")),
        Some(false) => (Fails, format!("Its block was not signed with the key `{kid}`.")),
    };
    vec![
        Finding::new(Question::Person, person.0, person.1),
        Finding::new(Question::Inclusion, inclusion.0, inclusion.1),
        Finding::new(Question::Signature, signature.0, signature.1),
    ]
}

#[cfg(test)]
mod tests;
