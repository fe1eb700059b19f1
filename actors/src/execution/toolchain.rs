//! How programs of each language are built and run: data in `toolchains/<language>.toml`, part of the binary.
//!
//! A new language is a new file there and a line in [`toolchain`]; nothing else knows a compiler by name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use entity::execution::language::Language;
use serde::Deserialize;

/// How to build and run programs of one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// The language's name for people.
    pub title: String,
    /// Endings of the names of source files, without the dot.
    pub sources: Vec<String>,
    pub environment: BTreeMap<String, String>,
    /// None if programs run as they are.
    pub build: Option<Build>,
    pub run: Command,
    /// For scripts of ours that run beside the program. None if the language has none.
    pub harness: Option<Command>,
}

/// A command line with holes, and what it may use. A word that is a hole alone may become many words or none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    pub argv: Vec<String>,
    pub limits: Limits,
}

/// The step that makes a program from sources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    pub argv: Vec<String>,
    /// The file that it makes.
    pub program: String,
    /// Seconds of processor time.
    pub timeout_s: u8,
    pub limits: Limits,
}

/// What one step may use, but for time.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Memory of all its processes, in MiB.
    pub memory_mib: u32,
    /// Processes and threads at one time.
    pub processes: u32,
    /// What is kept of each of its two streams, in KiB.
    pub output_kib: u32,
    /// Room for files, in MiB.
    pub disk_mib: u32,
}

/// The toolchain of a language.
#[must_use]
pub fn toolchain(language: Language) -> &'static Toolchain {
    static PYTHON3: LazyLock<Toolchain> = LazyLock::new(|| parse(include_str!("toolchains/python3.toml")));
    static C: LazyLock<Toolchain> = LazyLock::new(|| parse(include_str!("toolchains/c.toml")));
    match language {
        Language::Python3 => &PYTHON3,
        Language::C => &C,
    }
}

#[expect(clippy::panic, reason = "the text is part of the binary, and a test reads every one")]
fn parse(text: &str) -> Toolchain {
    toml::from_str(text).unwrap_or_else(|error| panic!("a toolchain is not readable: {error}"))
}

impl Toolchain {
    /// Whether that file is a source of this language.
    #[must_use]
    pub fn is_source(&self, name: &str) -> bool {
        name.rsplit_once('.').is_some_and(|(_, ending)| self.sources.iter().any(|source| source == ending))
    }
}

/// The words of a command line with its holes filled: `{sources}` alone becomes one word per source, `./{program}` has the
/// one value put in its place.
#[must_use]
pub fn fill(argv: &[String], holes: &[(&str, Vec<String>)]) -> Vec<String> {
    let mut words = Vec::new();
    for word in argv {
        match holes.iter().find(|(hole, _)| word.contains(&format!("{{{hole}}}"))) {
            Some((hole, values)) => {
                let hole = format!("{{{hole}}}");
                words.extend(values.iter().map(|value| word.replace(&hole, value)));
            }
            None => words.push(word.clone()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{fill, toolchain};
    use entity::execution::language::Language;

    #[test]
    fn every_toolchain_is_readable() {
        for language in [Language::Python3, Language::C] {
            let toolchain = toolchain(language);
            assert!(!toolchain.run.argv.is_empty() && toolchain.run.limits.output_kib > 0, "{}", toolchain.title);
        }
        assert!(toolchain(Language::C).is_source("a.b.c") && !toolchain(Language::C).is_source("c"));
    }

    #[test]
    fn holes_are_filled_word_by_word() {
        let argv = ["cc", "-o", "./{program}", "{sources}", "{arguments}"].map(str::to_owned);
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let holes = [("program", words(&["main"])), ("sources", words(&["a.c", "{program}.c"])), ("arguments", vec![])];
        assert_eq!(fill(&argv, &holes), words(&["cc", "-o", "./main", "a.c", "{program}.c"]));
    }
}
