//! A program of somebody's own, as it comes through a door, and what is looked at before anything is stored. Pure.

use std::collections::{BTreeMap, BTreeSet};

use entity::execution::language::Language;

use super::build::unusable;
use super::conclusion::SUBMIT;
use super::lab;
use super::plan::{Plan, Program, SourceFile, Task};
use super::toolchain::{Toolchain, Toolchains};
use crate::problem::{Fault, Refused};

/// The most files.
pub const MAX_FILES: usize = 64;
/// The most bytes of all files, words and input together.
pub const MAX_BYTES: usize = 1 << 20;
/// The longest file of a guest, in characters.
pub const MAX_CHARACTERS: usize = 50_000;
/// The longest name of a file, in characters.
pub const MAX_NAME: usize = 128;
/// Names of files that are made for a program.
const MADE: [&str; 2] = ["main.gpr", "main.adc"];
/// Holds the words of the command line.
const ARGUMENTS_FILE: &str = "cli.txt";
/// Holds what the program reads.
const STDIN_FILE: &str = "stdin.txt";
/// Seconds of processor time for the program itself.
const SECONDS: u8 = 10;

/// What somebody wants to have run.
#[derive(Clone, Debug, Default)]
pub struct ProgramInput {
    pub language: String,
    /// `run`, `compile`, `submit`, `prove`, …, as the language has them.
    pub mode: String,
    /// The main file; none: found by the language's rule.
    pub main: Option<String>,
    /// Switches by the tool that they are for.
    pub switches: BTreeMap<String, Vec<String>>,
    /// Words of the command line.
    pub arguments: Vec<String>,
    pub stdin: String,
    /// Names and texts.
    pub files: Vec<(String, String)>,
    /// The cases of a lab, as its author wrote them; for the mode `submit`.
    pub lab: Option<String>,
}

/// Why a program is not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramCode {
    /// A name that is none here, or that two files have.
    FileName,
    /// There is nothing to run.
    NoFiles,
    TooManyFiles,
    TooLarge,
    LanguageUnknown,
    /// The language has no such mode.
    ModeUnknown,
    /// Switches for a tool that there is not.
    Switches,
    /// Words that no program can be given.
    Arguments,
    /// No cases, or cases that cannot be tried.
    Lab,
    /// Too many programs are waiting.
    Busy,
    /// Nobody is signed in whose run it could be.
    NotAPerson,
}

fn refused(code: ProgramCode, message: impl Into<String>, path: &[&str]) -> Refused<ProgramCode> {
    Refused { code, message: message.into(), path: path.iter().map(|part| (*part).to_owned()).collect() }
}

impl ProgramInput {
    /// Looks at the files, as such.
    ///
    /// # Errors
    /// With the first that is wrong.
    pub fn check_files(&self) -> Result<(), Refused<ProgramCode>> {
        if self.files.len() > MAX_FILES {
            let message = format!("There are {} files; at most {MAX_FILES} are taken.", self.files.len());
            return Err(refused(ProgramCode::TooManyFiles, message, &["files"]));
        }
        let mut seen = BTreeSet::new();
        for (index, (name, _)) in self.files.iter().enumerate() {
            if let Some(message) = wrong_name(name).or_else(|| (!seen.insert(name)).then(|| twice(name))) {
                return Err(refused(ProgramCode::FileName, message, &["files", &index.to_string(), "name"]));
            }
        }
        let texts = self.files.iter().map(|(name, text)| name.len() + text.len());
        let bytes = texts.sum::<usize>() + self.stdin.len() + self.arguments.iter().map(String::len).sum::<usize>();
        if bytes > MAX_BYTES {
            let message = format!("Files, words and input have {bytes} bytes together; at most {MAX_BYTES} are taken.");
            return Err(refused(ProgramCode::TooLarge, message, &["files"]));
        }
        Ok(())
    }

    /// Refuses files that are too long for a guest's.
    ///
    /// # Errors
    /// With the first that is.
    pub fn check_lengths(&self) -> Result<(), Refused<ProgramCode>> {
        let long = self.files.iter().enumerate().find(|(_, (_, text))| text.chars().count() > MAX_CHARACTERS);
        let Some((index, (name, _))) = long else { return Ok(()) };
        let message = format!("`{name}` has more than {MAX_CHARACTERS} characters.");
        Err(refused(ProgramCode::TooLarge, message, &["files", &index.to_string(), "text"]))
    }

    /// Takes out the files that say how a page's program is run, and are not part of it: the words of its command line, its input,
    /// and the cases of its lab.
    pub fn take_special(&mut self) {
        for (name, text) in std::mem::take(&mut self.files) {
            match name.as_str() {
                // Words as they are: nothing in them means anything.
                ARGUMENTS_FILE => self.arguments = text.split_whitespace().map(str::to_owned).collect(),
                STDIN_FILE => self.stdin = text,
                lab::FILE => self.lab = Some(text),
                _ => self.files.push((name, text)),
            }
        }
    }

