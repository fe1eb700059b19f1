//! A copy of a database as a file: lines of JSON, the same whatever database it came from, with digests of all of it.
//!
//! ```text
//! {"lectern_backup":1,"version":"0.1.0",…}                      what it is a copy of
//! {"table":"user","columns":[{"name":"id",…},…],"last":7}       a table begins
//! [1,"ada@example.org",…]                                       its rows, by their key
//! {"rows":1,"sha256":"…"}                                       it ends: the digest is of its lines
//! {"tables":30,"rows":1,"sha256":"…"}                           the end: the digest is of all lines before
//! ```

pub mod read;
pub mod write;

use serde::{Deserialize, Serialize};

/// The format that is written and read here.
pub const FORMAT: u32 = 1;

/// The first line: what this is a copy of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The format; the name says that this is a backup at all.
    pub lectern_backup: u32,
    /// The version of Lectern that made it.
    pub version: String,
    /// `sqlite` or `postgres`; for people.
    pub database: String,
    /// RFC 3339, in UTC: all that was committed by then is in it.
    pub created_at: String,
    /// The life of the site that it was made in.
    pub incarnation: String,
    /// The steps of migration that the database had taken.
    pub steps: Vec<String>,
    /// The site's secret, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<String>,
}

/// The line at the end of a table.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TableEnd {
    rows: u64,
    sha256: String,
}

/// The last line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    tables: usize,
    rows: u64,
    sha256: String,
}
