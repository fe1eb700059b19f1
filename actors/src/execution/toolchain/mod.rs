//! How programs of each language are checked, built, run and proved: data, one TOML file per language.
//!
//! The files of `../toolchains/` are part of the binary; an operator's own folder adds to them and replaces them. Nothing else
//! knows a compiler by name. The format is described in `docs/operators/languages.md`.
//!
//! * [`catalogue`] holds all languages of this site, `read` makes them from text and tells what is wrong with it.
//! * [`fill`] puts names and switches into command lines and template files.
//! * [`main_file`] finds the file that a program starts with.
//! * [`diagnostic`] reads what tools complain about.
//! * [`detect`] says what is installed.
//!
//! Deliberately not here: running anything; that is the session's.

pub mod catalogue;
pub mod detect;
pub mod diagnostic;
pub mod fill;
pub mod main_file;
mod read;
mod verify;

use std::collections::BTreeMap;

use entity::execution::language::Language;
use regex::Regex;
use serde::Deserialize;

pub use catalogue::{Mistake, Toolchains};

/// How to work with programs of one language.
#[derive(Debug)]
pub struct Toolchain {
    pub name: Language,
    /// The language's name for people.
    pub title: String,
    /// Endings of the names of source files, without the dot. Tools get them on their command line.
    pub sources: Vec<String>,
    /// Endings of files that sources take in by themselves. Like sources they are of no use to a built program.
    pub headers: Vec<String>,
    /// Endings of files that tools take for orders about themselves, whatever they are told to do. No program may bring one.
    pub refused: Vec<String>,
    /// The whole environment of every step.
    pub environment: BTreeMap<String, String>,
    /// Files that are written beside the sources.
    pub templates: Vec<Template>,
    /// What templates call the languages of a program, by the ending of a file.
    pub project_languages: BTreeMap<String, String>,
    /// The steps of each mode, in order.
    pub modes: BTreeMap<String, Vec<String>>,
    pub steps: BTreeMap<String, Step>,
    /// For scripts of ours that run beside the program. None if the language has none.
    pub harness: Option<Harness>,
    pub main: MainRule,
    /// Switches that a program may bring, by the package of the tool that they are for.
    pub switches: BTreeMap<String, Switches>,
    /// Where a complaint has file, line, column, severity and message. None: nothing is read from what tools print.
    pub diagnostics: Option<Regex>,
    pub detect: Detect,
    /// The smallest program, by which it is tried whether the language works here.
    pub example: Option<Example>,
    /// Of the text that this was read from.
    pub digest: [u8; 32],
}

/// A file beside the sources, with holes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    pub name: String,
    /// A line with a hole that nothing fills is left out.
    pub text: String,
    /// The modes that it is for; none named: all.
    #[serde(default)]
    pub modes: Vec<String>,
}

/// What a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Makes the files that the program is.
    Build,
    /// Looks at the sources and makes nothing.
    Check,
    /// Shows that the program does what it says. It may be right and not be proved.
    Prove,
    /// The program itself, with its arguments, its input and its own time.
    Run,
}

/// One command: what it is for, how it is called, and what it may use.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub purpose: Purpose,
    /// The command line, with holes. A word that is a hole alone may become many words or none.
    pub argv: Vec<String>,
    /// The files that it makes, with holes; they are what the next step gets, with the data files. The first must be there.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// What the console says before, with holes.
    pub say: String,
    /// Seconds of processor time, 1 to 120. A run has its time from whoever asks for it.
    pub timeout_s: Option<u8>,
    /// Seconds on the clock, 1 to 600. None: three times the processor time and two seconds.
    pub wall_s: Option<u16>,
    #[serde(default)]
    pub limits: Limits,
    /// Said on standard output when it went well.
    pub success: Option<String>,
    /// Said on standard error when it ended with a status other than 0, which is `{status}`.
    pub failure: Option<String>,
    /// Said on standard error when its time was over; `{seconds}` is the time on the clock.
    pub interrupted: Option<String>,
    /// What it prints, as a regular expression, when it did not succeed in spite of its status 0.
    #[serde(default, deserialize_with = "read::pattern")]
    pub refuted: Option<Regex>,
    /// What must be installed for it besides the program of `argv`: whole paths.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What is said if that is not there; without it the sentence names the Debian package of `detect`.
    pub missing: Option<String>,
}

/// A command line for our own scripts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Harness {
    pub argv: Vec<String>,
    #[serde(default)]
    pub limits: Limits,
}

/// What one step may use, but for time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Memory of all its processes, in MiB, 16 to 16384.
    pub memory_mib: u32,
    /// Processes and threads at one time, 1 to 1024.
    pub processes: u32,
    /// What is kept of each of its two streams, in KiB, 1 to 16384.
    pub output_kib: u32,
    /// Room for files, in MiB, 1 to 1024. Anything but 64 takes longer to start, because sandboxes of that size stand ready.
    pub disk_mib: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_mib: 256, processes: 64, output_kib: 1024, disk_mib: 64 }
    }
}

/// Which of several files a program starts with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MainRule {
    /// A part of the name of the file that is meant when several could be. Empty: there is no such name.
    #[serde(default)]
    pub preferred: String,
    /// A file that one of them fits can be the main one. Empty: every source can.
    #[serde(default)]
    pub candidates: Vec<Candidate>,
}

/// What makes a file a candidate: all that is given here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Its ending is one of these.
    pub endings: Vec<String>,
    /// There is no file of the same name with this ending.
    pub without: Option<String>,
    /// Its text has a place like this, as a regular expression.
    #[serde(default, deserialize_with = "read::pattern")]
    pub pattern: Option<Regex>,
}

/// The switches of one package.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    /// Always given.
    #[serde(default)]
    pub default: Vec<String>,
    /// What may be asked for; anything else is left out without a word.
    pub allowed: Vec<String>,
}

/// A program in one file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub name: String,
    /// Ends with status 0 in the mode `run`.
    pub text: String,
}

/// How to find out what is installed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detect {
    /// Without this program the language does not work at all.
    pub command: String,
    /// Prints the version. Empty: nothing does.
    #[serde(default)]
    pub version: Vec<String>,
    /// What to install, as Debian calls it.
    pub package: String,
}

impl Toolchain {
    /// Whether that file is a source of this language.
    #[must_use]
    pub fn is_source(&self, name: &str) -> bool {
        has_ending(name, &self.sources)
    }

    /// Whether that file is of no use to a built program.
    #[must_use]
    pub fn is_code(&self, name: &str) -> bool {
        self.is_source(name) || has_ending(name, &self.headers) || self.templates.iter().any(|file| file.name == name)
    }

    /// Why no program may bring a file of that name, if so.
    #[must_use]
    pub fn refusal(&self, name: &str) -> Option<String> {
        if self.templates.iter().any(|file| file.name == name) {
            return Some(format!("The file `{name}` is written here; give yours another name"));
        }
        has_ending(name, &self.refused)
            .then(|| format!("The file `{name}` would tell the tools what to do, which is said here; leave it out"))
    }

    /// The steps of a mode, each with its name.
    pub fn steps_of(&self, mode: &str) -> Option<Vec<(&str, &Step)>> {
        let names = self.modes.get(mode)?;
        Some(
            names
                .iter()
                .filter_map(|name| self.steps.get_key_value(name))
                .map(|(name, step)| (&**name, step))
                .collect(),
        )
    }

    /// The modes, for a sentence.
    #[must_use]
    pub fn modes_in_words(&self) -> String {
        self.modes.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

fn has_ending(name: &str, endings: &[String]) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| endings.iter().any(|known| known == ending))
}