    /// How programs of the language are worked with.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn toolchain<'t>(&self, known: &'t Toolchains) -> Result<&'t Toolchain, Refused<ProgramCode>> {
        let language: Option<Language> = self.language.parse().ok();
        language.and_then(|language| known.get(&language)).ok_or_else(|| {
            let message = format!("There is no language `{}` here; there are {}.", self.language, known.names());
            refused(ProgramCode::LanguageUnknown, message, &["language"])
        })
    }

    /// The switches that somebody asks for.
    pub(super) fn switches(&self, toolchain: &Toolchain) -> BTreeMap<String, Vec<String>> {
        let mut switches = self.switches.clone();
        if toolchain.switches.is_empty() {
            // Pages always name the tools that they know of, and with nothing for them they ask for nothing.
            switches.retain(|_, words| !words.is_empty());
        }
        switches
    }

    /// What is to be done, for whoever does it.
    ///
    /// # Errors
    /// When the language has no such mode, a lab cannot be tried, or a word cannot be given to a program.
    pub fn plan(&self, toolchain: &Toolchain) -> Result<Plan, Refused<ProgramCode>> {
        if !toolchain.modes.contains_key(&self.mode) {
            let Toolchain { title, .. } = toolchain;
            let message = format!("{title} has no mode `{}`; it has {}.", self.mode, toolchain.modes_in_words());
            return Err(refused(ProgramCode::ModeUnknown, message, &["mode"]));
        }
        let switches = self.switches(toolchain);
        if let Err(package) = toolchain.switches(&switches) {
            return Err(no_switches(package));
        }
        if self.files.is_empty() {
            return Err(refused(ProgramCode::NoFiles, "There is no file.", &["files"]));
        }
        if let Some(message) = unusable(&self.arguments) {
            return Err(refused(ProgramCode::Arguments, message, &["arguments"]));
        }
        let cases = match &self.lab {
            _ if self.mode != SUBMIT => Ok(Vec::new()),
            Some(lab) => lab::parse(lab, &self.arguments),
            None => Err(lab::NO_CASES.to_owned()),
        };
        let cases = cases.map_err(|message| refused(ProgramCode::Lab, message, &["lab"]))?;
        let program = Program {
            mode: self.mode.clone(),
            main: self.main.clone(),
            switches,
            arguments: self.arguments.clone(),
            stdin: self.stdin.clone(),
            cases,
        };
        Ok(Plan { language: toolchain.name.clone(), task: Task::Program(program), timeout_s: SECONDS })
    }
}

/// Refuses switches for a tool that there is not.
pub(super) fn no_switches(package: String) -> Refused<ProgramCode> {
    let message = format!("There is no package `{package}` to give switches to.");
    refused(ProgramCode::Switches, message, &["switches", &package])
}

/// Why this cannot be the name of a file of a program, if so.
fn wrong_name(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(plain) || name.starts_with(['.', '-']) {
        return Some(format!(
            "{name:?} cannot be the name of a file here: 1 to {MAX_NAME} letters, digits, dots, hyphens and underscores, \
             not beginning with a dot or hyphen."
        ));
    }
    MADE.contains(&name).then(|| format!("`{name}` is made for the program and cannot be given."))
}

fn twice(name: &str) -> String {
    format!("`{name}` is there twice.")
}

/// The files as a guest's row holds them.
///
/// # Errors
/// Never, with texts.
pub(super) fn pack(files: &[(String, String)]) -> Result<Vec<u8>, Fault> {
    Ok(serde_json::to_vec(files)?)
}

/// The names of the files as a guest's row holds them.
///
/// # Errors
/// Never, with texts.
pub(super) fn names(files: &[(String, String)]) -> Result<Vec<u8>, Fault> {
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    Ok(serde_json::to_vec(&names)?)
}

/// The files in a guest's row.
///
/// # Errors
/// When they were not written by [`pack`].
pub(super) fn unpack(sources: &[u8]) -> Result<Vec<SourceFile>, serde_json::Error> {
    let files: Vec<(String, String)> = serde_json::from_slice(sources)?;
    Ok(files.into_iter().map(|(name, text)| SourceFile { name, bytes: text.into_bytes() }).collect())
}

#[cfg(test)]
mod tests {
    use super::{
        MAX_BYTES, MAX_CHARACTERS, MAX_FILES, Plan, ProgramCode, ProgramInput, Refused, Toolchains, pack, unpack,
    };

