//! The parameters of a request, which are the same over HTTP and in a message of a socket, and the operation that they ask for.

use async_graphql::{Request as Operation, Value as Input, Variables};
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::graphql::documents::{Documents, digest};
use crate::graphql::error::{Code, of_json};

/// How the id of a document begins.
const SHA_256: &str = "sha256:";

/// The parameters of a request, each of its right type.
pub(super) struct Parameters {
    query: Option<String>,
    /// The id of a trusted document.
    id: Option<String>,
    operation_name: Option<String>,
    variables: Variables,
}

/// What a request asks for.
pub(super) struct Asked {
    pub operation: Operation,
    /// Whether its document is a trusted one that was named by its id.
    pub by_id: bool,
}

/// As they are written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<Value>,
    extensions: Option<Value>,
}

/// What the extension for documents by their ids says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PersistedQuery {
    version: u32,
    sha256_hash: String,
}

impl Parameters {
    /// Reads them from JSON as it came. A parameter that is there twice is a mistake.
    pub fn parse(text: &[u8]) -> Result<Self, Refusal> {
        let written = serde_json::from_slice(text).map_err(|error| match error.classify() {
            Category::Data => Refusal::bad(format!("The body is not a GraphQL request: {}.", of_json(&error))),
            _ => Refusal::bad(format!("The body is not JSON: {}.", of_json(&error))),
        })?;
        Self::of(written)
    }

    /// Reads them.
    pub fn read(value: Value) -> Result<Self, Refusal> {
        if value.is_array() {
            return Err(Refusal::bad("Batches are not taken: send one request at a time."));
        }
        let written = serde_json::from_value(value)
            .map_err(|error| Refusal::bad(format!("It is not a GraphQL request: {}.", of_json(&error))))?;
        Self::of(written)
    }

    fn of(written: Written) -> Result<Self, Refusal> {
        let variables = object("variables", written.variables)?;
        let persisted = persisted(object("extensions", written.extensions)?)?;
        let id = match (written.document_id, persisted, &written.query) {
            (None, None, None) => return Err(Refusal::bad("`query` is missing: it holds the GraphQL document.")),
            (Some(_), _, Some(_)) => return Err(Refusal::bad("Send `query` or `documentId`, not both.")),
            (Some(_), Some(_), _) => {
                return Err(Refusal::bad("Send `documentId` or the extension `persistedQuery`, not both."));
            }
            (None, Some(hash), Some(query)) if hash != digest(query) => {
                return Err(Refusal::bad("`sha256Hash` is not the SHA-256 of `query`."));
            }
            // The text is there.
            (None, _, Some(_)) => None,
            (id, hash, None) => id.or_else(|| hash.map(|hash| format!("{SHA_256}{hash}"))),
        };
        let operation_name = written.operation_name.filter(|name| !name.is_empty());
        let variables = Variables::from_json(Value::Object(variables));
        Ok(Self { query: written.query, id, operation_name, variables })
    }

    /// What stands at a path such as `variables.input.files.0`; none if there is nothing.
    pub fn at(&mut self, path: &str) -> Option<&mut Input> {
        let mut steps = path.strip_prefix("variables.")?.split('.');
        let found = self.variables.get_mut(steps.next()?)?;
        steps.try_fold(found, |found, step| match found {
            Input::Object(fields) => fields.get_mut(step),
            Input::List(entries) => entries.get_mut(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The operation; its document is looked up among those that are trusted. If `only_trusted`, no other is executed.
    pub fn asked(self, documents: &Documents, only_trusted: bool) -> Result<Asked, Refusal> {
        let by_id = self.id.is_some();
        let query = match (self.query, self.id) {
            (Some(query), _) if only_trusted && !documents.hold(&query) => return Err(not_trusted()),
            (Some(query), _) => query,
            (None, id) => documents.find(&id.unwrap_or_default()).ok_or_else(not_found)?.to_owned(),
        };
        let mut operation = Operation::new(query);
        operation.operation_name = self.operation_name;
        operation.variables = self.variables;
        Ok(Asked { operation, by_id })
    }
}

/// Puts the bytes of a file where a null stands.
pub(super) fn put(place: &mut Input, bytes: Bytes) {
    *place = Input::Binary(bytes);
}

fn object(name: &str, value: Option<Value>) -> Result<Map<String, Value>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(_) => Err(Refusal::bad(format!("`{name}` must be an object."))),
    }
}

/// The hash that the extension names, if it is there.
fn persisted(mut extensions: Map<String, Value>) -> Result<Option<String>, Refusal> {
    let Some(written) = extensions.remove("persistedQuery").filter(|value| !value.is_null()) else { return Ok(None) };
    match serde_json::from_value(written) {
        Ok(PersistedQuery { version: 1, sha256_hash }) => Ok(Some(sha256_hash)),
        _ => Err(Refusal::bad("The extension `persistedQuery` must have `version` 1 and `sha256Hash`.")),
    }
}

fn not_found() -> Refusal {
    Refusal::unexecuted(
        "This site knows no document of that id. An id is `sha256:` and 64 hexadecimal digits; the documents are those that \
         the site's operator gave it.",
        Code::DocumentNotFound,
    )
}

fn not_trusted() -> Refusal {
    Refusal::unexecuted(
        "This site executes only the documents that its operator gave it. Send the `documentId` of one of them.",
        Code::DocumentNotTrusted,
    )
}
