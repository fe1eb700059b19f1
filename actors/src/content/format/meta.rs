//! `meta.yml`: what a mission says about itself, and the data files that it brings along.
//!
//! Not here: the prerequisites of the prerequisites (`mod.rs` knows all missions).

use entity::execution::language::Language;

use super::diagnostic::{Diagnostic, nearest};
use super::fields::{FieldRules, Fields};
use super::folder::{DATA_LIMIT, Folder, Trouble};
use super::rule::Rule;
use super::yaml::{self, Node};

/// A file that is laid beside the program when a mission's code runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// Path inside the mission's directory.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Meta {
    pub name: String,
    pub description: String,
    pub author: String,
    pub language: Language,
    pub premium: bool,
    pub under_construction: bool,
    pub prerequisites: Vec<u32>,
    pub minutes: Option<u16>,
    pub timeout_s: u8,
    pub files: Vec<DataFile>,
}

const KEYS: &[&str] = &[
    "mission_number",
    "name",
    "description",
    "author",
    "language",
    "premium",
    "under_construction",
    "prerequisites",
    "file_list",
    "minutes",
    "timeout_s",
];
const RULES: FieldRules = FieldRules {
    missing: Rule::MetaMissingKey,
    unknown: Rule::MetaUnknownKey,
    wrong_type: Rule::MetaWrongType,
    bad_value: Rule::MetaBadValue,
};
const DEFAULT_TIMEOUT_S: u8 = 10;

/// The mission a directory belongs to, and the directory.
pub(super) struct Home<'a> {
    pub folder: &'a Folder,
    pub directory: &'a str,
    pub number: u32,
}

/// Reads it; `None` when there is no readable file. A value that is wrong is told and replaced by something harmless.
pub(super) fn load(home: &Home, exists: impl Fn(u32) -> bool, out: &mut Vec<Diagnostic>) -> Option<Meta> {
    let path = format!("{}/meta.yml", home.directory);
    if home.folder.lacks(&path) {
        let hint = "create it with the keys mission_number, name, description, author and language";
        out.push(Diagnostic::new(Rule::MetaMissingFile, path, "there is no meta.yml", hint));
        return None;
    }
    let root = yaml::load(home.folder, &path, Rule::MetaMissingFile, out)?;
    let mut fields = Fields::open(&root, &path, String::new(), RULES, KEYS, out)?;
    number(&mut fields, home);
    Some(Meta {
        name: fields.text("name").unwrap_or_default(),
        description: fields.text("description").unwrap_or_default(),
        author: fields.text("author").unwrap_or_default(),
        language: language(&mut fields, &[Language::python3()], Rule::MetaBadLanguage),
        premium: fields.flag("premium"),
        under_construction: fields.flag("under_construction"),
        prerequisites: prerequisites(&mut fields, exists),
        minutes: fields.whole("minutes", 1..=600).and_then(|minutes| u16::try_from(minutes).ok()),
        timeout_s: timeout(&mut fields).unwrap_or(DEFAULT_TIMEOUT_S),
        files: files(&mut fields, home),
    })
}

/// The prerequisites alone, without a word about what is wrong: for the graph over all missions.
pub(super) fn peek_prerequisites(folder: &Folder, directory: &str) -> Vec<u32> {
    let path = format!("{directory}/meta.yml");
    let mut ignored = Vec::new();
    let Some(root) = yaml::load(folder, &path, Rule::MetaMissingFile, &mut ignored) else { return Vec::new() };
    let Some(mut fields) = Fields::open(&root, &path, String::new(), RULES, KEYS, &mut ignored) else {
        return Vec::new();
    };
    prerequisites(&mut fields, |_| true)
}

fn number(fields: &mut Fields<'_, '_>, home: &Home) {
    let Some(node) = fields.required("mission_number") else { return };
    match fields.as_whole("mission_number", node, 1..=u32::MAX) {
        Some(found) if found != home.number => {
            let message = format!("`mission_number` is {found}, the directory says {}", home.number);
            let hint = format!("write {} or rename the directory", home.number);
            fields.tell(Rule::MetaNumberMismatch, node.line, message, hint);
        }
        _ => {}
    }
}