    fn with(files: &[(&str, &str)]) -> ProgramInput {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        ProgramInput { language: "c".to_owned(), mode: "run".to_owned(), files, ..ProgramInput::default() }
    }

    fn plan(input: &ProgramInput) -> Result<Plan, Refused<ProgramCode>> {
        let known = Toolchains::built_in();
        input.toolchain(&known).and_then(|toolchain| input.plan(toolchain))
    }

    #[test]
    fn what_there_is_not_is_refused_with_what_there_is() {
        let input = || with(&[("a.c", "")]);
        assert!(plan(&input()).is_ok());
        for (input, code, known) in [
            (ProgramInput { language: "klingon".to_owned(), ..input() }, ProgramCode::LanguageUnknown, "python3"),
            (ProgramInput { language: "/etc".to_owned(), ..input() }, ProgramCode::LanguageUnknown, "python3"),
            (ProgramInput { mode: "fly".to_owned(), ..input() }, ProgramCode::ModeUnknown, "compile"),
            (ProgramInput { arguments: vec!["a\0".to_owned()], ..input() }, ProgramCode::Arguments, "NUL"),
            (with(&[]), ProgramCode::NoFiles, "no file"),
        ] {
            let refused = plan(&input).expect_err(known);
            assert!(refused.code == code && refused.message.contains(known), "{refused:?}");
        }
    }

    #[test]
    fn names_are_plain() {
        for name in ["main.c", "a", "A-b_c.d.e", "-a".trim_start_matches('-'), &"x".repeat(128)] {
            assert_eq!(with(&[(name, "")]).check_files(), Ok(()), "{name}");
        }
        let long = "x".repeat(129);
        for name in ["", ".", "..", ".a", "-o", "../x", "/x", "a/b", "a b", "é", "a\0", "main.gpr", "main.adc", &long]
        {
            let refused = with(&[("ok", ""), (name, "")]).check_files().expect_err(name);
            assert_eq!((refused.code, refused.path.join(".")), (ProgramCode::FileName, "files.1.name".to_owned()));
        }
        assert_eq!(with(&[("a", ""), ("a", "")]).check_files().expect_err("twice").code, ProgramCode::FileName);
    }

    #[test]
    fn limits_are_where_they_say() {
        let many = |count: usize| {
            let files = (0..count).map(|number| (format!("f{number}"), String::new())).collect();
            ProgramInput { files, ..ProgramInput::default() }.check_files()
        };
        assert_eq!(many(MAX_FILES), Ok(()));
        assert_eq!(many(MAX_FILES + 1).expect_err("65").code, ProgramCode::TooManyFiles);
        let text = "x".repeat(MAX_BYTES - 1);
        assert_eq!(with(&[("a", &text)]).check_files(), Ok(()));
        assert_eq!(with(&[("ab", &text)]).check_files().expect_err("a byte more").code, ProgramCode::TooLarge);
        let wide = "\u{1F600}".repeat(MAX_CHARACTERS);
        assert_eq!(with(&[("a", &wide)]).check_lengths(), Ok(()));
        assert_eq!(with(&[("a", &format!("{wide}x"))]).check_lengths().expect_err("long").path, ["files", "0", "text"]);
    }

    #[test]
    fn a_lab_needs_its_cases() {
        let submit = |lab: Option<&str>| {
            let input = ProgramInput { mode: "submit".to_owned(), lab: lab.map(str::to_owned), ..with(&[("a.c", "")]) };
            plan(&input).map(|_| ()).map_err(|refused| (refused.code, refused.message))
        };
        let none = (ProgramCode::Lab, "No submission criteria found for this lab.".to_owned());
        assert_eq!(submit(None), Err(none));
        assert!(submit(Some("in 0:a")).is_err() && submit(Some("in 0:a\nout 0:b")).is_ok());
    }

    #[test]
    fn special_files_are_taken_out() {
        let mut input =
            with(&[("cli.txt", " a 'b c' $(d)\n`e`;"), ("main.c", "x"), ("lab_io.txt", "l"), ("stdin.txt", "s")]);
        input.take_special();
        assert_eq!(input.files, [("main.c".to_owned(), "x".to_owned())]);
        assert_eq!(input.arguments, ["a", "'b", "c'", "$(d)", "`e`;"]);
        assert_eq!((input.lab.as_deref(), input.stdin.as_str()), (Some("l"), "s"));
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let files = [("a\u{1F600}".to_owned(), "\0\"\n".to_owned())];
        let unpacked = unpack(&pack(&files).expect("bytes")).expect("files");
        assert_eq!((unpacked[0].name.as_str(), unpacked[0].bytes.as_slice()), ("a\u{1F600}", &b"\0\"\n"[..]));
    }
}
