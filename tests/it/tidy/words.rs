//! Words that are not ours: in names, and in any text.

use std::path::Path;

use super::Fault;
use super::sources::{File, PRODUCT, Tree};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 10] =
    ["utils", "util", "common", "helpers", "helper", "services", "service", "types", "misc", "manager"];

/// Text that only means something elsewhere. Written in two halves, or this file would be at fault.
const ELSEWHERE: [(&str, &str); 6] = [
    (concat!("../sha", "red"), "names a folder outside the project"),
    (concat!("/wo", "rk/"), "names a folder of one machine"),
    (concat!("contract", " §"), "names a paper outside the project; say what it says"),
    (concat!("crates", ".io"), "names a registry; the tools know theirs"),
    (concat!("registry.npm", "js.org"), "names a registry; the tools know theirs"),
    (concat!("pypi", ".org"), "names a registry; the tools know theirs"),
];

/// Files that tools write, with the addresses that they need.
const LOCKS: [&str; 2] = ["Cargo.lock", "package-lock.json"];

pub fn names(tree: &Tree) -> Vec<Fault> {
    let is_empty = |name: &str| EMPTY_NAMES.contains(&name);
    let reason = |name: &str| format!("`{name}` says nothing about what is inside; name the thing");
    let mut faults = Vec::new();
    for file in tree.rust() {
        let parts = file.path.split('/').map(|part| part.trim_end_matches(".rs"));
        faults.extend(parts.filter(|part| is_empty(part)).map(|part| Fault::at(file, 1, reason(part))));
        for (index, line) in file.code.text.lines().enumerate() {
            let module = line.trim_start().trim_start_matches("pub ").strip_prefix("mod ");
            let module = module.and_then(|rest| rest.split([' ', ';', '{']).next()).filter(|name| is_empty(name));
            faults.extend(module.map(|name| Fault::at(file, index + 1, reason(name))));
        }
    }
    faults
}

pub fn phrases(tree: &Tree) -> Vec<Fault> {
    let is_lock = |file: &File| LOCKS.iter().any(|lock| Path::new(&file.path).ends_with(lock));
    let mut faults = Vec::new();
    for file in tree.files.iter().filter(|file| !is_lock(file)) {
        for (index, line) in file.text.lines().enumerate() {
            let found = ELSEWHERE.iter().filter(|(phrase, _)| names_it(line, phrase));
            faults.extend(found.map(|(phrase, reason)| Fault::at(file, index + 1, format!("`{phrase}` {reason}"))));
        }
    }
    faults
}

/// Whether the line has the phrase; a path counts only where it begins.
fn names_it(line: &str, phrase: &str) -> bool {
    let begins = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "_-.}*".contains(c));
    line.match_indices(phrase).any(|(at, _)| !phrase.starts_with('/') || begins(at))
}

pub fn module_docs(tree: &Tree) -> Vec<Fault> {
    let ours = |file: &&File| PRODUCT.iter().chain(&["tests"]).any(|name| file.is_in(&format!("{name}/")));
    let silent = tree.rust().filter(ours).filter(|file| !file.text.starts_with("//!"));
    silent.map(|file| Fault::at(file, 1, "begin with `//!` and a sentence that says what is here")).collect()
}
