//! Trusted documents: those that the front ends of a site were built with, each known by the SHA-256 of its text.
//!
//! They are read once, from a file that such a build makes. A client may then send the id instead of the text; and a site may
//! execute these documents only, so that nobody can ask it anything else.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use async_graphql::parser::parse_query;
use sha2::{Digest as _, Sha256};

use super::limits;

/// Those of the page that comes with Lectern.
const PAGE: &str = include_str!("../../../web/page/documents.json");

/// How ids begin: the way in which they are made.
const PREFIX: &str = "sha256:";

/// The trusted documents of a site.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Documents {
    /// By the SHA-256 of each, in hexadecimal digits.
    texts: HashMap<String, String>,
    /// Whether nothing else is executed.
    pub only: bool,
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").field("count", &self.texts.len()).field("only", &self.only).finish()
    }
}

impl Documents {
    /// Those that come with Lectern.
    #[must_use]
    pub fn built_in() -> Self {
        // A test reads what is built in.
        Self::parse(PAGE.as_bytes()).unwrap_or_default()
    }

    /// Reads a file, and adds its documents to those that come with Lectern: a JSON object of documents by their ids, with or without `sha256:` before the digits.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(path: &Path) -> Result<Self, Vec<String>> {
        let text = std::fs::read(path).map_err(|error| vec![format!("cannot be read: {error}")])?;
        let read = Self::parse(&text)?;
        let mut all = Self::built_in();
        all.texts.extend(read.texts);
        Ok(all)
    }

    fn parse(text: &[u8]) -> Result<Self, Vec<String>> {
        let entries: HashMap<String, String> = serde_json::from_slice(text)
            .map_err(|error| vec![format!("is not a JSON object of documents by their ids: {error}")])?;
        let mut mistakes: Vec<String> = entries.iter().filter_map(|(id, text)| mistake(id, text)).collect();
        mistakes.sort();
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let texts = entries.into_values().map(|text| (digest(&text), text)).collect();
        Ok(Self { texts, only: false })
    }

    /// The document of an id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&str> {
        self.texts.get(id.strip_prefix(PREFIX)?).map(String::as_str)
    }

    /// Whether a text is one of them.
    #[must_use]
    pub fn hold(&self, text: &str) -> bool {
        self.texts.contains_key(&digest(text))
    }
}

/// The SHA-256 of a text, in hexadecimal digits.
#[must_use]
pub fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// What is wrong with an entry of the file.
fn mistake(id: &str, text: &str) -> Option<String> {
    let right = digest(text);
    if id.strip_prefix(PREFIX).unwrap_or(id) != right {
        return Some(format!("has a document as `{id}` whose id is `{PREFIX}{right}`"));
    }
    let weighed = limits::read(text).err().map(|fault| fault.to_string());
    let broken = weighed.or_else(|| parse_query(text).err().map(|error| error.to_string()));
    broken.map(|why| format!("has a document that cannot be executed, `{id}`: {why}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Documents, digest};

    fn read(text: &str) -> Result<Documents, Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("documents.json");
        std::fs::write(&path, text).unwrap();
        Documents::read(&path)
    }

    #[test]
    fn documents_are_found_by_their_digest() {
        // The example of the specification.
        let query = "query($id:ID!){user(id:$id){name}}";
        let known = "71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b";
        let file = json!({ known: query, format!("sha256:{}", digest("{ a }")): "{ a }" });
        let documents = read(&file.to_string()).unwrap();
        assert_eq!(documents.find(&format!("sha256:{known}")), Some(query));
        assert!(documents.hold("{ a }") && !documents.hold("{ a  }"));
        for unknown in ["", "sha256:", known, "sha256:00", "md5:71f7"] {
            assert_eq!(documents.find(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn what_is_built_in_can_be_read() {
        assert!(Documents::parse(super::PAGE.as_bytes()).is_ok_and(|built_in| built_in.texts.len() > 10));
    }

    #[test]
    fn all_mistakes_are_told() {
        let broken = digest("{");
        let mistakes = read(&json!({ "sha256:12": "{ a }", broken: "{" }).to_string()).unwrap_err();
        assert_eq!(mistakes.len(), 2, "{mistakes:?}");
        assert!(mistakes.iter().any(|mistake| mistake.contains(&format!("whose id is `sha256:{}`", digest("{ a }")))));
        for text in ["", "[]", "{\"a\": 1}"] {
            assert_eq!(read(text).unwrap_err().len(), 1, "{text}");
        }
    }
}
