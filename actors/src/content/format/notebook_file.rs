//! Which file of a mission's directory is its notebook.

use super::diagnostic::Diagnostic;
use super::folder::{Folder, Kind};
use super::rule::Rule;

const SUFFIX: &str = ".ipynb";

/// The one notebook of a mission's directory.
pub(super) fn find(folder: &Folder, directory: &str, number: u32, out: &mut Vec<Diagnostic>) -> Option<String> {
    let candidates = candidates(folder, directory);
    let [name] = candidates.as_slice() else {
        out.push(not_one(directory, number, &candidates));
        return None;
    };
    let path = format!("{directory}/{name}");
    let after = name.split_once("Mission").map_or("", |(_, rest)| rest);
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    if !digits.is_empty() && digits != number.to_string() {
        let message = format!("the notebook is called {name}, the directory says {number}");
        let hint = format!("rename it to Mission{number}.ipynb");
        out.push(Diagnostic::new(Rule::NotebookNumberMismatch, &path, message, hint));
    }
    Some(path)
}

/// Files of the directory itself that are notebooks and have `Mission` in their name.
pub(super) fn candidates(folder: &Folder, directory: &str) -> Vec<String> {
    let entries = folder.entries(directory).unwrap_or_default();
    let named = |name: &str| name.ends_with(SUFFIX) && name.contains("Mission");
    entries.into_iter().filter(|e| e.kind == Kind::File && named(&e.name)).map(|e| e.name).collect()
}

fn not_one(directory: &str, number: u32, candidates: &[String]) -> Diagnostic {
    if candidates.is_empty() {
        let message = format!("there is no notebook with Mission in its name in {directory}");
        let hint = format!("call it Mission{number}.ipynb, with a capital M");
        return Diagnostic::new(Rule::NotebookNone, directory, message, hint);
    }
    let names = candidates.join(", ");
    let message = format!("there are {} notebooks with Mission in their names: {names}", candidates.len());
    let hint = format!("keep one of {names}; move drafts elsewhere");
    Diagnostic::new(Rule::NotebookMany, directory, message, hint)
}
