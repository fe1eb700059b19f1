//! Concepts: the ideas that screens teach, one file each in `concepts/`.
//!
//! A concept is found by the exact name of its file as the directory lists it, so that a file system that ignores case changes
//! nothing. Not here: which screens use them.

use std::collections::BTreeMap;

use super::diagnostic::{Diagnostic, did_you_mean};
use super::fields::{FieldRules, Fields};
use super::folder::{Folder, Kind, Trouble, YAML_LIMIT};
use super::rule::Rule;
use super::yaml;

/// An idea that screens teach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concept {
    /// The name of its file without `.yml`.
    pub name: String,
    /// What readers see.
    pub title: String,
    /// One or two sentences; plain text.
    pub summary: String,
    /// Names of concepts worth reading next.
    pub related: Vec<String>,
}

const DIRECTORY: &str = "concepts";
/// Every fault of a concept's file is the same rule: such a file is short enough for the message to say the rest.
const RULES: FieldRules = FieldRules {
    missing: Rule::ConceptBadFile,
    unknown: Rule::ConceptBadFile,
    wrong_type: Rule::ConceptBadFile,
    bad_value: Rule::ConceptBadFile,
};

#[derive(Debug, Default)]
pub(super) struct Concepts {
    known: BTreeMap<String, Loaded>,
    /// What is wrong with the directory or with files that are no concepts.
    faults: Vec<Diagnostic>,
    /// Whether the directory itself could not be read: then no screen is told that its concepts are unknown.
    pub unreadable: bool,
}

#[derive(Debug)]
struct Loaded {
    concept: Concept,
    bytes: Vec<u8>,
    faults: Vec<Diagnostic>,
}

impl Concepts {
    pub(super) fn load(folder: &Folder) -> Self {
        let mut concepts = Self::default();
        let entries = match folder.entries(DIRECTORY) {
            Ok(entries) => entries,
            Err(Trouble::Missing) => {
                let hint = "create it and put one file per concept into it";
                let found =
                    Diagnostic::new(Rule::RepoConceptsMissing, DIRECTORY, "there is no directory `concepts`", hint);
                return Self { faults: vec![found], unreadable: true, ..Self::default() };
            }
            Err(trouble) => {
                let faults = vec![trouble.tell(DIRECTORY, Rule::RepoConceptsMissing)];
                return Self { faults, unreadable: true, ..Self::default() };
            }
        };
        for entry in entries.iter().filter(|entry| entry.kind != Kind::Directory) {
            concepts.add(folder, &entry.name);
        }
        concepts
    }

    fn add(&mut self, folder: &Folder, file: &str) {
        let path = format!("{DIRECTORY}/{file}");
        let Some(name) = file.strip_suffix(".yml") else {
            if file.ends_with(".yaml") {
                let message = "the file of a concept ends in .yml";
                let hint = format!("rename it to {}.yml", file.trim_end_matches(".yaml"));
                self.faults.push(Diagnostic::new(Rule::ConceptBadFile, path, message, hint));
            }
            return;
        };
        if !is_name(name) {
            let message = format!("`{name}` is not a name for a concept");
            let hint = "use 2 to 64 small letters a-z, digits and hyphens";
            self.faults.push(Diagnostic::new(Rule::ConceptBadFile, path, message, hint));
            return;
        }
        self.known.insert(name.to_owned(), load(folder, name, &path));
    }

    pub(super) fn get(&self, name: &str) -> Option<&Concept> {
        self.known.get(name).map(|loaded| &loaded.concept)
    }

    /// The file of a concept as it is, for the hash of those who use it.
    pub(super) fn bytes(&self, name: &str) -> &[u8] {
        self.known.get(name).map_or(&[], |loaded| &loaded.bytes)
    }

    /// What is wrong with the file of a concept.
    pub(super) fn faults(&self, name: &str) -> &[Diagnostic] {
        self.known.get(name).map_or(&[], |loaded| &loaded.faults)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }

    /// What is wrong, given the names that screens use; `None` when that is not known for all of them.
    pub(super) fn diagnostics(&self, used: Option<&[String]>) -> Vec<Diagnostic> {
        let mut out = self.faults.clone();
        for (name, loaded) in &self.known {
            out.extend(loaded.faults.iter().cloned());
            let path = format!("{DIRECTORY}/{name}.yml");
            for related in loaded.concept.related.iter().filter(|related| !self.known.contains_key(*related)) {
                let hint = did_you_mean(related, self.names()) + "name a file in concepts/ without its .yml";
                let message = format!("`related` names `{related}`, which is no concept");
                out.push(Diagnostic::new(Rule::ConceptUnknown, &path, message, hint));
            }
            if used.is_some_and(|used| !used.contains(name)) {
                let hint = "name it in the concepts of a screen or remove the file";
                out.push(Diagnostic::new(Rule::ConceptUnused, path, format!("no screen uses `{name}`"), hint));
            }
        }
        out
    }
}

fn load(folder: &Folder, name: &str, path: &str) -> Loaded {
    let mut faults = Vec::new();
    let mut concept =
        Concept { name: name.to_owned(), title: String::new(), summary: String::new(), related: Vec::new() };
    let bytes = folder.bytes(path, YAML_LIMIT).unwrap_or_default();
    if let Some(root) = yaml::load(folder, path, Rule::ConceptBadFile, &mut faults) {
        let known = &["title", "summary", "related"];
        if let Some(mut fields) = Fields::open(&root, path, String::new(), RULES, known, &mut faults) {
            concept.title = fields.text("title").unwrap_or_default();
            concept.summary = fields.text("summary").unwrap_or_default();
            let related = fields.list("related");
            concept.related =
                related.iter().filter_map(|node| fields.as_text("related", node).map(str::to_owned)).collect();
        }
    }
    Loaded { concept, bytes, faults }
}

fn is_name(text: &str) -> bool {
    (2..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
