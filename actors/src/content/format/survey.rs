//! One look at every mission of the folder before any of them is checked: directories, screen keys, concepts, prerequisites.
//!
//! Some rules join missions: a key is used once in the whole repository, prerequisites have no circle, a concept has a user. The
//! survey knows just enough for these and complains about nothing but the directories themselves.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};

use super::diagnostic::Diagnostic;
use super::folder::{Folder, Kind, Trouble};
use super::meta;
use super::notebook;
use super::notebook_file;
use super::opening;
use super::rule::Rule;

pub(super) const MISSIONS: &str = "missions";

#[derive(Debug, Default)]
pub(super) struct Survey {
    missions: BTreeMap<u32, Directory>,
    /// The notebooks that use a screen key.
    keys: HashMap<String, Vec<String>>,
    concepts: Vec<String>,
    /// Whether every notebook could be read, so that a concept without user has none.
    is_complete: bool,
    /// What is wrong with directories that belong to no mission.
    pub faults: Vec<Diagnostic>,
}

#[derive(Debug, Default)]
pub(super) struct Directory {
    pub path: String,
    pub slug: Option<String>,
    /// More directories with the same number, links, and so on.
    pub faults: Vec<Diagnostic>,
    prerequisites: Vec<u32>,
}

impl Survey {
    pub(super) fn of(folder: &Folder) -> Self {
        let mut survey = Self { is_complete: true, ..Self::default() };
        let entries = match folder.entries(MISSIONS) {
            Ok(entries) => entries,
            Err(Trouble::Missing) => return survey,
            Err(trouble) => {
                survey.faults.push(trouble.tell(MISSIONS, Rule::RepoUnreadable));
                return survey;
            }
        };
        for entry in entries.iter().filter(|entry| matches!(entry.kind, Kind::Directory | Kind::Symlink)) {
            survey.add(&entry.name, entry.kind);
        }
        for directory in survey.missions.values_mut() {
            directory.prerequisites = meta::peek_prerequisites(folder, &directory.path);
        }
        let paths: Vec<_> = survey.missions.values().map(|directory| directory.path.clone()).collect();
        for path in paths {
            survey.look_at_notebook(folder, &path);
        }
        survey
    }

    fn add(&mut self, name: &str, kind: Kind) {
        let path = format!("{MISSIONS}/{name}");
        let Some((number, slug)) = number_and_slug(name) else {
            let message = format!("`{name}` does not say which mission it is");
            let hint = "name it by the number without zeros in front, then optionally -slug: 7 or 7-first-steps";
            self.faults.push(Diagnostic::new(Rule::MissionDirectoryName, path, message, hint));
            return;
        };
        if let Some(first) = self.missions.get_mut(&number) {
            let message = format!("mission {number} has another directory: {}", first.path);
            let hint = format!("keep {} or {path}, or renumber one of them", first.path);
            first.faults.push(Diagnostic::new(Rule::MissionNumberDuplicate, path, message, hint));
            return;
        }
        let mut directory = Directory { path: path.clone(), slug: slug.map(str::to_owned), ..Directory::default() };
        if kind == Kind::Symlink {
            directory.faults.push(Trouble::Symlink(path.clone()).tell(&path, Rule::RepoSymlink));
        }
        self.missions.insert(number, directory);
    }

    fn look_at_notebook(&mut self, folder: &Folder, directory: &str) {
        let candidates = notebook_file::candidates(folder, directory);
        let path = match candidates.as_slice() {
            [name] => format!("{directory}/{name}"),
            _ => {
                self.is_complete = false;
                return;
            }
        };
        let Some(notebook) = notebook::load(folder, &path, &mut Vec::new()) else {
            self.is_complete = false;
            return;
        };
        for opening in notebook.cells.iter().filter_map(opening::find) {
            self.concepts.extend(opening.concepts());
            if let Some(key) = opening.key() {
                self.keys.entry(key.to_owned()).or_default().push(path.clone());
            }
        }
    }

    pub(super) fn directory(&self, number: u32) -> Option<&Directory> {
        self.missions.get(&number)
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.missions.keys().copied()
    }

    /// Another notebook that uses a key.
    pub(super) fn elsewhere(&self, key: &str, own: &str) -> Option<String> {
        self.keys.get(key)?.iter().find(|path| *path != own).cloned()
    }

    /// The concepts that screens use; unknown when a notebook could not be read.
    pub(super) fn used_concepts(&self) -> Option<&[String]> {
        self.is_complete.then_some(&self.concepts)
    }

    /// The shortest way from a mission by prerequisites back to itself.
    pub(super) fn cycle(&self, number: u32) -> Option<Vec<u32>> {
        let mut ahead = VecDeque::from([number]);
        let mut reached_from: HashMap<u32, u32> = HashMap::new();
        while let Some(here) = ahead.pop_front() {
            for next in self.missions.get(&here).map_or(&[][..], |directory| &directory.prerequisites) {
                if *next == number {
                    return Some(way_to(here, number, &reached_from));
                }
                if let Entry::Vacant(entry) = reached_from.entry(*next) {
                    entry.insert(here);
                    ahead.push_back(*next);
                }
            }
        }
        None
    }
}

/// The circle that closes by the step from `last` to `first`.
fn way_to(last: u32, first: u32, reached_from: &HashMap<u32, u32>) -> Vec<u32> {
    let mut way = vec![first, last];
    let mut here = last;
    while here != first {
        let Some(before) = reached_from.get(&here) else { break };
        here = *before;
        way.push(here);
    }
    way.reverse();
    way
}

/// `7-first-steps` is mission 7, `first-steps`.
fn number_and_slug(name: &str) -> Option<(u32, Option<&str>)> {
    let (digits, slug) = match name.split_once('-') {
        Some((digits, slug)) => (digits, Some(slug)),
        None => (name, None),
    };
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    let is_slug = |slug: &str| {
        !slug.is_empty() && slug.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'A'..=b'Z'))
    };
    let number = digits.parse().ok().filter(|_| is_plain)?;
    slug.is_none_or(is_slug).then_some((number, slug))
}
