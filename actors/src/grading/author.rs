//! Programs of an assignment's author that grade: suites of unit tests, which share their sandbox with the work, and graders, which do not.

use entity::execution::language::Language;
use entity::file::Digest;
use entity::points::Points;
use serde::{Deserialize, Serialize};

/// The word in a program's arguments that becomes the name of the file which it is to write.
pub const REPORT: &str = "{report}";
/// The most cases of one report, and of the shares of one test.
pub const MOST_CASES: usize = 1_000;

/// A program that only the grader has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorProgram {
    pub language: Language,
    /// At least one; the first is run.
    pub files: Vec<AuthorFile>,
    /// Its command line. [`REPORT`] in a word becomes the name of the report.
    pub arguments: Vec<String>,
}

/// A file of an author's. Plans name it by its digest: the bytes come along for the run and are written nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorFile {
    pub name: String,
    pub digest: Digest,
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

impl AuthorFile {
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), digest: entity::file::digest(&bytes), bytes }
    }
}

/// What a program of an author's writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Nothing: its test cases are run by a harness of ours, which says how they went.
    Unittest,
    /// The XML that test runners of many languages write.
    Junit,
    /// The Test Anything Protocol.
    Tap,
    /// A result with points and words: see [`super::grader_result`].
    Json,
}

/// A suite of unit tests. It runs beside the work, which it imports, links or starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suite {
    pub program: AuthorProgram,
    pub format: Format,
    pub shares: Shares,
}

/// A grader. It never meets the work alive: it gets its files and what it printed, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grader {
    pub program: AuthorProgram,
    pub format: Format,
    /// For a report of test cases; a result of its own says its points itself.
    pub shares: Option<Shares>,
    /// What the work is run with before, in sandboxes of its own.
    pub runs: Vec<GivenRun>,
}

/// One run of the work for a grader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenRun {
    pub arguments: Vec<String>,
    pub stdin: String,
}

/// How the points of a test are shared among the cases of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shares {
    /// Equally among so many. A case that is not in the report has not passed, so that leaving one out gains nothing.
    Equal(u32),
    /// By name.
    Named(Vec<NamedShare>),
}

/// What the cases with such a name are worth together, if all of them pass and there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedShare {
    /// A name, in which `*` stands for any text.
    pub pattern: String,
    pub points: Points,
}
