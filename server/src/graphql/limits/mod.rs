//! How much one request may ask for, and what is said when it asks for more.
//!
//! ```text
//!   body ── json ──▶ request ── scan ──▶ document ── parse ── weight ── validation ── complexity ──▶ execution
//!           counts bytes, before          counts bytes, before               by every rule,
//!           anything is made of them      they are parsed                    then what it costs
//! ```
//!
//! Each step makes the next one harmless. Scanning takes no memory and a time that grows with the bytes, so nothing nests deep enough for the
//! parser's stack and nothing has more parts than are made quickly. Weighing looks at each fragment once, so whatever walks the written-out form
//! afterwards walks few steps.

#[cfg(test)]
mod author;
pub mod json;
pub mod scan;
pub mod weight;

use std::fmt;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{ErrorExtensionValues, Pos, ServerError, Value, value};

use super::error::Code;

/// The most of something that a request may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name in errors.
    pub name: &'static str,
    pub max: usize,
    /// What is counted, behind a number.
    what: &'static str,
    /// The way out.
    instead: &'static str,
}

const SPLIT: &str = "Send several requests.";
const AS_VARIABLE: &str = "Send it as a variable.";

/// Of a document before it is parsed, in the order in which they are looked at.
pub const BYTES: Limit = Limit { name: "bytes", max: 64 << 10, what: "bytes in the document", instead: SPLIT };
pub const LINES: Limit = Limit { name: "lines", max: 3_000, what: "lines in the document", instead: SPLIT };
pub const NESTING: Limit =
    Limit { name: "nesting", max: 32, what: "brackets or fragments within each other", instead: "Ask for less depth." };
pub const TOKENS: Limit = Limit { name: "tokens", max: 2_000, what: "tokens and comments", instead: SPLIT };
pub const OPERATIONS: Limit = Limit { name: "operations", max: 10, what: "operations", instead: SPLIT };
pub const FRAGMENTS: Limit = Limit { name: "fragments", max: 200, what: "fragments", instead: SPLIT };
pub const ALIASES: Limit = Limit { name: "aliases", max: 500, what: "aliases", instead: SPLIT };
pub const DIRECTIVES: Limit = Limit { name: "directives", max: 100, what: "directives", instead: SPLIT };
pub const VARIABLES: Limit =
    Limit { name: "variables", max: 400, what: "definitions and uses of variables", instead: SPLIT };
pub const WORD: Limit =
    Limit { name: "word", max: 128, what: "letters in one name or number", instead: "Choose a shorter one." };
pub const STRING: Limit = Limit { name: "string", max: 16 << 10, what: "bytes in one string", instead: AS_VARIABLE };
/// Of a document with all its fragments written out, and each fragment by itself.
pub const FIELDS: Limit = Limit { name: "fields", max: 500, what: "fields and inline fragments", instead: SPLIT };
/// Of an operation with its fragments written out.
pub const DEPTH: Limit =
    Limit { name: "depth", max: 16, what: "fields within each other", instead: "Begin further down, with `node`." };
/// What an operation costs: one for each field, and a page's fields once for each entry that is asked for.
pub const COMPLEXITY: Limit =
    Limit { name: "complexity", max: 50_000, what: "points", instead: "Ask for smaller pages, or for fewer fields." };
/// Of the JSON around the document: a body, variables or extensions.
pub const BODY: Limit = Limit { name: "body", max: 2 << 20, what: "bytes in the body", instead: SPLIT };
pub const VALUES: Limit = Limit { name: "values", max: 3_000, what: "values in the JSON", instead: SPLIT };
pub const LEVELS: Limit =
    Limit { name: "levels", max: 32, what: "lists and objects within each other in the JSON", instead: "Nest less." };

/// All of them.
pub const ALL: [Limit; 17] = [
    BYTES, LINES, NESTING, TOKENS, OPERATIONS, FRAGMENTS, ALIASES, DIRECTIVES, VARIABLES, WORD, STRING, FIELDS, DEPTH,
    COMPLEXITY, BODY, VALUES, LEVELS,
];

impl Limit {
    /// Whether so much may be asked for.
    ///
    /// # Errors
    /// When it is too much.
    pub fn allows(self, is: usize) -> Result<(), Fault> {
        if is <= self.max { Ok(()) } else { Err(Fault::TooMuch { limit: self, is }) }
    }
}

/// Why a request is not looked at any further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is too much of something.
    TooMuch { limit: Limit, is: usize },
    /// The document breaks a rule of the language, in these places.
    Invalid { why: String, at: Vec<Pos> },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMuch { limit: Limit { max, what, instead, .. }, is } => {
                write!(f, "The request has {is} {what}; at most {max} are taken. {instead}")
            }
            Self::Invalid { why, at } => {
                f.write_str(why)?;
                at.iter().try_for_each(|Pos { line, column }| write!(f, " [line {line}, column {column}]"))
            }
        }
    }
}

impl Fault {
    /// The document breaks a rule of the language, in these places.
    pub fn invalid(why: impl Into<String>, at: impl Into<Vec<Pos>>) -> Self {
        Self::Invalid { why: why.into(), at: at.into() }
    }

    /// The error for the client.
    #[must_use]
    pub fn into_error(self) -> ServerError {
        let mut extensions = ErrorExtensionValues::default();
        let (message, locations) = match self {
            Self::TooMuch { limit, is } => {
                extensions.set("code", Code::TooComplex);
                extensions.set("limit", counted(limit.name, is as u64, limit.max as u64));
                (self.to_string(), Vec::new())
            }
            Self::Invalid { why, at } => {
                extensions.set("code", Code::InvalidDocument);
                (why, at)
            }
        };
        let mut error = ServerError::new(message, None);
        (error.locations, error.extensions) = (locations, Some(extensions));
        error
    }
}

/// How a limit stands in the extensions of an error.
#[must_use]
pub fn counted(name: &str, is: u64, max: u64) -> Value {
    value!({ "name": name, "is": is, "max": max })
}

/// Reads a document, if it may be looked at any further. None if it cannot be parsed: its execution tells why.
///
/// # Errors
/// Why it may not.
pub fn read(text: &str) -> Result<Option<ExecutableDocument>, Fault> {
    BYTES.allows(text.len())?;
    let counts = scan::scan(text)?;
    for (limit, is) in [
        (NESTING, counts.nesting),
        (OPERATIONS, counts.operations),
        (FRAGMENTS, counts.fragments),
        (ALIASES, counts.aliases),
        (DIRECTIVES, counts.directives),
        (VARIABLES, counts.variables),
        (WORD, counts.longest_word),
        (STRING, counts.longest_string),
        // Last: the others say more.
        (TOKENS, counts.tokens),
        (LINES, text.lines().count()),
    ] {
        limit.allows(is)?;
    }
    let Ok(document) = parse_query(text) else { return Ok(None) };
    weight::weigh(&document)?;
    Ok(Some(document))
}
