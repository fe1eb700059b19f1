//! The house rules that no compiler knows, kept by reading the sources: which way the arrows point, how long a page may be, which
//! words and calls are not ours. Each fault is told with file, line and reason.
//!
//! Exceptions are data beside their rule, each with its reason; one that nothing needs any more is a fault as well.

mod arrows;
mod calls;
mod layers;
mod pages;
mod scan;
mod sizes;
mod sources;
mod words;

use sources::{File, Tree};

/// A fault: where, and why.
struct Fault {
    path: String,
    line: usize,
    reason: String,
}

impl Fault {
    fn at(file: &File, line: usize, reason: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, reason: reason.into() }
    }
}

fn insist(faults: &[Fault]) {
    let lines: Vec<String> =
        faults.iter().map(|fault| format!("{}:{}: {}", fault.path, fault.line, fault.reason)).collect();
    assert!(lines.is_empty(), "{} faults\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn crates_depend_downwards() {
    insist(&arrows::between_crates(&Tree::read()));
}

#[test]
fn migrations_are_run_by_few() {
    insist(&arrows::to_migration(&Tree::read()));
}

#[test]
fn kernel_and_nouns_of_actors_keep_apart() {
    insist(&layers::in_actors(&Tree::read()));
}

#[test]
fn nouns_of_server_share_their_objects_only() {
    insist(&layers::in_server(&Tree::read()));
}

#[test]
fn files_and_functions_fit_their_page() {
    let tree = Tree::read();
    let faults: Vec<Fault> = sizes::files(&tree).into_iter().chain(sizes::functions(&tree)).collect();
    insist(&faults);
}

#[test]
fn names_say_what_is_inside() {
    insist(&words::names(&Tree::read()));
}

#[test]
fn the_project_speaks_of_itself_alone() {
    insist(&words::phrases(&Tree::read()));
}

#[test]
fn pages_lead_somewhere() {
    let tree = Tree::read();
    insist(&pages::links(&tree).into_iter().chain(pages::blocks(&tree)).collect::<Vec<_>>());
}

#[test]
fn every_file_says_what_it_is() {
    insist(&words::module_docs(&Tree::read()));
}

#[test]
fn banned_calls_stay_where_they_belong() {
    insist(&calls::banned(&Tree::read()));
}

#[test]
fn unsafe_code_says_why_it_is_sound() {
    insist(&calls::unexplained_unsafe(&Tree::read()));
}
