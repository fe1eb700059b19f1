//! Keeping a site: copies of its database that can be read anywhere, moving it, and what becomes of finished jobs.
//!
//! [`table`] finds the tables in the database itself, so a new one cannot be forgotten; [`pour`] reads all rows of a snapshot into a
//! `pour::Sink`: a file ([`dump`]), another database ([`load`]), or only a check ([`portable`]). [`backup`], [`restore`] and
//! [`copy_to`] put these together. [`retain_jobs`] forgets finished jobs.
//!
//! Deliberately not here: bringing a database to its shape, which is the starter's; the folders of notebooks and letters.

pub mod archive;
pub mod backup;
pub mod cell;
pub mod copy_to;
pub mod dump;
pub mod load;
pub mod portable;
pub mod pour;
pub mod restore;
pub mod retain_jobs;
pub mod table;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use sea_orm::DbErr;

use crate::job::JobKind;
use crate::problem::Fault;

/// The kinds of jobs of this noun.
pub const KINDS: &[JobKind] = &[JobKind::of::<retain_jobs::RetainJobs>()];

/// How long finished jobs are kept, and where they go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Those that are done, or were cancelled.
    pub finished: Duration,
    /// Those that were given up.
    pub dead: Duration,
    /// A folder for what is removed, as JSON Lines, a file for each month; none: it is gone.
    pub archive: Option<PathBuf>,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 24 * 3600);
        Self { finished: days(30), dead: days(180), archive: None }
    }
}

/// Why a site cannot be copied. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeepingError {
    #[error("the database does not do what is asked: {0}")]
    Database(#[from] DbErr),
    #[error("{0} exists already and is not overwritten; name another file")]
    Exists(PathBuf),
    #[error("{0} cannot be written: {1}; check the folder and the room on its disk")]
    Unwritable(PathBuf, io::Error),
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, io::Error),
    #[error("{0} is not a backup of Lectern")]
    NotABackup(PathBuf),
    #[error("the backup {path} is damaged: {why} (line {line}); nothing was changed: take another copy of it")]
    Damaged { path: PathBuf, line: u64, why: String },
    #[error(
        "the table `{0}` has the column `{1}` of the type `{2}`, which is not one of Lectern's; move it to another schema or database"
    )]
    UnknownType(String, String, String),
    #[error(
        "the tables {0} refer to each other in a circle, so no order of copying is right; this is a fault of this version"
    )]
    Circle(String),
    #[error(
        "the database is not empty: the table `{0}` has rows; nothing was changed. Give a database without tables: \
         another with LECTERN_DATABASE_URL, or another folder with LECTERN_DATA_DIR"
    )]
    NotEmpty(String),
    #[error(
        "the tables do not fit: {0}; nothing was changed. Use the version of Lectern that made the copy, or a newer one"
    )]
    OtherShape(String),
    #[error(
        "{column} of the table `{table}` in the row with {row} {why}; nothing was copied. Correct that row and try again"
    )]
    NotPortable { table: String, column: String, row: String, why: &'static str },
    #[error("{0} rows of the table `{1}` were copied, but {2} have arrived; nothing was changed")]
    Lost(u64, String, u64),
    #[error(
        "the backup's signing keys were sealed with another secret; nothing was changed. Give the old site's secret by \
         LECTERN_SECRET_KEY_FILE (of a site on the embedded database it is `secret.key` in its data folder), or restore with \
         --forget-keys: then everybody signs in again"
    )]
    OtherSecret,
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What was copied: the tables with their numbers of rows, in the order of copying.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(pub Vec<(String, u64)>);

impl Tally {
    /// The rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.iter().map(|(_, rows)| rows).sum()
    }
}
