//! Examples as in a dialogue with Python: what is typed, and what should come.

use serde::{Deserialize, Serialize};

/// A test file of the `ok` client, as far as it is graded: its scored suites, each of which gives the same share of the points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OkTest {
    pub suites: Vec<OkSuite>,
}

/// Passes when all its cases pass. One without cases asks something of the reader, and of no program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OkSuite {
    pub cases: Vec<ExampleCase>,
}

/// Examples from the docstrings that an assignment's author wrote. Each docstring gives the same share of the points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doctest {
    /// The file whose names the examples use.
    pub file: String,
    pub cases: Vec<ExampleCase>,
}

/// Examples that run one after the other with the same variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleCase {
    pub name: String,
    /// Students learn only that it did not pass.
    #[serde(default)]
    pub hidden: bool,
    #[serde(default)]
    pub setup: Vec<String>,
    pub examples: Vec<Example>,
    #[serde(default)]
    pub teardown: Vec<String>,
}

/// What is typed, and what should come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Without prompts; several lines if it is a block.
    pub source: String,
    /// Lines that each end with a line end; empty if nothing should come.
    pub want: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Leeway>,
}

/// How much of what comes may be otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leeway {
    /// `...` stands for any text.
    Ellipsis,
    /// Any blanks and line ends are like any others.
    NormalizeWhitespace,
    /// Only the type of an exception counts.
    IgnoreExceptionDetail,
    /// A line with `<BLANKLINE>` is that text and not an empty line.
    DontAcceptBlankline,
    /// Not run at all.
    Skip,
}