/// A required language among those allowed here; Python where it is wrong.
pub(super) fn language(fields: &mut Fields<'_, '_>, allowed: &[Language], bad: Rule) -> Language {
    let Some(node) = fields.required("language") else { return Language::python3() };
    let Some(text) = fields.as_text("language", node) else { return Language::python3() };
    let Some(language) = allowed.iter().find(|language| language.as_str() == text) else {
        let names: Vec<_> = allowed.iter().map(Language::as_str).collect();
        let message = format!("`language`: `{text}` is not a language here");
        fields.tell(bad, node.line, message, format!("languages: {}", names.join(", ")));
        return Language::python3();
    };
    language.clone()
}

/// The seconds that a run may take.
pub(super) fn timeout(fields: &mut Fields<'_, '_>) -> Option<u8> {
    fields.whole("timeout_s", 1..=30).and_then(|seconds| u8::try_from(seconds).ok())
}

fn prerequisites(fields: &mut Fields<'_, '_>, exists: impl Fn(u32) -> bool) -> Vec<u32> {
    let mut found = Vec::new();
    for node in fields.list("prerequisites") {
        let Some(number) = fields.as_whole("prerequisites", node, 1..=u32::MAX) else { continue };
        if found.contains(&number) {
            continue;
        }
        if exists(number) {
            found.push(number);
        } else {
            let message = format!("`prerequisites` names mission {number}, which does not exist");
            let hint = format!("remove {number} or create missions/{number}");
            fields.tell(Rule::MetaUnknownPrerequisite, node.line, message, hint);
        }
    }
    found
}

fn files(fields: &mut Fields<'_, '_>, home: &Home) -> Vec<DataFile> {
    let mut files: Vec<DataFile> = Vec::new();
    for node in fields.list("file_list") {
        let Some(path) = fields.as_text("file_list", node) else { continue };
        if files.iter().any(|file| file.path == path) {
            fields.bad_value("file_list", node.line, &format!("`{path}` is listed twice"), "list every file once");
            continue;
        }
        if let Some(file) = file(fields, home, node, path) {
            files.push(file);
        }
    }
    if files.iter().map(|file| file.bytes.len() as u64).sum::<u64>() > DATA_LIMIT {
        let message = format!("the data files have more than {} MiB together", DATA_LIMIT >> 20);
        out_of_size(fields, message);
    }
    files
}

fn out_of_size(fields: &mut Fields<'_, '_>, message: String) {
    let line = fields.optional("file_list").map_or(1, |node| node.line);
    fields.tell(Rule::RepoTooLarge, line, message, "make them smaller: every run copies them");
}

fn file(fields: &mut Fields<'_, '_>, home: &Home, node: &Node, path: &str) -> Option<DataFile> {
    let full = format!("{}/{path}", home.directory);
    if !stays_inside(path) {
        let message = format!("`{path}` leaves the mission's directory");
        let hint = "keep data files in the directory and name them from there, with /";
        fields.tell(Rule::MetaFileOutside, node.line, message, hint);
        return None;
    }
    if path == "meta.yml" || path.ends_with(".ipynb") {
        let message = format!("`{path}` would show the answers to learners");
        fields.tell(Rule::MetaFileReserved, node.line, message, "list data files only");
        return None;
    }
    match home.folder.bytes(&full, DATA_LIMIT) {
        Ok(bytes) => Some(DataFile { path: path.to_owned(), bytes }),
        Err(Trouble::NotAFile) => {
            let message = format!("`file_list` names `{path}`, which is no file");
            let hint = "name every file of a directory, such as `data/2026.csv`";
            fields.tell(Rule::MetaFileMissing, node.line, message, hint);
            None
        }
        Err(Trouble::Missing) => {
            let message = format!("`file_list` names `{path}`, but there is no such file in {}", home.directory);
            let near = near_file(home, path).map(|found| format!("did you mean `{found}`? ")).unwrap_or_default();
            fields.tell(
                Rule::MetaFileMissing,
                node.line,
                message,
                format!("{near}add `{path}` or take it off the list"),
            );
            None
        }
        Err(trouble) => {
            fields.out.push(trouble.tell(&full, Rule::MetaFileMissing));
            None
        }
    }
}

fn near_file(home: &Home, path: &str) -> Option<String> {
    let entries = home.folder.entries(home.directory).ok()?;
    nearest(path, entries.iter().map(|entry| entry.name.as_str())).map(str::to_owned)
}

/// Whether a path is relative, has no detours and no characters that some system reads otherwise.
pub(super) fn stays_inside(path: &str) -> bool {
    !path.contains(['\\', '\0']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}
